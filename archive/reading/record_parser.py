"""Parser of records: from a stream, from one gzip member, or at an offset of a file."""

from collections.abc import Iterator
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from isal import isal_zlib

from archive.block import Block
from archive.errors import ArchiveError, DamagedError
from archive.reading.arc import MAX_ARC_LINE, arc_record_fields
from archive.reading.buffer import Member
from archive.reading.gzip_members import AHEAD, STEP, MemberCutShortError, MemberStream, open_stream
from archive.reading.record_head import (
    HEAD_END,
    MAX_RECORD_HEAD,
    VERSION_LINE,
    FieldPairs,
    content_length,
    decode_fields,
    parse_fields,
    split_member,
)
from archive.record import Record

#: Longest block read, in bytes. Long blocks are kept in temporary files, and a bomb must not fill the disk.
MAX_BLOCK = 8 << 30


class CutShortError(DamagedError):
    """A record ends before its block does. `partial` is the record with what is there of its block."""

    def __init__(self, what: str, partial: Record) -> None:
        super().__init__(what, file=partial.file, offset=partial.offset)
        self.partial = partial


class UnknownLengthError(CutShortError):
    """An ARC record has no valid length, as some writers leave it for failed captures. `partial` has no block."""


def records_from(file: BinaryIO, name: str, start: int = 0, *, ahead: int = AHEAD) -> Iterator[Record]:
    """Yield the records of `file` from the one that begins at offset `start`. Reads `ahead` bytes at a time.

    Raises DamagedError at the first position that cannot be parsed.
    """
    file.seek(start)
    return _parse_records(open_stream(file, name, start=start, ahead=ahead))


def record_at(source: Path | BinaryIO, offset: int, length: int | None = None, *, name: str = "") -> Record:
    """Return the record that begins at `offset`. With its `length`, no more of the file is read than needed.

    Raises DamagedError if no record begins there, ArchiveError if the file cannot be opened.
    """
    if isinstance(source, str | PathLike):
        try:
            with Path(source).open("rb") as file:
                return record_at(file, offset, length, name=name or str(source))
        except OSError as error:
            raise ArchiveError(f"cannot open: {error.strerror}", file=source) from error
    name = name or str(getattr(source, "name", "<stream>"))
    record = None
    if length is not None and length <= STEP:
        source.seek(offset)
        record = record_in(source.read(length), name, offset)
    if record is None:
        record = next(records_from(source, name, offset, ahead=min(length or AHEAD, AHEAD)), None)
    if record is None:
        raise DamagedError(
            "no record at this offset", file=name, offset=offset, hint="rebuild the index from the files"
        )
    return record


def record_in(data: bytes, file: str, offset: int) -> Record | None:
    """Return the record in the gzip member at the start of `data`; `offset` is the member's offset in `file`.

    ``None`` if the member is incomplete or not a single conventional record: it then needs the full parser.
    """
    inflater = isal_zlib.decompressobj(31)
    try:
        member = inflater.decompress(data, STEP)
    except isal_zlib.error:  # type: ignore[misc]
        return None
    if not inflater.eof:
        return None
    return _record_of_member((member, offset, len(data) - len(inflater.unused_data)), file)


def parse_head(stream: MemberStream, start: int) -> tuple[str, FieldPairs, int | None]:
    """Parse the head of the record at which `stream` is. Return version, fields and the block's size.

    The size is ``None`` if that of an ARC record is invalid. `start` is the record's offset, for errors. Raises
    DamagedError if no valid head begins there.
    """
    first = stream.peek_line(MAX_RECORD_HEAD)
    if VERSION_LINE.fullmatch(first):
        head = stream.take_until(HEAD_END, MAX_RECORD_HEAD)
        if head is None:
            raise DamagedError(
                f"record head does not end within {MAX_RECORD_HEAD} bytes", file=stream.name, offset=start
            )
        version, fields = first.decode("ascii").strip(), decode_fields(head.rstrip(b"\r\n"))
    elif (arc_fields := arc_record_fields(first[: MAX_ARC_LINE + 1])) is not None:
        stream.take_line()
        version, fields = "ARC/1.0", arc_fields
        if content_length(fields) is None:
            return version, fields, None
    else:
        raise DamagedError(f"expected a record, found {first[:40]!r}", file=stream.name, offset=start)
    size = content_length(fields)
    if size is None:
        written = next((value for name, value in fields if name.lower() == "content-length"), "")
        raise DamagedError(f"invalid Content-Length {written[:40]!r}", file=stream.name, offset=start)
    if size > MAX_BLOCK:
        what = f"the record claims {size} bytes, more than the limit of {MAX_BLOCK}"
        raise DamagedError(what, file=stream.name, offset=start)
    return version, fields, size


class _MemberRecord(Record):
    """A conventional record that fills its gzip member. Its head is parsed when a field is first asked for, so that
    readers of blocks do not pay for it.
    """

    def __init__(self, head: str, block: Block, file: str, offset: int, length: int) -> None:
        self.block = block
        self._head = head
        self.file = file
        self.offset = offset
        self.length = length

    @property
    def version(self) -> str:  # type: ignore[override]
        return self._head[:8]

    @cached_property
    def fields(self) -> FieldPairs:  # type: ignore[override]
        return parse_fields(self._head.rstrip("\r\n"))

    def get(self, name: str) -> str | None:
        at = self._lower.find(f"\n{name.lower()}")
        if at < 0:
            return None
        begin = at + len(name) + 2
        # Otherwise it is a longer name, a blank follows the name, or the line has no colon.
        if not self._lower.startswith(":", begin - 1):
            return super().get(name)
        return self._head[begin : self._head.find("\n", begin)].strip()

    @cached_property
    def _lower(self) -> str:
        """The head in lower case, for finding fields."""
        return self._head.lower()


def _parse_records(stream: MemberStream) -> Iterator[Record]:
    while True:
        for member in stream.whole_members():
            record = _record_of_member(member, stream.name)
            if record is None:
                stream.unread(member)
                break
            yield record
        start = stream.find_record()
        if start is None:
            return
        yield _parse_record(stream, start)


def _record_of_member(member: Member, file: str) -> Record | None:
    """Return the record in `member` if it is a single conventional one, else ``None``."""
    data, offset, length = member
    if (split := split_member(data)) is None:
        return None
    head, end = split
    return _MemberRecord(head, Block(data[end:-4]), file, offset, length)


def _parse_record(stream: MemberStream, start: int) -> Record:
    at_start = stream.at_member_start
    version, fields, size = parse_head(stream, start)
    block = Block()
    if size is None:
        partial = Record(version, fields, block, stream.name, start, stream.offset() - start, at_start)
        raise UnknownLengthError(
            f"invalid length {partial.get('Content-Length')!r}, so that the content is not found", partial
        )
    try:
        missing = stream.read_into(block, size)
    except MemberCutShortError as error:
        length = stream.offset() - start
        partial = Record(version, fields, block, stream.name, start, length, at_start)
        raise CutShortError(error.what, partial) from error
    except OSError as error:
        what = f"the temporary folder has no space for a block of {size} bytes: {error.strerror}"
        raise ArchiveError(what, file=stream.name, offset=start, hint="free space or set TMPDIR") from error
    if missing:
        partial = Record(version, fields, block, stream.name, start, stream.offset() - start, at_start)
        raise CutShortError(f"record is cut short: {missing} of its {size} bytes are missing", partial)
    end = stream.end_record()
    return Record(version, fields, block, stream.name, start, end - start, at_start)
