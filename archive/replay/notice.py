"""Replay's own pages: errors and lists of captures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from archive.cdxj import IndexEntry
from archive.replay.address import quote_url


@dataclass(frozen=True, slots=True)
class Notice:
    """A page of replay about `url`: HTTP `status`, heading, text, and links to `captures`.

    `of_url` is true if these are captures of `url` itself, false if they are of neighbouring URLs.
    """

    status: int
    title: str
    text: str
    url: str = ""
    captures: Sequence[IndexEntry] = field(default_factory=tuple)
    of_url: bool = False


def plain_page(notice: Notice, prefix: str, target: str = "") -> str:
    """Return the notice as an unstyled HTML page with links below `prefix`, opened in the window or frame `target`."""
    base = f'<base target="{target}">' if target else ""
    rows = "".join(
        f'<li><a href="{prefix}/{entry.timestamp}/{escape(quote_url(entry.url))}">'
        f"{entry.date:%Y-%m-%d %H:%M:%S} UTC</a> {entry.status or ''} {escape(entry.url)}</li>\n"
        for entry in notice.captures
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">{base}'
        f"<title>{escape(notice.title)}</title></head>\n"
        f"<body><h1>{escape(notice.title)}</h1>\n<p>{escape(notice.text)}</p>\n<ul>\n{rows}</ul></body></html>\n"
    )
