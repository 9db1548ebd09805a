"""Records read one after another from a WARC or ARC file, gzipped or not, whole or hostile."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from isal import isal_zlib

from archive.block import Block
from archive.errors import ArchiveError, DamagedError, TooLargeError
from archive.reading.arc import MAX_ARC_LINE, arc_record_fields
from archive.reading.buffer import Member
from archive.reading.gzip_members import AHEAD, STEP, MemberStream, open_stream
from archive.record import Record

#: Longest record head read, in bytes: an endless one ends in an error.
MAX_RECORD_HEAD = 1 << 18

#: Longest block read, in bytes. Blocks lie in temporary files: a bomb must not fill the disk.
MAX_BLOCK = 8 << 30

#: Most damaged places passed over in one file, and most false beginnings of a record behind one of them.
MAX_DAMAGE = 1000
MAX_FALSE = 10_000

OnDamage = Callable[[DamagedError], None]
Source = str | PathLike[str] | BinaryIO

_Fields = tuple[tuple[str, str], ...]

_VERSION = re.compile(rb"WARC/\d{1,3}\.\d{1,3}[ \t\r]*\n")
# A gzip member's header as RFC 1952 allows it, the line that begins a WARC or an ARC record.
_BEGINNING = re.compile(
    rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]|WARC/1\.[01]\r?\n"
    rb"|\nhttps?://\S{1,4096} \S{1,64} \d{14} ",
    re.DOTALL,
)
_HEAD_END = re.compile(rb"\n\r*\n")
# A head as nearly all writers write it: no line goes on from the one before, and the first Content-Length is a plain
# one. Lines that begin with W, and they are most, need no closer look.
_PLAIN_HEAD = re.compile(
    rb"WARC/1\.[01]\r\n(?:W.*+\n)*+(?:(?!(?i:content-length))\S.*+\n)*+"
    rb"(?i:content-length): (\d{1,10})\r\n(?:\S.*+\n)*+\r*\n"
)


def read_records(source: Source, *, on_damage: OnDamage | None = None, name: str = "") -> Iterator[Record]:
    """Every record of a file, in order. A record's block stays readable after the next has been read.

    `name` is what the file is called where `source` does not say it. Raises ArchiveError when the file cannot be
    opened, DamagedError with file and offset where it cannot be read on. With `on_damage` that error is told instead,
    and reading goes on where the next record can be made out; the file must then be one that can be sought in.
    """
    path = source if isinstance(source, str | PathLike) else None
    name = name or str(path or getattr(source, "name", "<stream>"))
    with _opened(source) as file:
        if on_damage is None:
            yield from records_from(file, name)
        else:
            yield from _records_beside_damage(file, name, on_damage)


@contextmanager
def _opened(source: Source) -> Iterator[BinaryIO]:
    """The file that `source` is or names; one it names is closed afterwards."""
    if not isinstance(source, str | PathLike):
        yield source
        return
    try:
        file = Path(source).open("rb")  # noqa: SIM115
    except OSError as error:
        raise ArchiveError(f"cannot open: {error.strerror}", file=source) from error
    with file:
        yield file


def _records_beside_damage(file: BinaryIO, name: str, on_damage: OnDamage) -> Iterator[Record]:
    start: int | None = 0
    wasted = places = 0
    while start is not None:
        try:
            yield from records_from(file, name, start)
            return
        except DamagedError as error:
            if error.offset is None:
                raise
            on_damage(error)
            # What was read in vain is read again: a file made to be damaged everywhere must not cost its square.
            wasted += file.tell() - error.offset
            places += 1
            hopeless = places >= MAX_DAMAGE or wasted > 4 * file.seek(0, 2) + (1 << 24)
            try:
                start = None if hopeless else next_record(file, error.offset + 1)
            except TooLargeError:
                hopeless, start = True, None
            if hopeless:
                on_damage(DamagedError("damaged in too many places: not read on", file=name, offset=error.offset))


def next_record(file: BinaryIO, start: int) -> int | None:
    """The offset, from `start` on, of the first bytes that begin a record; the file stands there afterwards.

    Raises TooLargeError past `MAX_FALSE` beginnings of none.
    """
    for number, offset in enumerate(_candidates(file, start)):
        if number == MAX_FALSE:
            raise TooLargeError(f"more than {MAX_FALSE} false beginnings of a record", offset=start)
        file.seek(offset)
        try:
            _head(open_stream(file, "", start=offset, ahead=1 << 12), offset)
        except DamagedError:
            continue
        file.seek(offset)
        return offset
    return None


def _candidates(file: BinaryIO, start: int) -> Iterator[int]:
    """Offsets where a gzip member or an uncompressed record may begin."""
    overlap = 32
    while True:
        file.seek(start)
        piece = file.read(1 << 20)
        for match in _BEGINNING.finditer(piece):
            if match.start() < len(piece) - overlap or len(piece) < 1 << 20:
                yield start + match.start() + match[0].startswith(b"\n")
        if len(piece) < 1 << 20:
            return
        start += len(piece) - overlap


def records_from(file: BinaryIO, name: str, start: int = 0, *, ahead: int = AHEAD) -> Iterator[Record]:
    """The records from the one that begins at `start`, which must be one; the file is read `ahead` bytes at a time."""
    file.seek(start)
    return _records(open_stream(file, name, start=start, ahead=ahead))


def record_at(source: Path | BinaryIO, offset: int, length: int | None = None, *, name: str = "") -> Record:
    """The one record that begins at `offset`; `length`, where it is known, spares reading more of the file.

    Raises DamagedError when none begins there.
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
        raise DamagedError("no record here", file=name, offset=offset, hint="rebuild the index from the files")
    return record


def _records(stream: MemberStream) -> Iterator[Record]:
    while True:
        for member in stream.whole_members():
            record = _whole_record(member, stream.name)
            if record is None:
                stream.unread(member)
                break
            yield record
        if not stream.skip_blank_lines():
            return
        yield _streamed_record(stream)


class _PlainRecord(Record):
    """A record whose head, a `_PLAIN_HEAD`, is taken apart when a field is asked for: who only wants blocks need not
    pay for it.
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
    def fields(self) -> _Fields:  # type: ignore[override]
        return _fields_of(self._head.rstrip("\r\n"))

    def get(self, name: str) -> str | None:
        at = self._lower.find(f"\n{name.lower()}")
        if at < 0:
            return None
        begin = at + len(name) + 2
        if not self._lower.startswith(":", begin - 1):  # a longer name, blanks behind it, or a line without a colon
            return super().get(name)
        return self._head[begin : self._head.find("\n", begin)].strip()

    @cached_property
    def _lower(self) -> str:
        """The head in lower case, to find a field in."""
        return self._head.lower()


def plain_head(member: bytes) -> tuple[str, int] | None:
    """The head of the record that is all there is in `member` and written as all writers do, and where its block
    begins; the last four bytes are no part of that. ``None`` for any other.
    """
    head = _PLAIN_HEAD.match(member, 0, MAX_RECORD_HEAD)
    if not head:
        return None
    end = head.end()
    if len(member) != end + int(head[1]) + 4 or not member.endswith(b"\r\n\r\n"):
        return None
    try:
        return head[0].decode("ascii"), end
    except UnicodeDecodeError:
        return None


def _whole_record(member: Member, file: str) -> Record | None:
    """The record in `member` when it is a plain one; ``None`` for any other."""
    data, offset, length = member
    if (plain := plain_head(data)) is None:
        return None
    head, end = plain
    return _PlainRecord(head, Block(data[end:-4]), file, offset, length)


def record_in(data: bytes, file: str, offset: int) -> Record | None:
    """The record in the gzip member that `data` begins with, when that is whole and plainly written; `offset` is where
    it stands in `file`. ``None`` for what must be read with more care.
    """
    inflate = isal_zlib.decompressobj(31)
    try:
        member = inflate.decompress(data, STEP)
    except isal_zlib.error:  # type: ignore[misc]
        return None
    if not inflate.eof:
        return None
    return _whole_record((member, offset, len(data) - len(inflate.unused_data)), file)


def _streamed_record(stream: MemberStream) -> Record:
    start, at_start = stream.record_offset(), stream.at_member_start
    version, fields, size = _head(stream, start)
    block = Block()
    try:
        missing = stream.read_into(block, size)
    except OSError as error:
        what = f"a block of {size} bytes has no room in the temporary folder: {error.strerror}"
        raise ArchiveError(what, file=stream.name, offset=start, hint="free space or set TMPDIR") from error
    if missing:
        raise DamagedError(
            f"record is cut short: {missing} of its {size} bytes are missing",
            file=stream.name,
            offset=start,
            hint="`broadsheet archive repair` cuts the file after its last whole record",
        )
    end = stream.end_record()
    return Record(version, fields, block, stream.name, start, end - start, at_start)


def _head(stream: MemberStream, start: int) -> tuple[str, _Fields, int]:
    first = stream.peek_line(MAX_RECORD_HEAD)
    if _VERSION.fullmatch(first):
        head = stream.take_until(_HEAD_END, MAX_RECORD_HEAD)
        if head is None:
            raise DamagedError(f"record head has no end within {MAX_RECORD_HEAD} bytes", file=stream.name, offset=start)
        version, fields = first.decode("ascii").strip(), _warc_fields(head.rstrip(b"\r\n"))
    elif (arc_fields := arc_record_fields(first[: MAX_ARC_LINE + 1])) is not None:
        stream.take_line()
        version, fields = "ARC/1.0", arc_fields
    else:
        raise DamagedError(f"no record begins here but {first[:40]!r}", file=stream.name, offset=start)
    size = _content_length(fields)
    if size is None:
        written = next((value for name, value in fields if name.lower() == "content-length"), "")
        raise DamagedError(f"unreadable Content-Length {written[:40]!r}", file=stream.name, offset=start)
    if size > MAX_BLOCK:
        raise DamagedError(
            f"record says it has {size} bytes, and more than {MAX_BLOCK} are not read", file=stream.name, offset=start
        )
    return version, fields, size


def _warc_fields(head: bytes) -> _Fields:
    """The named fields of a record's `head`, given without the empty line that ends it."""
    try:
        return _fields_of(head.decode())
    except UnicodeDecodeError:
        return _fields_of(head.decode("latin-1"))


def _fields_of(head: str) -> _Fields:
    fields: list[tuple[str, str]] = []
    for line in head.split("\n")[1:]:
        name, _, value = line.partition(":")
        if name[:1] in (" ", "\t") and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        else:
            fields.append((name.strip(" \t"), value.strip()))
    return tuple(fields)


def _content_length(fields: _Fields) -> int | None:
    """The first Content-Length; ``None`` when there is none that can be read."""
    for name, value in fields:
        if len(name) == 14 and name.lower() == "content-length":
            return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
    return None
