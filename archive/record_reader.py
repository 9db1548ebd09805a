"""Records read one after another from a WARC or ARC file, gzipped or not, whole or hostile."""

import re
from collections.abc import Callable, Iterator
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from archive.arc import ARC_LINE, arc_record_fields
from archive.block import Block
from archive.errors import ArchiveError, DamagedError
from archive.members import MemberStream, open_stream
from archive.record import Record

#: Longest record head read, in bytes: an endless one ends in an error.
MAX_RECORD_HEAD = 1 << 18

_VERSION = re.compile(rb"WARC/\d+\.\d+[ \t\r]*\n")
_BEGINNING = re.compile(rb"\x1f\x8b\x08|WARC/1\.[01]\r?\n")
_HEAD_END = re.compile(rb"\n\r*\n")


def read_records(
    source: str | PathLike[str] | BinaryIO, *, on_damage: Callable[[DamagedError], None] | None = None
) -> Iterator[Record]:
    """Every record of a file, in order. A record's block stays readable after the next has been read.

    Raises ArchiveError when the file cannot be opened, DamagedError with file and offset where it cannot be read on.
    With `on_damage` that error is told instead, and reading goes on where the next record can be made out; the file
    must then be one that can be sought in.
    """
    if not isinstance(source, str | PathLike):
        yield from _readable(source, str(getattr(source, "name", "<stream>")), on_damage)
        return
    try:
        file = Path(source).open("rb")  # noqa: SIM115
    except OSError as error:
        raise ArchiveError(f"cannot open: {error.strerror}", file=source) from error
    with file:
        yield from _readable(file, str(source), on_damage)


def _readable(file: BinaryIO, name: str, on_damage: Callable[[DamagedError], None] | None) -> Iterator[Record]:
    start: int | None = 0
    while start is not None:
        try:
            yield from _records(open_stream(file, name, start=start))
            return
        except DamagedError as error:
            if on_damage is None or error.offset is None:
                raise
            on_damage(error)
            start = next_record(file, error.offset + 1)


def next_record(file: BinaryIO, start: int) -> int | None:
    """The offset, from `start` on, of the first bytes that are whole as a record; the file stands there afterwards."""
    for offset in _candidates(file, start):
        file.seek(offset)
        try:
            if next(_records(open_stream(file, "", start=offset)), None) is not None:
                file.seek(offset)
                return offset
        except DamagedError:
            continue
    return None


def _candidates(file: BinaryIO, start: int) -> Iterator[int]:
    """Offsets where a gzip member or an uncompressed record may begin."""
    overlap = 16
    while True:
        file.seek(start)
        piece = file.read(1 << 20)
        for match in _BEGINNING.finditer(piece):
            if match.start() < len(piece) - overlap or len(piece) < 1 << 20:
                yield start + match.start()
        if len(piece) < 1 << 20:
            return
        start += len(piece) - overlap


def record_at(path: Path, offset: int, length: int | None = None) -> Record:
    """The one record that begins at `offset`; `length` bounds what is read of the file.

    Raises DamagedError when none begins there.
    """
    try:
        with path.open("rb") as file:
            file.seek(offset)
            stream = open_stream(file, str(path), start=offset, length=length)
            record = next(_records(stream), None)
    except OSError as error:
        raise ArchiveError(f"cannot open: {error.strerror}", file=path) from error
    if record is None:
        raise DamagedError("no record here", file=path, offset=offset, mend="rebuild the index from the files")
    return record


def _records(stream: MemberStream) -> Iterator[Record]:
    while stream.skip_blank_lines():
        start, at_start = stream.record_offset(), stream.at_member_start
        version, fields, size = _head(stream, start)
        block = Block()
        missing = stream.read_into(block, size)
        if missing:
            raise DamagedError(
                f"record is cut short: {missing} of its {size} bytes are missing",
                file=stream.name,
                offset=start,
                mend="`broadsheet archive repair` cuts the file after its last whole record",
            )
        stream.end_record()
        yield Record(version, fields, block, stream.name, start, stream.offset() - start, at_start)


def _head(stream: MemberStream, start: int) -> tuple[str, tuple[tuple[str, str], ...], int]:
    first = stream.peek_line(MAX_RECORD_HEAD)
    if _VERSION.fullmatch(first):
        head = stream.take_until(_HEAD_END, MAX_RECORD_HEAD)
        if head is None:
            raise DamagedError(f"record head has no end within {MAX_RECORD_HEAD} bytes", file=stream.name, offset=start)
        version, fields = _warc_fields(head)
    elif ARC_LINE.fullmatch(first):
        version, fields = "ARC/1.0", arc_record_fields(stream.take_line())
    else:
        raise DamagedError(f"no record begins here but {first[:40]!r}", file=stream.name, offset=start)
    length = next((value for name, value in fields if name.lower() == "content-length"), "")
    if not (length.isascii() and length.isdigit() and len(length) < 19):
        raise DamagedError(f"unreadable Content-Length {length[:40]!r}", file=stream.name, offset=start)
    return version, fields, int(length)


def _warc_fields(head: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    try:
        text = head.decode()
    except UnicodeDecodeError:
        text = head.decode("latin-1")
    version, *lines = text.rstrip("\r\n").split("\n")
    fields: list[tuple[str, str]] = []
    for line in lines:
        if line[:1] in (" ", "\t") and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        else:
            name, _, value = line.partition(":")
            fields.append((name.strip(), value.strip()))
    return version.strip(), tuple(fields)
