"""Repairs closed files: damaged bytes move to files beside them, and every intact record keeps its offset.

Items and other records name a record by file and offset, so the intact records must not move. Damage at the end is cut
off. Damage between records is replaced by a metadata record of the same length, which says where the bytes are now.
"""

import os
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path
from typing import BinaryIO

from archive.capture_records import new_record_id
from archive.digest import Bytes
from archive.errors import ArchiveError, DamagedError, WriteError
from archive.gzip_writer import RECORD_END, store_exactly
from archive.importing import rewrite_file
from archive.reading import GZIP_MAGIC, read_records
from archive.record import format_date, record_head
from archive.repair import ASIDE_SUFFIX, Repair, lock_file, save_range
from archive.warc_file import sync_folder

#: Suffix of a file until its repair is complete, and of the original of a file whose records had to move.
REPAIRING_SUFFIX, ORIGINAL_SUFFIX = ".repairing", ".before-repair"

_PIECE = 1 << 20
# From this many bytes on, a gap is filled with a record.
_LONG = 240
_LENGTH_DIGITS = 10
_BARE_HEADER = GZIP_MAGIC + b"\x08\0"


@dataclass(frozen=True, slots=True)
class _Gap:
    """Bytes of a file, from `start` to `end`, that hold no intact record; `after` is the offset of the record before.

    `damage` says what is wrong.
    """

    start: int
    end: int
    after: int | None
    damage: str

    @property
    def length(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class _Findings:
    """Damage found in one file. `is_separate` is false if some records cannot be read by their offset."""

    gaps: list[_Gap]
    records: int
    is_separate: bool


def repair_closed(path: Path, before_change: Callable[[], None] = lambda: None) -> list[Repair]:
    """Repair the closed file at `path` if it is damaged. Return a repair for each damaged place, none if it is intact.

    `before_change` is called once the damaged bytes are set aside, before the file is changed. If records share a gzip
    member, each gets its own; they move, and the original stays beside the file. A file without any intact record is
    removed. If the process is killed, the next call repairs the file again. Raises ArchiveError if another process is
    repairing the file, WriteError if the disk refuses.
    """
    with lock_file(path) as file:
        if file is None:
            raise ArchiveError("another process has locked the file or renamed it", file=path, hint="try again later")
        found = _find_damage(path, file)
        if found.is_separate and not found.gaps:
            return []
        try:
            if not found.is_separate or not all(_can_fill(file, gap) for gap in found.gaps):
                return [_rewrite(path, found, before_change)]
            repairs = [_set_aside(path, gap, is_kept=found.records > 0) for gap in found.gaps]
            before_change()
            _remove_gaps(path, file, found)
        except OSError as error:
            raise WriteError(f"cannot repair: {error.strerror}", file=path, hint="free space") from error
    return repairs


def _find_damage(path: Path, file: BinaryIO) -> _Findings:
    """Read the whole file and return its damaged places."""
    damage: list[DamagedError] = []
    records: list[tuple[int, int, bool]] = []
    for record in read_records(path, on_damage=damage.append):
        end = record.offset + record.length
        if os.pread(file.fileno(), len(RECORD_END), end) == RECORD_END:  # in an uncompressed file
            end += len(RECORD_END)
        records.append((record.offset, end, record.at_member_start))
        record.block.close()
    places = sorted(error.offset or 0 for error in damage)
    # A member may prove to be damaged only after its first record was read.
    intact = [one for one in records if not (one[2] and _is_between(places, one[0], one[1]))]
    gaps: list[_Gap] = []
    position, after = 0, None
    for start, end, _ in [*intact, (path.stat().st_size, 0, True)]:
        if start > position and _is_between(places, position, start):
            what = next(str(error) for error in damage if position <= (error.offset or 0) < start)
            gaps.append(_Gap(position, start, after, what))
        position, after = max(position, end), start
    return _Findings(gaps, len(intact), all(is_first for _, _, is_first in intact))


def _is_between(places: list[int], start: int, end: int) -> bool:
    """True if one of the sorted `places` is at or after `start` and before `end`."""
    at = bisect_left(places, start)
    return at < len(places) and places[at] < end


def _set_aside(path: Path, gap: _Gap, *, is_kept: bool) -> Repair:
    aside = save_range(path, path.name, gap.start, gap.end)
    return Repair(path.name if is_kept else None, gap.start, gap.end - gap.start, aside, gap.damage)


def _can_fill(file: BinaryIO, gap: _Gap) -> bool:
    """True if something valid of the same length can take the place of the gap."""
    if gap.length >= _LONG or gap.end == os.fstat(file.fileno()).st_size:
        return True
    before = b"" if gap.after is None else os.pread(file.fileno(), 4, gap.after)
    # A name can be added to a gzip header without one; empty lines to an uncompressed record.
    return before == _BARE_HEADER or before.startswith(b"WARC")


def _remove_gaps(path: Path, file: BinaryIO, found: _Findings) -> None:
    size = os.fstat(file.fileno()).st_size
    if not found.records:
        path.unlink()
    elif len(found.gaps) == 1 and found.gaps[0].end == size:
        os.ftruncate(file.fileno(), found.gaps[0].start)
        os.fsync(file.fileno())
    else:
        draft = path.with_name(path.name + REPAIRING_SUFFIX)
        with draft.open("wb") as target:
            for piece in _fill(file, path.name, found.gaps, size):
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        draft.rename(path)
    sync_folder(path.parent)


def _fill(file: BinaryIO, name: str, gaps: list[_Gap], size: int) -> Iterator[Bytes]:
    """Yield the file with each gap replaced by something valid of the same length, and without one at the end."""
    is_gzipped = os.pread(file.fileno(), 2, gaps[0].after or gaps[0].end) == GZIP_MAGIC
    position = 0
    for gap in gaps:
        if gap.length >= _LONG or gap.end == size or gap.after is None or not is_gzipped:
            yield from _read_range(file, position, gap.start)
        else:
            yield from _read_range(file, position, gap.after)
            yield _BARE_HEADER[:3] + b"\x08" + os.pread(file.fileno(), 6, gap.after + 4)
            yield b"-" * (gap.length - 1) + b"\0"  # a name and its end (RFC 1952, section 2.3.1)
            yield from _read_range(file, gap.after + 10, gap.start)
        if gap.end == size:
            return
        if gap.length >= _LONG:
            yield from _filler(gap.length, f"{name}{ASIDE_SUFFIX}{gap.start}", is_gzipped=is_gzipped)
        elif not is_gzipped:
            yield b"\n" * gap.length
        position = gap.end
    yield from _read_range(file, position, size)


def _filler(length: int, aside: str, *, is_gzipped: bool) -> Iterator[Bytes]:
    """Yield a metadata record of `length` bytes that names the file `aside` if it fits."""
    text = f"description: {length} damaged bytes were here; `broadsheet archive repair` moved them to {aside}\r\n"
    fields = [
        ("WARC-Type", "metadata"),
        ("WARC-Record-ID", f"<{new_record_id()}>"),
        ("WARC-Date", format_date(datetime.now(UTC).replace(microsecond=0))),
        ("Content-Type", "application/warc-fields"),
    ]

    def make_record(size: int) -> Iterator[bytes]:
        """Yield the record with `size` bytes in all. The number of digits must not depend on the length."""
        beside = len(record_head([*fields, ("Content-Length", "0" * _LENGTH_DIGITS)])) + len(RECORD_END)
        yield record_head([*fields, ("Content-Length", f"{size - beside:0{_LENGTH_DIGITS}}")])
        shown = text.encode() if len(text) <= size - beside else b""
        yield shown
        yield from _spaces(size - beside - len(shown))
        yield RECORD_END

    return store_exactly(length, make_record) if is_gzipped else make_record(length)


def _spaces(length: int) -> Iterator[bytes]:
    yield from repeat(b" " * _PIECE, length // _PIECE)
    yield b" " * (length % _PIECE)


def _rewrite(path: Path, found: _Findings, before_change: Callable[[], None]) -> Repair:
    """Give each record its own gzip member. The records move, so the original is kept beside the file."""
    original = path.with_name(path.name + ORIGINAL_SUFFIX)
    size = path.stat().st_size
    original.unlink(missing_ok=True)
    os.link(path, original)
    before_change()
    records = rewrite_file(path)
    if not records:
        path.unlink()
        sync_folder(path.parent)
    damage = found.gaps[0].damage if found.gaps else f"{path.name}: records share a gzip member"
    return Repair(path.name if records else None, 0, size, original, damage)


def _read_range(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    while start < end and (piece := os.pread(file.fileno(), min(_PIECE, end - start), start)):
        start += len(piece)
        yield piece
