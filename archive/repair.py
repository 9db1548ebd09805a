"""Repairs files whose writer died: each is cut after its last complete record, and the cut bytes are kept.

`repair_closed` repairs closed files.
"""

import fcntl
import glob
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from archive.errors import ArchiveError, DamagedError, WriteError
from archive.reading import read_records
from archive.warc_file import OPEN_SUFFIX, sync_folder

#: Between the name of a file and the offset of bytes cut from it, in the name of the file that keeps them.
ASIDE_SUFFIX = ".cut-at-"


@dataclass(frozen=True, slots=True)
class Repair:
    """The repair of one damaged place of a file.

    `file` is the name of the repaired file, ``None`` if it had no complete record. The `cut_bytes` bytes at offset
    `cut_at` are now in the file `kept_aside`, and `damage` says what was wrong with them.
    """

    file: str | None
    cut_at: int
    cut_bytes: int
    kept_aside: Path | None
    damage: str


def find_left_open(folder: Path) -> list[Path]:
    """Return the ``.open`` files in `folder` whose writer has died."""
    return [path for path in sorted(folder.glob("*" + OPEN_SUFFIX)) if not is_locked(path)]


def is_locked(path: Path) -> bool:
    """True if a running process has locked the file for writing."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:  # its writer has just closed and renamed it
        return True
    return False


def repair_left_open(folder: Path, on_error: Callable[[ArchiveError], None] | None = None) -> list[Repair]:
    """Repair each file in `folder` that a dead writer left open, as `repair_file` does.

    Files that another process is repairing are skipped. Raises WriteError if the disk refuses; with `on_error`, that
    callback gets the error instead, and the other files are repaired.
    """
    repairs = []
    for path in sorted(folder.glob("*" + OPEN_SUFFIX)):
        try:
            with lock_file(path) as file:
                if file is not None:
                    repairs.append(_repair(path, file))
        except ArchiveError as error:
            if on_error is None:
                raise
            on_error(error)
    return repairs


def repair_file(path: Path) -> Repair:
    """Cut the ``.open`` file at `path` after its last complete record, keep the cut bytes, and give it its final name.

    Raises ArchiveError if a running writer has locked the file, WriteError if the disk refuses.
    """
    if path.suffix != OPEN_SUFFIX:
        raise ArchiveError("is closed", file=path, hint="`broadsheet archive repair` repairs closed files too")
    with lock_file(path) as file:
        if file is None:
            raise ArchiveError("a running writer has locked the file", file=path, hint="stop it first")
        return _repair(path, file)


@contextmanager
def lock_file(path: Path) -> Iterator[BinaryIO | None]:
    """Yield the file at `path`, exclusively locked; ``None`` if another process has locked or just renamed it."""
    try:
        file = path.open("rb+")
    except FileNotFoundError:
        yield None
        return
    except OSError as error:
        raise WriteError(f"cannot repair: {error.strerror}", file=path) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            is_locked_by_us = os.path.samestat(os.stat(path), os.fstat(file.fileno()))
        except (BlockingIOError, FileNotFoundError):
            is_locked_by_us = False
        yield file if is_locked_by_us else None


def _repair(path: Path, file: BinaryIO) -> Repair:
    try:
        end, damage = find_end_of_records(path)
        size = path.stat().st_size
        aside = save_range(path, path.name.removesuffix(OPEN_SUFFIX), end, size) if size > end else None
        os.ftruncate(file.fileno(), end)
        os.fsync(file.fileno())
        final = path.with_suffix("") if end else None
        if final is not None:
            path.rename(final)
        else:
            path.unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise WriteError(f"cannot repair: {error.strerror}", file=path) from error
    if aside is not None and not damage:
        damage = f"{path.name} at byte {end}: empty lines after the last record"
    return Repair(final.name if final else None, end, size - end, aside, damage)


def find_end_of_records(path: Path) -> tuple[int, str]:
    """Return the offset at which the last complete record ends, and the first damage behind it (empty without)."""
    end = 0
    damage: list[DamagedError] = []
    for record in read_records(path, on_damage=damage.append):
        end = record.offset + record.length
        record.block.close()
    return end, next((str(error) for error in damage if (error.offset or 0) >= end), "")


def save_range(path: Path, name: str, start: int, end: int) -> Path:
    """Copy the bytes from `start` to `end` of the file at `path` to a file beside it, and return that file's path.

    `name` is the final name of the file at `path`.
    """
    aside = path.with_name(f"{name}{ASIDE_SUFFIX}{start}")
    # An existing file is from a repair that was killed, so it is overwritten.
    with path.open("rb") as source, aside.open("wb") as target:
        source.seek(start)
        while start < end and (data := source.read(min(1 << 20, end - start))):
            start += len(data)
            target.write(data)
        target.flush()
        os.fsync(target.fileno())
    return aside


def find_set_aside(folder: Path, name: str) -> list[Path]:
    """Return the files beside the file `name` that hold what repairs cut from it."""
    return sorted(folder.glob(f"{glob.escape(name)}{ASIDE_SUFFIX}*"))
