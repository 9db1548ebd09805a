"""A record taken from its gzip member by the shortest way: only where it is written as nearly all writers do."""

import re
from typing import NamedTuple

from archive.record_reader import MAX_RECORD_HEAD

_STATUS_LINE = re.compile(rb"HTTP/\d\.\d (\d{3})[ \r]")
_CONTENT_TYPE = re.compile(rb"\r\nContent-Type: ?([^;\s]+)", re.IGNORECASE)
_KNOWN = (b"WARC/1.0\r\n", b"WARC/1.1\r\n")
_NEVER_LISTED = ("request", "warcinfo")
_HTTP_KINDS = ("response", "revisit")


class PlainRecord(NamedTuple):
    """What an index needs of a record. Fields as written, ``None`` where the record has none.

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


def plain_record(member: bytes) -> PlainRecord | None:
    """The record that is all of `member`; ``None`` for one that must be read with more care."""
    end = member.find(b"\r\n\r\n", 0, MAX_RECORD_HEAD)
    raw = member[: end + 2]
    if end < 0 or not raw.startswith(_KNOWN) or not raw.isascii() or raw.count(b"\n") != raw.count(b"\r\n"):
        return None
    head = raw.decode("ascii")
    kind, length = _field(head, "\r\nWARC-Type: "), _field(head, "\r\nContent-Length: ")
    if not (kind and length and length.isdigit() and kind.isalpha()) or "\r\n " in head or "\r\n\t" in head:
        return None
    if len(member) != end + 8 + int(length) or not member.endswith(b"\r\n\r\n"):
        return None
    if kind in _NEVER_LISTED:
        return PlainRecord(kind, "", "", "", None, None, None, None, end + 4)
    url, date, record_id = _field(head, "\r\nWARC-Target-URI: "), _field(head, "\r\nWARC-Date: "), _id(head)
    if not (url and date and record_id) or url[0] == "<":
        return None
    digest = _field(head, "\r\nWARC-Payload-Digest: ")
    if digest is None and "payload-digest" in head.lower():
        return None
    content_type = _field(head, "\r\nContent-Type: ")
    status = mime = None
    if kind in _HTTP_KINDS and url[:4].lower() == "http":
        http_end = member.find(b"\r\n\r\n", end + 4, len(member) - 4)
        http = member[end + 4 : http_end + 2]
        line = _STATUS_LINE.match(http)
        if http_end < 0 or not line or http.count(b"\n") != http.count(b"\r\n"):
            return None
        typed = _CONTENT_TYPE.search(http)
        if not typed and b"content-type" in http.lower():
            return None
        status, mime = int(line[1]), typed[1].decode("latin-1") if typed else None
    return PlainRecord(kind, url, date, record_id, digest, content_type, status, mime, end + 4)


def _field(head: str, name: str) -> str | None:
    at = head.find(name)
    return None if at < 0 else head[at + len(name) : head.find("\r\n", at + len(name))].strip()


def _id(head: str) -> str | None:
    written = _field(head, "\r\nWARC-Record-ID: ")
    return written[1:-1] if written and written[0] == "<" and written[-1] == ">" else None
