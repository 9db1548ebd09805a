"""Recovery of a file its writer could not close: cut after the last whole record, nothing thrown away."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from archive.errors import ArchiveError, DamagedError, WriteError
from archive.reading import read_records
from archive.warc_file import OPEN_SUFFIX, sync_folder


@dataclass(frozen=True, slots=True)
class Repair:
    """What was done to one left-over file.

    `file` is the name it has now, ``None`` when no whole record was in it. `cut_at` is the offset it was cut at and
    `cut_bytes` how many bytes were behind it; they lie in the file `kept_aside`. `damage` says what was found there.
    """

    file: str | None
    cut_at: int
    cut_bytes: int
    kept_aside: Path | None
    damage: str


def left_open(folder: Path) -> list[Path]:
    """The files in `folder` still named ``.open`` that no living writer holds."""
    return [path for path in sorted(folder.glob("*" + OPEN_SUFFIX)) if not is_held(path)]


def is_held(path: Path) -> bool:
    """Does a living process hold the file?"""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:  # its writer closed it meanwhile
        return True
    return False


def repair_left_open(folder: Path) -> list[Repair]:
    """Repair each file in `folder` that a dead writer left open, as `repair_file` does.

    Those that another process repairs at this moment are left to it. Raises WriteError when the disk refuses.
    """
    repairs = []
    for path in sorted(folder.glob("*" + OPEN_SUFFIX)):
        with _locked(path) as file:
            if file is not None:
                repairs.append(_repair(path, file))
    return repairs


def repair_file(path: Path) -> Repair:
    """Cut the left-over file at `path` after its last whole record, keep what was cut, and give it its final name.

    Raises ArchiveError when a living writer holds the file, WriteError when the disk refuses.
    """
    if path.suffix != OPEN_SUFFIX:
        raise ArchiveError("a closed file is never changed", file=path, hint="only files ending in .open are repaired")
    with _locked(path) as file:
        if file is None:
            raise ArchiveError("a living writer holds the file", file=path, hint="stop it first")
        return _repair(path, file)


@contextmanager
def _locked(path: Path) -> Iterator[BinaryIO | None]:
    """The file at `path`, ours alone; ``None`` when another process holds it or has renamed it meanwhile."""
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
            is_ours = os.path.samestat(os.stat(path), os.fstat(file.fileno()))
        except (BlockingIOError, FileNotFoundError):
            is_ours = False
        yield file if is_ours else None


def _repair(path: Path, file: BinaryIO) -> Repair:
    try:
        end, damage = last_whole_record(path)
        size = path.stat().st_size
        aside = _keep_aside(path, end, size) if size > end else None
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
    return Repair(final.name if final else None, end, size - end, aside, damage)


def last_whole_record(path: Path) -> tuple[int, str]:
    """The offset where the last whole record ends, and what is wrong behind it (empty when nothing is)."""
    end = 0
    damage: list[DamagedError] = []
    for record in read_records(path, on_damage=damage.append):
        end = record.offset + record.length
        record.block.close()
    return end, next((str(error) for error in damage if (error.offset or 0) >= end), "")


def _keep_aside(path: Path, start: int, end: int) -> Path:
    aside = path.with_name(f"{path.name.removesuffix(OPEN_SUFFIX)}.cut-at-{start}")
    # What is there already was begun by a recovery that was killed: it is written anew.
    with path.open("rb") as source, aside.open("wb") as target:
        source.seek(start)
        while piece := source.read(1 << 20):
            target.write(piece)
        target.flush()
        os.fsync(target.fileno())
    return aside
