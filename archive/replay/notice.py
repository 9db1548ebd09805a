"""Replay's own pages: errors and lists of captures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from archive.cdxj import IndexEntry
from archive.index_rows import UrlSummary
from archive.replay.address import quote_url


@dataclass(frozen=True, slots=True)
class CalendarCell:
    """A day or month of a calendar: its `label`, the `period` in digits, and the number of captures in it."""

    label: str
    period: str
    captures: int


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """A week or year of a calendar; ``None`` is a day of another month."""

    label: str
    cells: Sequence[CalendarCell | None]


@dataclass(frozen=True, slots=True)
class Notice:
    """A page of replay about `url`: HTTP `status`, heading, text, and links to `captures`.

    `of_url` is true if these are captures of `url` itself, false if they are of neighbouring URLs. A list also has a
    `calendar` or the `urls` that match a pattern, and the address of its next page below replay in `more`.
    """

    status: int
    title: str
    text: str
    url: str = ""
    captures: Sequence[IndexEntry] = field(default_factory=tuple)
    of_url: bool = False
    calendar: Sequence[CalendarRow] = ()
    urls: Sequence[UrlSummary] = ()
    more: str = ""


def plain_page(notice: Notice, prefix: str, target: str = "") -> str:
    """Return the notice as an unstyled HTML page with links below `prefix`, opened in the window or frame `target`."""
    base = f'<base target="{target}">' if target else ""
    rows = "".join(
        f'<li><a href="{prefix}/{entry.timestamp}/{escape(quote_url(entry.url))}">'
        f"{entry.date:%Y-%m-%d %H:%M:%S} UTC</a> {entry.status or ''} {escape(entry.url)}</li>\n"
        for entry in notice.captures
    )
    rows += "".join(
        f'<li><a href="{prefix}/*/{escape(quote_url(row.url))}">{escape(row.url)}</a> {row.captures}</li>\n'
        for row in notice.urls
    )
    more = f'<p><a href="{prefix}/{escape(notice.more)}">More</a></p>\n' if notice.more else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">{base}'
        f"<title>{escape(notice.title)}</title></head>\n"
        f"<body><h1>{escape(notice.title)}</h1>\n<p>{escape(notice.text)}</p>\n{_plain_calendar(notice, prefix)}"
        f"<ul>\n{rows}</ul>\n{more}</body></html>\n"
    )


def _plain_calendar(notice: Notice, prefix: str) -> str:
    """Return the calendar as a table with links to the lists of its days or months."""
    rows = "".join(
        f"<tr><th>{row.label}</th>{''.join(_plain_cell(cell, notice.url, prefix) for cell in row.cells)}</tr>\n"
        for row in notice.calendar
    )
    return f"<table>\n{rows}</table>\n" if rows else ""


def _plain_cell(cell: CalendarCell | None, url: str, prefix: str) -> str:
    if cell is None or not cell.captures:
        return f"<td>{cell.label if cell else ''}</td>"
    return f'<td><a href="{prefix}/{cell.period}*/{escape(quote_url(url))}">{cell.label}</a> {cell.captures}</td>'
