"""What replay says where it has no capture to show."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

from archive.cdxj import IndexEntry
from archive.replay.address import quoted


@dataclass(frozen=True, slots=True)
class Notice:
    """A page of replay's own about `url`: HTTP `status`, a heading, a sentence, captures to go on with.

    `of_url` says whether `captures` are those of `url` itself, or of what lies near it.
    """

    status: int
    title: str
    text: str
    url: str = ""
    captures: Sequence[IndexEntry] = field(default_factory=tuple)
    of_url: bool = False


def plain_page(notice: Notice, prefix: str) -> str:
    """The notice as a bare page, its links below `prefix`."""
    rows = "".join(
        f'<li><a href="{prefix}/{one.timestamp}/{escape(quoted(one.url))}">'
        f"{one.date:%Y-%m-%d %H:%M:%S} UTC</a> {one.status or ''} {escape(one.url)}</li>\n"
        for one in notice.captures
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(notice.title)}</title></head>\n'
        f"<body><h1>{escape(notice.title)}</h1>\n<p>{escape(notice.text)}</p>\n<ul>\n{rows}</ul></body></html>\n"
    )
