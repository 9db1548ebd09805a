"""The standfirst: the lead printed between title and story, recognized by the page's own description of itself.

Captions, promotion and summaries of other stories are printed there too. Only the standfirst repeats the words of the
page's metadata. In English a deck under the headline sums up the story and belongs to the headline; Chinese portals
print an abstract (摘要) made of the story's own sentences. Elsewhere the lead opens the story.
"""

import html
import re
from collections.abc import Iterator, Sequence

from crawler.extraction.clean import boilerplate
from crawler.extraction.data.tables import language
from crawler.extraction.document import Document, TextLine

_DESCRIPTIONS = ("description", "og:description", "twitter:description", "dcterms.abstract")
#: Least letters of a standfirst, an ideograph counting 2, and the letters at its beginning that are compared.
_SHORTEST, _BEGINNING = 24, 40
#: Lines above the story that are searched.
_SEARCHED_LINES = 40
#: Everything except letters and figures, and its ASCII part.
_NON_WORD = re.compile(r"[\W_]+")
_NON_WORD_ASCII = bytes(byte for byte in range(0x80) if not chr(byte).isalnum())
#: Least weight of a lead that is not repeated in the page's metadata, and where decks belong to the headline.
_LEAD_WEIGHT, _LONG_LEAD_WEIGHT = 64.0, 150.0
_CAPTION_TAGS = frozenset({"figcaption", "figure", "caption"})


def find_standfirst(document: Document, title: TextLine | None, story: Sequence[TextLine]) -> list[TextLine]:
    """Return the lines between title and `story` that repeat the page's description, without those in the story."""
    first = story[0].index
    above = max(first - _SEARCHED_LINES, title.index + 1 if title is not None and title.index < first else 0)
    conventions = language(document.language).stories
    if above >= first or conventions.lead == "abstract":
        return []
    near = [x for x in document.lines[above:first] if 2 * len(x.text) >= _SHORTEST and 2 * x.link_chars <= len(x.text)]
    if not near:
        return []
    descriptions = [letters for text in dict.fromkeys(_descriptions(document)) if (letters := _letters_of(text))]
    story_letters = None
    found = []
    for line in near if descriptions else ():
        letters = _letters_of(line.text)
        if _count_letters(letters) < _SHORTEST or _is_caption(line):
            continue
        if any(_is_same_text(letters, description) for description in descriptions):
            if story_letters is None:
                story_letters = "".join(_letters_of(x.text) for x in story[:3])
            if letters not in story_letters:
                found.append(line)
                story_letters += letters
    if found and conventions.lead == "headline" and found[-1].index + 1 < first:
        return []
    return found


def find_lead(
    lines: Sequence[TextLine], weights: Sequence[float], title: TextLine, first: TextLine, convention: str
) -> list[TextLine]:
    """Return the prose between the title and the `first` line of the story: its lead, printed in an element of its own.

    `weights` are the prose weights of the lines by index, 0 for what cannot be the story's. Where a deck under the
    headline belongs to the headline, only long prose outside the element around the title counts.
    """
    if convention == "abstract":
        return []
    above = [x for x in lines if title.index < x.index < first.index and weights[x.index] >= _LEAD_WEIGHT]
    if convention == "headline":
        around = title.element.ancestors()
        above = [x for x in above if weights[x.index] >= _LONG_LEAD_WEIGHT and x.element.parent not in around]
    return [x for x in above if x.tag != "li" and not _is_caption(x)]


def _descriptions(document: Document) -> Iterator[str]:
    for name in _DESCRIPTIONS:
        yield from document.meta.get(name, ())[:1]
    node = document.article_ld or {}
    yield from (text for name in ("description", "abstract") if isinstance(text := node.get(name), str))


def _is_same_text(text: str, description: str) -> bool:
    """True if the description holds the whole text, or both begin alike: either may be cut."""
    return text in description or text[:_BEGINNING] == description[:_BEGINNING]


def _is_caption(line: TextLine) -> bool:
    around = line.element.ancestors()[:4]
    return any(
        x.tag in _CAPTION_TAGS or "caption" in (boilerplate.find_outside_name(x.css_names) or "") for x in around
    )


def _letters_of(text: str) -> str:
    """Return the letters and figures of `text` in one case."""
    encoded = html.unescape(text).casefold().encode("utf-8", "ignore").translate(None, _NON_WORD_ASCII)
    return encoded.decode() if encoded.isascii() else _NON_WORD.sub("", encoded.decode())


def _count_letters(letters: str) -> int:
    if letters.isascii():
        return len(letters)
    return sum(2 if char >= "\u3040" else 1 for char in letters)
