"""Reader of whole files of records: WARC or ARC, gzipped or not, complete, damaged or hostile."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import BinaryIO, TypeGuard

from archive.errors import ArchiveError, DamagedError, PaddingError, TooLargeError
from archive.reading.gzip_members import GZIP_MAGIC, open_stream
from archive.reading.record_parser import CutShortError, UnknownLengthError, parse_head, records_from
from archive.record import Record

#: Most damaged places skipped in one file.
MAX_DAMAGE = 1000

#: Most false record starts tried after one damaged place.
MAX_FALSE_STARTS = 10_000

OnDamage = Callable[[DamagedError], None]
Source = str | PathLike[str] | BinaryIO

# The header of a gzip member (RFC 1952), the first line of a WARC record, and that of an ARC record.
_RECORD_START = re.compile(
    rb"\x1f\x8b\x08[\x00-\x1f].{4}[\x00\x02\x04][\x00-\x0d\xff]|WARC/1\.[01]\r?\n"
    rb"|\nhttps?://\S{1,4096} \S{1,64} \d{14,20} ",
    re.DOTALL,
)
_PIECE = 1 << 20


def read_records(
    source: Source, *, on_damage: OnDamage | None = None, name: str = "", includes_cut: bool = False
) -> Iterator[Record]:
    """Yield every record of a file, in order. A record's block stays readable after the next record was read.

    `name` is the file's name in records and errors, if `source` does not provide it. Raises ArchiveError if the file
    cannot be opened, DamagedError with file and offset where it cannot be parsed. With `on_damage`, that callback gets
    the error instead (a PaddingError if there are only zeros), and reading continues at the next recognizable record;
    the file must then be seekable. `includes_cut` yields what is there of a last record that is cut short, and ARC
    records without a length, with `is_cut` set, after their errors.
    """
    with open_source(source, name) as (file, file_name):
        if on_damage is None:
            yield from records_from(file, file_name)
        else:
            yield from _skip_damage(file, file_name, on_damage, includes_cut=includes_cut)


@contextmanager
def open_source(source: Source, name: str = "") -> Iterator[tuple[BinaryIO, str]]:
    """Yield the file that `source` is or names, and the name for its errors. Closes only a file it opened itself.

    Raises ArchiveError if the file cannot be opened.
    """
    if not isinstance(source, str | PathLike):
        yield source, name or str(getattr(source, "name", "<stream>"))
        return
    try:
        file = Path(source).open("rb")  # noqa: SIM115
    except OSError as error:
        raise ArchiveError(f"cannot open: {error.strerror}", file=source) from error
    with file:
        yield file, name or str(source)


def _skip_damage(file: BinaryIO, name: str, on_damage: OnDamage, *, includes_cut: bool) -> Iterator[Record]:
    start: int | None = 0
    wasted = places = 0
    while start is not None:
        try:
            yield from records_from(file, name, start)
            return
        except DamagedError as error:
            if error.offset is None:
                raise
            # Some files continue uncompressed after gzip members, or the reverse. Nothing is damaged there.
            if _is_gzipped(file, start) != _is_gzipped(file, error.offset) and _begins_record(file, error.offset):
                start = error.offset
                continue
            # Bytes read in vain are read again. A file damaged everywhere on purpose must not cost quadratic time.
            wasted += file.tell() - error.offset
            places += 1
            give_up = places >= MAX_DAMAGE or wasted > 4 * file.seek(0, 2) + (1 << 24)
            try:
                start = None if give_up else find_next_record(file, error.offset + 1)
            except TooLargeError:
                give_up, start = True, None
            on_damage(error if give_up or not _is_padding(file, error.offset, start) else _padding(error))
            if includes_cut and _is_usable(error, is_last=start is None and not give_up):
                yield error.partial
            if give_up:
                on_damage(DamagedError("too many damaged places, reading stopped", file=name, offset=error.offset))


def _is_usable(error: DamagedError, *, is_last: bool) -> TypeGuard[CutShortError]:
    """True if what is there of a cut record is usable, which then is marked as cut.

    With a record after it, the length it states is wrong, and its block has swallowed other records.
    """
    if not isinstance(error, CutShortError) or not (is_last or isinstance(error, UnknownLengthError)):
        return False
    error.partial.is_cut = True
    return True


def _is_padding(file: BinaryIO, start: int, end: int | None) -> bool:
    """True if only zeros are between the offsets; `end` is ``None`` for the end of the file."""
    before = file.tell()
    file.seek(start)
    left = file.seek(0, 2) - start if end is None else end - start
    file.seek(start)
    while left > 0 and (piece := file.read(min(_PIECE, left))) and not piece.strip(b"\0"):
        left -= len(piece)
    file.seek(before)
    return left <= 0


def _padding(error: DamagedError) -> PaddingError:
    return PaddingError("zeros in place of a record", file=error.file, offset=error.offset)


def find_next_record(file: BinaryIO, start: int) -> int | None:
    """Return the offset of the first record at or after `start` and position the file there; ``None`` without one.

    Raises TooLargeError after `MAX_FALSE_STARTS` places that only look like a record.
    """
    for number, offset in enumerate(_possible_starts(file, start)):
        if number == MAX_FALSE_STARTS:
            raise TooLargeError(f"more than {MAX_FALSE_STARTS} false record starts", offset=start)
        file.seek(offset)
        try:
            parse_head(open_stream(file, "", start=offset, ahead=1 << 12), offset)
        except DamagedError:
            continue
        file.seek(offset)
        return offset
    return None


def _is_gzipped(file: BinaryIO, offset: int) -> bool:
    before = file.tell()
    file.seek(offset)
    magic = file.read(2)
    file.seek(before)
    return magic == GZIP_MAGIC


def _begins_record(file: BinaryIO, offset: int) -> bool:
    """True if a record may begin at `offset`."""
    before = file.tell()
    file.seek(offset)
    try:
        parse_head(open_stream(file, "", start=offset, ahead=1 << 12), offset)
    except DamagedError:
        file.seek(before)
        return False
    return True


def _possible_starts(file: BinaryIO, start: int) -> Iterator[int]:
    """Yield the offsets at which a gzip member or an uncompressed record may begin."""
    overlap = 32
    while True:
        file.seek(start)
        piece = file.read(_PIECE)
        for match in _RECORD_START.finditer(piece):
            if match.start() < len(piece) - overlap or len(piece) < _PIECE:
                yield start + match.start() + match[0].startswith(b"\n")
        if len(piece) < _PIECE:
            return
        start += len(piece) - overlap
