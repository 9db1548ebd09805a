"""Outlets in the date's line without a label, in languages with blanks between words, and outlets printed as logos."""

import re
from collections.abc import Iterator

from crawler.extraction.clean.injected import domain_of
from crawler.extraction.document import Document, TextLine
from crawler.extraction.fields.byline_grammar import MARK, LabelledValue, read_labels, read_source
from crawler.extraction.fields.date_grammar import read_dates
from crawler.extraction.fields.names import is_western_outlet, looks_like_control
from crawler.extraction.fields.source_heuristics import BylineCandidate, mark_parts

_SEPARATORS = re.compile(rf"\s*[|｜·•]\s*|\s+[–—-]\s+|[()（）\[\]]|{MARK}")
#: Longest line that is searched.
_LONGEST_LINE = 120
_SCORE = 5.0


def find_western_outlets(document: Document, line: TextLine) -> Iterator[BylineCandidate]:
    """Yield the outlets between the separators of the date's line: "(Xinhua) 09:22", "By Jane Doe | Harbour Daily"."""
    if len(line.text) > _LONGEST_LINE:
        return
    inner = {part.text.strip() for part in line.parts if part.href and _leads_to_own_page(document, part.href)}
    for piece in _SEPARATORS.split(_remove_dates_and_labels(document, mark_parts(line))):
        name = piece.strip(" ,;:")
        if name not in inner and is_western_outlet(name) and not read_labels(name, document.language):
            yield BylineCandidate(name, _SCORE, "head.source.beside_date", line)


def _remove_dates_and_labels(document: Document, text: str) -> str:
    """Return a line with `MARK` in place of its dates, up to its first label."""
    labels = read_labels(text, document.language)
    text = text[: labels[0].start] if labels else text
    for found in reversed(read_dates(text, language=document.language or "")):
        text = text[: found.start] + MARK + text[found.end :]
    return text


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
