"""Outlets in the date's line without a label, in languages with blanks between words, and outlets printed as logos."""

import re
from collections.abc import Iterator

from crawler.extraction.clean.injected import domain_of
from crawler.extraction.data.tables import words_of_all
from crawler.extraction.document import Document, TextLine
from crawler.extraction.fields.byline_grammar import MARK, LabelledValue, read_labels, read_source
from crawler.extraction.fields.date_grammar import read_dates
from crawler.extraction.fields.names import looks_like_control
from crawler.extraction.fields.source_heuristics import BylineCandidate, mark_parts

_LAST_WORDS = frozenset(words_of_all(lambda table: table.outlets.last_words))
_FIRST_WORDS = frozenset(words_of_all(lambda table: table.outlets.first_words))
_WHOLE_NAMES = frozenset(words_of_all(lambda table: table.outlets.whole_names))
_NOT_OUTLETS = frozenset(words_of_all(lambda table: table.sections.topics))
_SEPARATORS = re.compile(rf"\s*[|｜·•]\s*|\s+[–—-]\s+|[()（）\[\]]|{MARK}")
#: Longest line that is searched, and most words of a name.
_LONGEST_LINE, _MOST_WORDS = 120, 6
_SCORE = 5.0


def find_western_outlets(document: Document, line: TextLine) -> Iterator[BylineCandidate]:
    """Yield the outlets between the separators of the date's line: "(Xinhua) 09:22", "By Jane Doe | Harbour Daily"."""
    if len(line.text) > _LONGEST_LINE:
        return
    inner = {part.text.strip() for part in line.parts if part.href and _leads_to_own_page(document, part.href)}
    for piece in _SEPARATORS.split(mark_parts(line)):
        name = piece.strip(" ,;:")
        if name not in inner and is_western_outlet(name) and not read_labels(name, document.language):
            yield BylineCandidate(name, _SCORE, "head.source.beside_date", line)


def is_western_outlet(text: str) -> bool:
    """True if a text is the name of an agency, or consists of capitalised words of which one says that it is an outlet.

    "World News" and "Sports Weekly" name sections.
    """
    if text in _WHOLE_NAMES:
        return True
    words = text.split()
    if not 2 <= len(words) <= _MOST_WORDS or any(char.isdigit() for char in text):
        return False
    if any(word.islower() and len(word) > 3 for word in words) or words[0].lower() in _NOT_OUTLETS:
        return False
    return words[-1] in _LAST_WORDS or words[0] in _FIRST_WORDS or " ".join(words[-2:]) in _LAST_WORDS


def read_logo(document: Document, label: LabelledValue, line: TextLine) -> str | None:
    """Return the alternative text of the picture that a source label without text is printed before."""
    if label.separator != ":" or read_dates(label.value):
        return None
    for image in document.layout.images:
        if image.parent.hidden is None and any(element is line.element for element in image.parent.ancestors()):
            text = (image.node.attributes.get("alt") or "").strip()
            if text and not looks_like_control(text) and (value := read_source(text)):
                return value
    return None


def _leads_to_own_page(document: Document, href: str) -> bool:
    """True if a link leads to a page of the same site, such as a section or an author."""
    target = domain_of(href)
    path = href.split("://")[-1].partition("/")[2]
    return target in ("", domain_of(document.url)) and href.startswith(("/", "http")) and bool(path.strip("/"))
