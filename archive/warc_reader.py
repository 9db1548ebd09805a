"""The reader of captures: responses and their like joined with their requests, from any file of records."""

import os
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from isal import isal_zlib

from archive.block import Block
from archive.capture import Capture, Location, Truncation
from archive.digest import sha1_label
from archive.errors import ArchiveError, DamagedError, TooLargeError
from archive.http import entity
from archive.reading.gzip_members import GZIP_MAGIC, STEP
from archive.reading.record_parser import OnDamage, Source, read_records, record_at, record_in, records_from
from archive.record import Record, bare_uri

#: Longest request taken into memory, in bytes.
MAX_REQUEST = 16 << 20

#: Bytes of the file looked at behind a response to see whether its request follows.
_PEEK = 1 << 12

#: The types of record that hold a capture, in part or in whole.
KINDS = frozenset(("response", "revisit", "resource", "conversion"))

# What crawlers note of the network and of their own files.
_NO_PAGE = ("dns:", "whois:", "filedesc:", "metadata:", "urn:")

Pair = tuple[Record, Record | None]


def read_captures(source: Source, *, on_damage: OnDamage | None = None) -> Iterator[Capture]:
    """The captures in a WARC or ARC file, in order: each response with its request (empty when there is none).

    A request belongs to the response it names in WARC-Concurrent-To, or, with writers that name none, to the response
    of the same URL beside it. Resource and conversion records are captures too, see `to_capture`; revisit records say
    that what was sent lies elsewhere and are left out: `Collection.load` follows them. Raises DamagedError naming file
    and offset where the file cannot be read on; the captures before it have been given. With `on_damage` that error is
    told instead and reading goes on behind the damage.
    """
    for record, request in read_pairs(source, on_damage=on_damage):
        if record.type != "revisit":
            yield to_capture(record, request)


def read_pairs(source: Source, *, on_damage: OnDamage | None = None, name: str = "") -> Iterator[Pair]:
    """The records in a file that hold a capture, revisits too, each with its request record."""
    return join(read_records(source, on_damage=on_damage, name=name))


def join(records: Iterable[Record]) -> Iterator[Pair]:
    """Those of `records` that hold a capture, each with its request. One waits only for the record after it."""
    response: Record | None = None
    request: Record | None = None
    try:
        for record in records:
            kind = record.type
            if kind == "request":
                if response is not None and _belong(response, record):
                    yield response, record
                    response = None
                else:
                    request = record
            elif kind in KINDS and is_page(record.url):
                if response is not None:
                    yield response, None
                response = record
                if request is not None and _belong(response, request):
                    yield response, request
                    response = request = None
    except DamagedError:
        if response is not None:
            yield response, None
        raise
    if response is not None:
        yield response, None


def holds_capture(record: Record) -> bool:
    """Does the record hold what a server answered for a URL, or what was made of it, or say where that lies?"""
    return record.type in KINDS and is_page(record.url)


def is_page(url: str) -> bool:
    """Can `url` be that of a page, not only of what a crawler notes about itself?"""
    return bool(url) and not url.startswith(_NO_PAGE)


def _belong(response: Record, request: Record) -> bool:
    named = [bare_uri(value) for record in (request, response) if (value := record.get("WARC-Concurrent-To"))]
    if named:
        return response.id in named or request.id in named
    return request.url == response.url


def to_capture(record: Record, request: Record | None, where: Location | None = None) -> Capture:
    """The capture a record (and its request record) holds; of a revisit only what the record itself has.

    Resource and conversion records have no HTTP head: one that names their media type is put before them. A record
    that does not begin its gzip member has no location of its own: ``None``. `where` is its location where that is
    known: it need not be worked out.
    """
    where = where or location_of(record)
    kind = record.type
    if request is not None and len(request.block) > MAX_REQUEST:
        raise TooLargeError(f"request of more than {MAX_REQUEST} bytes", file=request.file, offset=request.offset)
    return Capture(
        url=record.url,
        started_at=where.date,
        request=bytes(request.block) if request is not None else b"",
        response=_with_head(record) if kind in ("resource", "conversion") else record.block,
        ip_address=record.get("WARC-IP-Address"),
        truncated=_truncation(record.get("WARC-Truncated")),
        location=where if record.at_member_start else None,
    )


def location_of(record: Record) -> Location:
    """Where `record` lies. A payload digest it does not name is worked out. Raises DamagedError for a broken date."""
    when = record.date
    if when is None:
        raise DamagedError(f"unreadable WARC-Date {record.get('WARC-Date')!r}", file=record.file, offset=record.offset)
    digest = record.get("WARC-Payload-Digest") or sha1_label(entity(record.block))
    return Location(record.file.rpartition(os.sep)[2], record.offset, record.length, record.id, when, digest)


def _with_head(record: Record) -> Block:
    head = "HTTP/1.1 200 OK\r\n"
    if media_type := record.get("Content-Type"):
        head += f"Content-Type: {media_type}\r\n"
    block = Block(f"{head}Content-Length: {len(record.block)}\r\n\r\n".encode())
    for piece in record.block.chunks():
        block.append(piece)
    return block


def _truncation(value: str | None) -> Truncation | None:
    if value is None:
        return None
    try:
        return Truncation(value.strip().lower())
    except ValueError:
        return Truncation.UNSPECIFIED


def read_at(source: Path | BinaryIO, offset: int, length: int, *, name: str = "") -> Capture:
    """The capture whose record lies in about `length` bytes from `offset` of a file; a revisit as it is written.

    Raises DamagedError when no capture is there.
    """
    return to_capture(*pair_at(source, offset, length, name=name))


def pair_at(source: Path | BinaryIO, offset: int, length: int, *, name: str = "") -> Pair:
    """The record at `offset` that holds a capture, and its request when that is the record after it."""
    if isinstance(source, str | PathLike):
        try:
            with Path(source).open("rb") as file:
                return pair_at(file, offset, length, name=name or str(source))
        except OSError as error:
            raise ArchiveError(f"cannot open: {error.strerror}", file=source) from error
    name = name or str(getattr(source, "name", "<stream>"))
    data = b""
    record = request = None
    if length <= STEP:
        source.seek(offset)
        data = source.read(length + _PEEK)
        record = record_in(data, name, offset)
    if record is not None:
        request = record_in(data[record.length :], name, offset + record.length)
    else:
        record = record_at(source, offset, length + _PEEK, name=name)
    if record.type not in KINDS:
        raise DamagedError(f"holds a {record.type or 'nameless'} record, not a response", file=name, offset=offset)
    if request is None:
        request = _request_after(source, name, record)
    belongs = request is not None and request.type == "request" and _belong(record, request)
    return record, request if belongs else None


def _request_after(file: BinaryIO, name: str, response: Record) -> Record | None:
    """The record behind a response when it looks like a request; a damaged neighbour does not."""
    end = response.offset + response.length
    file.seek(end)
    try:
        if not _begins_request(file.read(_PEEK)):
            return None
        return next(records_from(file, name, end, ahead=_PEEK), None)
    except DamagedError:
        return None


def _begins_request(data: bytes) -> bool:
    if data.startswith(GZIP_MAGIC):
        try:
            data = isal_zlib.decompressobj(31).decompress(data, _PEEK)
        except isal_zlib.error:  # type: ignore[misc]
            return False
    return b"warc-type: request" in data[:_PEEK].lower()
