"""Labels of a newspaper's pages: number and name, such as ``A01`` and the name of a section."""

from collections.abc import Iterable
from typing import NamedTuple

from crawler.extraction.data.paper_words import paper_words
from crawler.extraction.layout.lines import TextLine

#: Longest line that a label is looked for in, and longest name of a page.
_MAX_LINE, _MAX_NAME = 80, 30


class PaperLabel(NamedTuple):
    """The number of a page as printed (版次), such as ``A01``, and its name (版名), such as ``要闻``."""

    page: str | None
    section: str | None


def read_label(text: str, *, is_page: bool = False) -> PaperLabel | None:
    """Return the label that is the whole of `text`, the text of a link that leads to a page if `is_page`."""
    text, words = " ".join(text.split()), paper_words()
    if not text or len(text) > _MAX_LINE:
        return None
    for pattern in (*words.sure, *words.likely) if is_page else words.sure:
        if (found := pattern.fullmatch(text)) and len(found["name"]) <= _MAX_NAME:
            return _make_label(found["page"], found["name"])
    return None


def find_label(lines: Iterable[TextLine]) -> PaperLabel | None:
    """Return the label printed on a page: the only one outside of links, or else the only one."""
    every: dict[str, PaperLabel] = {}
    unlinked: dict[str, PaperLabel] = {}
    signs = paper_words().signs
    for line in lines:
        text = line.text
        if len(text) > _MAX_LINE or not any(sign in text for sign in signs):
            continue
        _collect(text, every)
        _collect(" ".join(part.text for part in line.parts if not part.href), unlinked)
    for labels in (unlinked, every):
        if len(labels) == 1:
            return next(iter(labels.values()))
    return None


def _collect(text: str, labels: dict[str, PaperLabel]) -> None:
    """Add the labels in `text` by page; one with a name replaces one without."""
    for found in paper_words().printed.finditer(text):
        label = _make_label(found["page"] or found["code"], found["name"] or "")
        known = labels.get(label.page or "")
        labels[label.page or ""] = known if known and known.section else label


def _make_label(page: str, name: str) -> PaperLabel:
    name = name.strip()
    return PaperLabel(page.strip().upper(), name if name and not paper_words().controls.search(name) else None)
