"""One WARC file while it is written: only one writer appends to it, and it always ends with a complete record."""

import fcntl
import hashlib
import os
import re
import secrets
import socket
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from archive.digest import Bytes
from archive.errors import WriteError
from archive.folders import create_private_folder

#: Suffix of a file's name until it is closed.
OPEN_SUFFIX = ".open"

#: Suffix of the draft of what remains of a file after a removal, which is there until the removal is complete.
PRUNING_SUFFIX = ".pruning"

# Most bytes and pieces per system call. No system accepts fewer pieces at once.
_GATHERED_BYTES = 1 << 20
_GATHERED_PIECES = 512

_PREFIX = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")


class Sync(StrEnum):
    """Moment at which written bytes are forced to the disk, which determines what a power cut can lose.

    ``RECORD``: before each location is returned, so that nothing reported as stored is lost. ``FILE``: when a file is
    closed. A power cut may then lose what the system buffers (on Linux about 30 seconds of writing), and `repair` cuts
    the file after its last complete record. A killed process loses nothing with either.
    """

    RECORD = "record"
    FILE = "file"


def file_name(prefix: str, started: datetime, serial: int) -> str:
    """Return a unique file name: prefix, UTC start to the millisecond, serial number, host and a random part.

    Raises WriteError if the prefix is not a plain file name.
    """
    if not _PREFIX.fullmatch(prefix):
        raise WriteError(f"{prefix!r} cannot start a file name", hint="use letters, digits, '_', '-' and '.'")
    stamp = started.astimezone(UTC).strftime("%Y%m%d%H%M%S") + f"{started.microsecond // 1000:03d}"
    host = re.sub(r"[^A-Za-z0-9-]+", "-", socket.gethostname().partition(".")[0])[:32] or "host"
    return f"{prefix}-{stamp}-{serial:05d}-{host}-{secrets.token_hex(4)}.warc.gz"


class WarcFile:
    """An append-only file of complete records, named ``*.open`` and locked until it is closed.

    Bytes are passed to the operating system before `append` returns. If an append fails, the file is truncated to its
    previous size. With `is_hashed`, its SHA-256 is computed while it is written.
    """

    def __init__(self, folder: Path, name: str, *, sync: Sync, is_hashed: bool = False) -> None:
        self.name = name
        self.path = folder / (name + OPEN_SUFFIX)
        self.size = 0
        self._sync = sync
        self._broken = False
        self._sha256 = hashlib.sha256() if is_hashed else None
        unlocked = folder / (name + ".new")
        try:
            create_private_folder(folder)
            self._fd = os.open(unlocked, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            # The lock shows recovery that a running writer owns the file; the system drops it when the process dies. It
            # is taken before the file gets the name that recovery looks for.
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.rename(unlocked, self.path)
            sync_folder(folder)
        except OSError as error:
            raise _write_error(error, self.path) from error

    def append(self, *members: Iterable[Bytes]) -> list[tuple[int, int]]:
        """Write `members`, each an iterable of pieces: all of them or none. Return offset and length of each.

        Raises WriteError if the system call fails. An exception raised by one of the iterables propagates. In both
        cases the file is truncated first.
        """
        if self._broken:
            raise WriteError("an earlier write failed and could not be undone", file=self.path, offset=self.size)
        start = end = written = self.size
        extents: list[tuple[int, int]] = []
        gathered: list[Bytes] = []
        try:
            for member in members:
                begin = end
                for piece in member:
                    gathered.append(piece)
                    end += len(piece)
                    if end - written >= _GATHERED_BYTES or len(gathered) == _GATHERED_PIECES:
                        self._put(gathered, written, end)
                        written, gathered = end, []
                extents.append((begin, end - begin))
            if gathered:
                self._put(gathered, written, end)
            if self._sync is Sync.RECORD:
                os.fdatasync(self._fd)
        except BaseException as error:
            self._truncate(start)
            if isinstance(error, OSError):
                raise _write_error(error, self.path, start) from error
            raise
        self.size = end
        return extents

    def _put(self, pieces: list[Bytes], position: int, end: int) -> None:
        """Write `pieces`, which extend from `position` to `end`. The system may write less than it is given."""
        if self._sha256 is not None:
            for piece in pieces:
                self._sha256.update(piece)
        position += os.pwritev(self._fd, pieces, position)
        if position < end:
            rest = memoryview(b"".join(pieces))[position - end :]
            while rest:
                written = os.pwrite(self._fd, rest, position)
                position, rest = position + written, rest[written:]

    def _truncate(self, size: int) -> None:
        try:
            os.ftruncate(self._fd, size)
            if self._sha256 is not None:
                self._sha256 = self._hash_again(size)
        except OSError:
            self._broken = True

    def _hash_again(self, size: int) -> "hashlib._Hash":
        sha256 = hashlib.sha256()
        for start in range(0, size, _GATHERED_BYTES):
            sha256.update(os.pread(self._fd, min(_GATHERED_BYTES, size - start), start))
        return sha256

    def close(self, on_complete: Callable[[int, str], object] | None = None) -> None:
        """Force the file to the disk and give it its final name. A file that could not be truncated keeps ``.open``.

        `on_complete` gets size and SHA-256 of a hashed file before it gets its final name, so that a killed process
        leaves no closed file of which nothing was noted. If it raises an exception, the file keeps ``.open``.
        """
        try:
            os.fsync(self._fd)
            if not self._broken:
                if on_complete is not None and self._sha256 is not None:
                    on_complete(self.size, self._sha256.hexdigest())
                os.rename(self.path, self.path.with_name(self.name))
                sync_folder(self.path.parent)
        except OSError as error:
            raise _write_error(error, self.path) from error
        finally:
            os.close(self._fd)

    def discard(self) -> None:
        """Delete the file, which must not hold a capture."""
        os.close(self._fd)
        self.path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Force the folder's entries to the disk, so that a new or renamed file survives a power cut."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _write_error(error: OSError, path: Path, offset: int | None = None) -> WriteError:
    reason = error.strerror or type(error).__name__
    hint = "free space or choose another folder; what was stored before is complete"
    return WriteError(f"cannot write: {reason}", file=path, offset=offset, hint=hint)
