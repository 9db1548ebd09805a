"""Fast reader for indexes: conventional records are scanned in their gzip member, all others fully parsed."""

import re
from collections.abc import Container, Generator, Iterator
from typing import BinaryIO, NamedTuple

from archive.reading.gzip_members import GzipStream, open_stream
from archive.reading.record_head import split_member
from archive.reading.record_parser import records_from
from archive.record import Record

_STATUS_LINE = re.compile(rb"HTTP/\d\.\d (\d{3})[ \r]")
_CONTENT_TYPE = re.compile(rb"\r\nContent-Type: ?([^;\s]+)", re.IGNORECASE)
#: The types of record that have an HTTP head.
HTTP_TYPES = ("response", "revisit")


class ScannedRecord(NamedTuple):
    """The parts of a conventional record that an index needs: fields as written, ``None`` if absent.

    `type` is in lower case, `id` without angle brackets, `digest` is WARC-Payload-Digest. `status` and `mime` are those
    of the HTTP head of a response or revisit. `block` is the block; `offset` and `length` are the member's in the file.
    """

    type: str
    url: str
    date: str
    id: str
    digest: str | None
    content_type: str | None
    status: int | None
    mime: str | None
    member: bytes
    block_at: int
    offset: int
    length: int

    @property
    def block(self) -> bytes:
        """The block's bytes."""
        return self.member[self.block_at : -4]


#: Stands for every conventional GET request: most requests are, and only their method is of interest.
GET_REQUEST = ScannedRecord("request", "", "", "", None, None, None, None, b"GET ", 0, 0, 0)

_GET = b"GET "


def scan_records(file: BinaryIO, name: str, types: Container[str]) -> Iterator[ScannedRecord | Record]:
    """Yield the records of `file` that have one of `types`, conventional ones as ScannedRecord or `GET_REQUEST`.

    The block of a Record is closed when the next one is asked for. Raises DamagedError where the file cannot be parsed.
    """
    start: int | None = 0
    while start is not None:
        file.seek(start)
        stream = open_stream(file, name, start=start)
        is_gzipped = isinstance(stream, GzipStream)
        if isinstance(stream, GzipStream):
            start = yield from _scan_members(stream, types)
        if start is not None:
            start = yield from _parse_until_next_member(records_from(file, name, start), types, is_gzipped=is_gzipped)


def _scan_members(stream: GzipStream, types: Container[str]) -> Generator[ScannedRecord, None, int | None]:
    """Yield conventional records. Return the offset of the first other member; ``None`` at the end of the file."""
    for member, offset, length in stream.whole_members():
        split = split_member(member)
        if split is None:
            if member:
                return offset
            break
        head, block_at = split
        lower = head.lower()
        kind = _find_field(lower, lower, "warc-type")
        if not kind or not kind.isalpha():
            return offset
        if kind == "request" and kind in types and member.startswith(_GET, block_at):
            yield GET_REQUEST
        elif kind in types:
            record = _scan_record(kind, head, lower, member, block_at, offset, length)
            if record is None:
                return offset
            yield record
    return stream.find_record()


def _scan_record(
    kind: str, head: str, lower: str, member: bytes, block_at: int, offset: int, length: int
) -> ScannedRecord | None:
    """Return the record with this `head`, also given in `lower` case; ``None`` if it needs the full parser."""
    url, date = _find_field(head, lower, "warc-target-uri"), _find_field(head, lower, "warc-date")
    record_id = _find_field(head, lower, "warc-record-id")
    digest, content_type = _find_field(head, lower, "warc-payload-digest"), _find_field(head, lower, "content-type")
    if not (url and date and record_id) or url[0] == "<" or "" in (digest, content_type):
        return None
    if record_id[0] != "<" or record_id[-1] != ">":
        return None
    status = mime = None
    if kind in HTTP_TYPES and url[:4].lower() == "http":
        http_end = member.find(b"\r\n\r\n", block_at, len(member) - 4)
        http_head = member[block_at : http_end + 2]
        line = _STATUS_LINE.match(http_head)
        if http_end < 0 or not line or http_head.count(b"\n") != http_head.count(b"\r\n"):
            return None
        typed = _CONTENT_TYPE.search(http_head)
        if not typed and b"content-type" in http_head.lower():
            return None
        status, mime = int(line[1]), typed[1].decode("latin-1") if typed else None
    bare_id = record_id[1:-1]
    return ScannedRecord(kind, url, date, bare_id, digest, content_type, status, mime, member, block_at, offset, length)


def _find_field(head: str, lower: str, name: str) -> str | None:
    """Return the first field of that `name` (in lower case); ``None`` if absent.

    Empty also if a longer name, or a line without a colon, comes before it.
    """
    at = lower.find(f"\n{name}")
    if at < 0:
        return None
    begin = at + len(name) + 2
    return head[begin : head.find("\n", begin)].strip() if lower[begin - 1] == ":" else ""


def _parse_until_next_member(
    records: Iterator[Record], types: Container[str], *, is_gzipped: bool
) -> Generator[Record, None, int | None]:
    """Yield fully parsed records: those of one gzip member, or all of a file that is not gzipped.

    Return the offset of the next member; ``None`` at the end of the file.
    """
    record = next(records, None)
    while record is not None:
        if record.type in types:
            yield record
        record.block.close()
        record = next(records, None)
        if is_gzipped and record is not None and record.at_member_start:
            return record.offset
    return None
