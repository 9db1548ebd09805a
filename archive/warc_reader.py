"""The reader of captures: responses joined with their requests, from any file of records."""

import os
from collections.abc import Callable, Iterable, Iterator
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from archive.capture import Capture, Location, Truncation
from archive.digest import sha1_label
from archive.errors import ArchiveError, DamagedError, TooLargeError
from archive.http import entity
from archive.record import Record, bare_uri
from archive.record_reader import read_records, record_at

#: Longest request taken into memory, in bytes.
MAX_REQUEST = 16 << 20

Source = str | PathLike[str] | BinaryIO


def read_captures(source: Source, *, on_damage: Callable[[DamagedError], None] | None = None) -> Iterator[Capture]:
    """The captures in a WARC or ARC file, in order: each HTTP response with its request (empty when there is none).

    A request belongs to the response it names in WARC-Concurrent-To, or, with writers that name none, to the response
    of the same URL beside it. Raises DamagedError naming file and offset where the file cannot be read on; the captures
    before it have been given. With `on_damage` that error is told instead and reading goes on behind the damage.
    """
    return join(read_records(source, on_damage=on_damage))


def join(records: Iterable[Record]) -> Iterator[Capture]:
    """The captures `records` hold. A response waits only for the record after it."""
    response: Record | None = None
    request: Record | None = None
    try:
        for record in records:
            if record.type == "request":
                if response is not None and _belong(response, record):
                    yield to_capture(response, record)
                    response = None
                else:
                    request = record
            elif is_http_response(record):
                if response is not None:
                    yield to_capture(response, None)
                response = record
                if request is not None and _belong(response, request):
                    yield to_capture(response, request)
                    response = request = None
    except DamagedError:
        if response is not None:
            yield to_capture(response, None)
        raise
    if response is not None:
        yield to_capture(response, None)


def is_http_response(record: Record) -> bool:
    """Does the record hold an HTTP response?"""
    return record.type == "response" and record.url[:6].lower().startswith(("http:", "https:"))


def _belong(response: Record, request: Record) -> bool:
    named = [bare_uri(value) for record in (request, response) if (value := record.get("WARC-Concurrent-To"))]
    if named:
        return response.id in named or request.id in named
    return request.url == response.url


def to_capture(response: Record, request: Record | None) -> Capture:
    """The capture a response record (and its request record) holds."""
    when = response.date
    if when is None:
        raise DamagedError(
            f"unreadable WARC-Date {response.get('WARC-Date')!r}", file=response.file, offset=response.offset
        )
    if request is not None and len(request.block) > MAX_REQUEST:
        raise TooLargeError(f"request of more than {MAX_REQUEST} bytes", file=request.file, offset=request.offset)
    location = Location(
        file=os.path.basename(response.file),
        offset=response.offset,
        length=response.length,
        record_id=response.id,
        date=when,
        payload_digest=response.get("WARC-Payload-Digest") or sha1_label(entity(response.block)),
    )
    return Capture(
        url=response.url,
        started_at=when,
        request=bytes(request.block) if request is not None else b"",
        response=response.block,
        ip_address=response.get("WARC-IP-Address"),
        truncated=_truncation(response.get("WARC-Truncated")),
        location=location if response.at_member_start else None,
    )


def _truncation(value: str | None) -> Truncation | None:
    if value is None:
        return None
    try:
        return Truncation(value.strip().lower())
    except ValueError:
        return Truncation.UNSPECIFIED


def read_at(path: Path, offset: int, length: int) -> Capture:
    """The capture whose response record lies in `length` bytes from `offset` of the file at `path`.

    Its request is read too when it is the record that follows. Raises DamagedError when no HTTP response is there.
    """
    response = record_at(path, offset, length)
    if response.type != "response":
        raise DamagedError(f"holds a {response.type or 'nameless'} record, not a response", file=path, offset=offset)
    try:
        request: Record | None = record_at(path, offset + length)
    except ArchiveError:
        request = None
    if request is not None and not (request.type == "request" and _belong(response, request)):
        request = None
    return to_capture(response, request)
