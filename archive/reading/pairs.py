"""Pairs of records: a response (or a record like it) and its request."""

from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from isal import isal_zlib

from archive.errors import ArchiveError, DamagedError
from archive.reading.gzip_members import GZIP_MAGIC, STEP
from archive.reading.record_file import OnDamage, Source, read_records
from archive.reading.record_parser import record_at, record_in, records_from
from archive.record import Record, bare_uri

#: The types of record that hold a capture, in full or in part.
CAPTURE_TYPES = frozenset(("response", "revisit", "resource", "conversion"))

#: The types of record that are indexed: those of captures and of notes about them.
INDEXED_TYPES = CAPTURE_TYPES | {"metadata"}

#: Bytes read after a response to see whether its request follows.
_PEEK = 1 << 12

# URLs of records in which crawlers describe the network and their own files.
_NOT_PAGES = ("dns:", "whois:", "filedesc:", "metadata:", "urn:")
_NOTES = ("urn:", "metadata:")

#: A record that holds a capture, and its request record.
RecordPair = tuple[Record, Record | None]


def read_pairs(source: Source, *, on_damage: OnDamage | None = None, name: str = "") -> Iterator[RecordPair]:
    """Yield the records of a file that hold a capture, revisits included, each with its request record.

    Arguments and errors are those of `read_records`.
    """
    return pair_records(read_records(source, on_damage=on_damage, name=name))


def pair_records(records: Iterable[Record]) -> Iterator[RecordPair]:
    """Yield those of `records` that hold a capture, each with its request. Looks at most one record ahead.

    A request belongs to the response that either of them names in WARC-Concurrent-To. If neither names one, it belongs
    to the adjacent response of the same URL.
    """
    response: Record | None = None
    request: Record | None = None
    try:
        for record in records:
            kind = record.type
            if kind == "request":
                if response is not None and _belong_together(response, record):
                    yield response, record
                    response = None
                else:
                    request = record
            elif kind in CAPTURE_TYPES and is_page(record.url):
                if response is not None:
                    yield response, None
                response = record
                if request is not None and _belong_together(response, request):
                    yield response, request
                    response = request = None
    except DamagedError:
        if response is not None:
            yield response, None
        raise
    if response is not None:
        yield response, None


def pair_at(source: Path | BinaryIO, offset: int, length: int, *, name: str = "") -> RecordPair:
    """Return the record at `offset` that holds a capture, and its request if that is the next record.

    Raises DamagedError if no capture is there, ArchiveError if the file cannot be opened.
    """
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
    if record.type not in INDEXED_TYPES:
        raise DamagedError(f"holds a {record.type or 'untyped'} record, not a response", file=name, offset=offset)
    if request is None:
        request = _read_request_after(source, name, record)
    belongs = request is not None and request.type == "request" and _belong_together(record, request)
    return record, request if belongs else None


def is_indexed(record_type: str, url: str) -> bool:
    """True for records of captures, and for notes about them, see `archive.notes`."""
    return record_type in INDEXED_TYPES and (is_page(url) or url[:9].lower().startswith(_NOTES))


def is_page(url: str) -> bool:
    """True if `url` can be that of a page, rather than of a crawler's note about itself."""
    return bool(url) and not url.startswith(_NOT_PAGES)


def _belong_together(response: Record, request: Record) -> bool:
    named = [bare_uri(value) for record in (request, response) if (value := record.get("WARC-Concurrent-To"))]
    if named:
        return response.id in named or request.id in named
    return request.url == response.url


def _read_request_after(file: BinaryIO, name: str, response: Record) -> Record | None:
    """Return the record after `response` if it looks like a request; ``None`` also if it is damaged."""
    end = response.offset + response.length
    file.seek(end)
    try:
        if not _looks_like_request(file.read(_PEEK)):
            return None
        return next(records_from(file, name, end, ahead=_PEEK), None)
    except DamagedError:
        return None


def _looks_like_request(data: bytes) -> bool:
    if data.startswith(GZIP_MAGIC):
        try:
            data = isal_zlib.decompressobj(31).decompress(data, _PEEK)
        except isal_zlib.error:  # type: ignore[misc]
            return False
    return b"warc-type: request" in data[:_PEEK].lower()
