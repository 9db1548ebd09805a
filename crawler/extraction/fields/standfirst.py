"""The standfirst: the lead printed between title and story, known by what the page's metadata say it is about.

Print alone does not tell it from captions, promotion and summaries of other stories that stand there too; a page that
describes itself in the words of one of those lines does. Papers in English set a deck under the headline that tells the
story's point over again, and is the headline's; Chinese portals an abstract (摘要) made of the story's own sentences;
elsewhere such a lead opens the story, wherever it stands.
"""

import html
import re
from collections.abc import Iterator, Sequence

from crawler.extraction.clean import boilerplate
from crawler.extraction.document import Document, TextLine

_DESCRIPTIONS = ("description", "og:description", "twitter:description", "dcterms.abstract")
#: Letters of a line from which it can be a standfirst, an ideograph counting for two, and those of its beginning.
_SHORTEST, _BEGINNING = 24, 40
#: Lines above the story in which a standfirst is looked for.
_NEAR = 40
#: What stands between letters and figures, and what of that is ASCII.
_OTHERS = re.compile(r"[\W_]+")
_OTHERS_IN_ASCII = bytes(octet for octet in range(0x80) if not chr(octet).isalnum())
_CAPTIONS = frozenset({"figcaption", "figure", "caption"})


def standfirst(document: Document, title: TextLine | None, story: Sequence[TextLine]) -> list[TextLine]:
    """The lines above `story`, and below its title where one is printed, that the page's description is made of."""
    first = story[0].index
    above = max(first - _NEAR, title.index + 1 if title is not None and title.index < first else 0)
    if above >= first or document.language == "zh":
        return []
    near = [x for x in document.lines[above:first] if 2 * len(x.text) >= _SHORTEST and 2 * x.link_chars <= len(x.text)]
    if not near:
        return []
    descriptions = [description for text in dict.fromkeys(_descriptions(document)) if (description := _letters(text))]
    told = None
    found = []
    for line in near if descriptions else ():
        text = _letters(line.text)
        if _size(text) < _SHORTEST or _is_caption(line):
            continue
        if any(_agree(text, description) for description in descriptions):
            told = "".join(_letters(x.text) for x in story[:3]) if told is None else told
            if text not in told:
                found.append(line)
                told += text
    if found and document.language == "en" and found[-1].index + 1 < first:
        return []
    return found


def _descriptions(document: Document) -> Iterator[str]:
    for name in _DESCRIPTIONS:
        yield from document.meta.get(name, ())[:1]
    node = document.article_ld or {}
    yield from (text for name in ("description", "abstract") if isinstance(text := node.get(name), str))


def _agree(text: str, description: str) -> bool:
    """Whether the one begins as the other, which may be cut, or the description holds the whole line."""
    return text in description or text[:_BEGINNING] == description[:_BEGINNING]


def _is_caption(line: TextLine) -> bool:
    around = line.element.ancestors()[:4]
    return any(x.tag in _CAPTIONS or "caption" in (boilerplate.find_outside_name(x.css_names) or "") for x in around)


def _letters(text: str) -> str:
    octets = html.unescape(text).casefold().encode("utf-8", "ignore").translate(None, _OTHERS_IN_ASCII)
    return octets.decode() if octets.isascii() else _OTHERS.sub("", octets.decode())


def _size(letters: str) -> int:
    if letters.isascii():
        return len(letters)
    return sum(2 if char >= "\u3040" else 1 for char in letters)
