"""Reader of captures from any file of records."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from archive.block import Block
from archive.capture import Capture, Location, Truncation
from archive.errors import DamagedError, TooLargeError
from archive.reading import OnDamage, Source, pair_at, read_pairs
from archive.record import Record

#: Longest request read into memory, in bytes.
MAX_REQUEST = 16 << 20


def read_captures(source: Source, *, on_damage: OnDamage | None = None) -> Iterator[Capture]:
    """Yield the captures in a WARC or ARC file, in order: each response with its request (empty if it is missing).

    A request belongs to the response it names in WARC-Concurrent-To; if it names none, to the adjacent response of the
    same URL. Resource and conversion records are captures too, see `to_capture`. Revisit records are left out, since
    they refer to content elsewhere: `Collection.load` follows them.

    Raises DamagedError with file and offset where the file cannot be parsed, after yielding the captures before it.
    With `on_damage`, that callback gets the error instead and reading continues after the damage.
    """
    for record, request in read_pairs(source, on_damage=on_damage):
        if record.type == "revisit":
            continue
        try:
            yield to_capture(record, request)
        except DamagedError as error:
            if on_damage is None:
                raise
            on_damage(error)


def read_at(source: Path | BinaryIO, offset: int, length: int, *, name: str = "") -> Capture:
    """Return the capture whose record is in about `length` bytes from `offset` of a file; a revisit is not followed.

    Raises DamagedError if no capture is there.
    """
    return to_capture(*pair_at(source, offset, length, name=name))


def to_capture(record: Record, request: Record | None, location: Location | None = None) -> Capture:
    """Return the capture that a record and its request record hold; of a revisit, only what the record itself has.

    Resource, conversion and metadata records have no HTTP head, so one with their media type is put before them.
    `location` is the record's location, if known. The capture has no location if the record does not begin its gzip
    member. Raises DamagedError for a malformed date, TooLargeError for a request longer than `MAX_REQUEST`.
    """
    location = location or location_of(record)
    if request is not None and len(request.block) > MAX_REQUEST:
        raise TooLargeError(f"request of more than {MAX_REQUEST} bytes", file=request.file, offset=request.offset)
    needs_head = record.type in ("resource", "conversion", "metadata")
    return Capture(
        url=record.url,
        started_at=location.date,
        request=bytes(request.block) if request is not None else b"",
        response=_add_head(record) if needs_head else record.block,
        ip_address=record.get("WARC-IP-Address"),
        truncated=_parse_truncation(record.get("WARC-Truncated")),
        location=location if record.at_member_start else None,
        parsed_head=None if needs_head else record.parsed_head,
    )


def location_of(record: Record) -> Location:
    """Return the location of `record`, computing an absent payload digest. Raises DamagedError for a malformed date."""
    when = record.date
    if when is None:
        raise DamagedError(f"invalid WARC-Date {record.get('WARC-Date')!r}", file=record.file, offset=record.offset)
    file = record.file.rpartition(os.sep)[2]
    return Location(file, record.offset, record.length, record.id, when, record.payload_digest())


def _add_head(record: Record) -> Block:
    head = "HTTP/1.1 200 OK\r\n"
    if media_type := record.get("Content-Type"):
        head += f"Content-Type: {media_type}\r\n"
    block = Block(f"{head}Content-Length: {len(record.block)}\r\n\r\n".encode())
    for piece in record.block.chunks():
        block.append(piece)
    return block


def _parse_truncation(value: str | None) -> Truncation | None:
    if value is None:
        return None
    try:
        return Truncation(value.strip().lower())
    except ValueError:
        return Truncation.UNSPECIFIED
