"""Values of the nodes that a page class selects for a field.

A node that does not hold the field's kind of value counts as absent: portals leave a span out or print an empty one,
and a selector by position then matches its neighbour. The evidence names such nodes, and the general rules answer.
"""

import re
from collections.abc import Callable, Iterator
from typing import Generic, Literal, TypeVar

from msgspec import Struct
from msgspec.structs import replace
from selectolax.lexbor import LexborNode

from crawler.extraction.data.tables import language
from crawler.extraction.decode.glosses import remove_glosses
from crawler.extraction.document import Document, TextLine
from crawler.extraction.evidence import FieldValue, make_evidence
from crawler.extraction.fields.author_names import split_names
from crawler.extraction.fields.authors import Authors
from crawler.extraction.fields.byline_grammar import read_authors, read_editor, read_labels, read_source
from crawler.extraction.fields.bylines import find_bylines
from crawler.extraction.fields.date_grammar import read_dates
from crawler.extraction.fields.dates import Dates, find_dates
from crawler.extraction.fields.names import HAN, cannot_be_name
from crawler.extraction.fields.title_statements import site_name_keys, title_key
from crawler.extraction.layout.text import normalise

ValueT = TypeVar("ValueT")

_TITLE_LENGTHS = range(2, 301)
_LETTER, _HAN = re.compile(r"[^\W\d_]"), re.compile(f"[{HAN}]")
#: Most characters of a rejected text, and most rejected texts, in the evidence.
_SHOWN_CHARS, _MAX_SHOWN = 60, 3


class Selected(Struct, Generic[ValueT], frozen=True):
    """The nodes that match a page class's selector: `values` of the field's kind, and the texts of the other nodes."""

    values: tuple[ValueT, ...] = ()
    rejected: tuple[str, ...] = ()

    @property
    def absence(self) -> str | None:
        """The reason why the selector gives no value, ``None`` if it gives one."""
        if self.values:
            return None
        texts = ", ".join(repr(text[:_SHOWN_CHARS]) for text in self.rejected[:_MAX_SHOWN])
        return f"not this kind of value: {texts}" if texts else "no such node"


def select_title(document: Document, query: str) -> Selected[FieldValue]:
    """Return the titles that `query` selects, with normalised white space and without glosses."""
    sites = site_name_keys(document)

    def read(node: LexborNode) -> FieldValue | None:
        lines = list(_lines_of(document, node))
        text = " ".join(line.text for line in lines) or _text_of(document, node)
        if len(text) not in _TITLE_LENGTHS or not _LETTER.search(text) or title_key(text) in sites:
            return None
        if _is_dateline(text, document.language):
            return None
        return FieldValue(text, make_evidence("page.title", query, text), lines[0].index if lines else None)

    return _select(document, query, read)


def select_dates(document: Document, query: str, timezone: str | None) -> Selected[Dates]:
    """Return the dates that are printed or stated in the nodes that `query` selects."""

    def read(node: LexborNode) -> Dates | None:
        found = find_dates(_fragment_of(document, node), timezone=timezone)
        # A fragment has the page's URL, and the day in that is not the node's.
        return found if found.date and found.evidence and not found.evidence.rule.startswith("url.") else None

    return _select(document, query, read)


def select_byline(document: Document, name: Literal["source", "editor"], query: str) -> Selected[FieldValue]:
    """Return the sources or editors that `query` selects: the labelled value in a node if any, else its whole text."""

    def read(node: LexborNode) -> FieldValue | None:
        fragment = _fragment_of(document, node)
        bylines = find_bylines(fragment)
        text = " ".join(line.text for line in fragment.lines) or _text_of(document, node)
        value = bylines.source if name == "source" else bylines.editor
        if value is None and not read_labels(text, document.language) and not read_dates(text, order="ymd"):
            shape = language(document.language).name_shape
            value = read_source(text) if name == "source" else read_editor(text, shape)
        return FieldValue(value, make_evidence(f"page.{name}", query, text)) if value else None

    return _select(document, query, read)


def select_authors(document: Document, query: str) -> Selected[Authors]:
    """Return the authors that `query` selects, one value per node."""

    def read(node: LexborNode) -> Authors | None:
        fragment = _fragment_of(document, node)
        text = " ".join(line.text for line in fragment.lines) or _text_of(document, node)
        names = find_bylines(fragment).authors
        if not names and not read_labels(text, document.language) and not read_dates(text, order="ymd"):
            names = read_authors(text) if _HAN.search(text) else split_names(text)
        names = tuple(name for name in names if not cannot_be_name(name))
        return Authors(names, make_evidence("page.authors", query, text)) if names else None

    found = _select(document, query, read, first_only=False)
    names = tuple(dict.fromkeys(name for value in found.values for name in value.names))
    return replace(found, values=(replace(found.values[0], names=names),) if names else ())


def _select(
    document: Document, query: str, read: Callable[[LexborNode], ValueT | None], *, first_only: bool = True
) -> Selected[ValueT]:
    values: list[ValueT] = []
    rejected = []
    for node in document.tree.css(query):
        value = read(node)
        if value is None:
            rejected.append(_text_of(document, node))
            continue
        values.append(value)
        if first_only:
            break
    return Selected(tuple(values), tuple(rejected))


def _lines_of(document: Document, node: LexborNode) -> Iterator[TextLine]:
    """Yield the visible lines in a node."""
    for line in document.lines:
        if any(element.mem_id == node.mem_id for element in line.element.ancestors()):
            yield line


def _text_of(document: Document, node: LexborNode) -> str:
    return remove_glosses(normalise(node.text()), glossed=document.gloss_count > 0)[0]


def _fragment_of(document: Document, node: LexborNode) -> Document:
    """Return the node as a separate document, so that the rules for whole pages can read it."""
    markup = f'<html lang="{document.language or ""}">{node.html}'
    return Document(markup.encode(), document.url, captured_at=document.captured_at)


def _is_dateline(text: str, code: str | None) -> bool:
    """True if a text is a date, or a label with its value, and not a title that mentions a day."""
    labels = read_labels(text, code)
    if labels and labels[0].start == 0 and labels[0].separator == ":":
        return True
    dates = read_dates(text, order="ymd")
    return bool(dates) and _LETTER.search(text[: dates[0].start] + text[dates[0].end :]) is None
