"""A record taken from its gzip member by the shortest way: only where it is written as nearly all writers do."""

import re
from typing import NamedTuple

from archive.reading.record_parser import plain_head

_STATUS_LINE = re.compile(rb"HTTP/\d\.\d (\d{3})[ \r]")
_CONTENT_TYPE = re.compile(rb"\r\nContent-Type: ?([^;\s]+)", re.IGNORECASE)
_NEVER_LISTED = ("request", "warcinfo")
_HTTP_KINDS = ("response", "revisit")


class FastRecord(NamedTuple):
    """What an index needs of a record. Its type in lower case, other fields as written, ``None`` where it has none.

    `block_at` is where the block begins in the member. `status` and `mime` are those of the HTTP head, which a plain
    response or revisit has; `digest` is the payload's as the record names it. Of a request or warcinfo record, which
    no index has, only the type is given.
    """

    type: str
    url: str
    date: str
    id: str
    digest: str | None
    content_type: str | None
    status: int | None
    mime: str | None
    block_at: int


def plain_record(member: bytes) -> FastRecord | None:
    """The record that is all of `member`; ``None`` for one that must be read with more care."""
    if (plain := plain_head(member)) is None:
        return None
    head, block_at = plain
    lower = head.lower()
    kind = _field(lower, lower, "warc-type")
    if not kind or not kind.isalpha():
        return None
    if kind in _NEVER_LISTED:
        return FastRecord(kind, "", "", "", None, None, None, None, block_at)
    url, date = _field(head, lower, "warc-target-uri"), _field(head, lower, "warc-date")
    record_id = _field(head, lower, "warc-record-id")
    digest, content_type = _field(head, lower, "warc-payload-digest"), _field(head, lower, "content-type")
    if not (url and date and record_id) or url[0] == "<" or "" in (digest, content_type):
        return None
    if record_id[0] != "<" or record_id[-1] != ">":
        return None
    status = mime = None
    if kind in _HTTP_KINDS and url[:4].lower() == "http":
        http_end = member.find(b"\r\n\r\n", block_at, len(member) - 4)
        http = member[block_at : http_end + 2]
        line = _STATUS_LINE.match(http)
        if http_end < 0 or not line or http.count(b"\n") != http.count(b"\r\n"):
            return None
        typed = _CONTENT_TYPE.search(http)
        if not typed and b"content-type" in http.lower():
            return None
        status, mime = int(line[1]), typed[1].decode("latin-1") if typed else None
    return FastRecord(kind, url, date, record_id[1:-1], digest, content_type, status, mime, block_at)


def _field(head: str, lower: str, name: str) -> str | None:
    """The first field of that `name`, in any case; empty too when a longer name or a stray line comes before it."""
    at = lower.find(f"\n{name}")
    if at < 0:
        return None
    begin = at + len(name) + 2
    return head[begin : head.find("\n", begin)].strip() if lower[begin - 1] == ":" else ""
