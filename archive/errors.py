"""Errors of this package. Every message says what is wrong, where, and how to fix it."""

import errno
from os import PathLike


class ArchiveError(Exception):
    """Base class of the package's errors.

    `file` and `offset` give the position, if known. `hint` says what the user can do. If the error was raised from an
    OSError because too many files are open, the hint is about that.
    """

    def __init__(
        self, what: str, *, file: str | PathLike[str] | None = None, offset: int | None = None, hint: str = ""
    ) -> None:
        self.what = what
        self.file = None if file is None else str(file)
        self.offset = offset
        self._hint = hint
        super().__init__(what)

    @property
    def hint(self) -> str:
        """Advice for the user; empty without one."""
        return advice(self.__cause__, self._hint) if isinstance(self.__cause__, OSError) else self._hint

    def __str__(self) -> str:
        where = "" if self.file is None else f"{self.file}: "
        if self.offset is not None:
            where = f"{where.removesuffix(': ')} at byte {self.offset}: ".lstrip()
        return f"{where}{self.what}" + (f"; {self.hint}" if self.hint else "")


def advice(error: OSError, usual: str) -> str:
    """Return what to do about `error`; `usual` unless the process has too many files open."""
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return "allow more open files (`ulimit -n 4096`) and run the command again"
    return usual


class WriteError(ArchiveError):
    """A record could not be stored (disk full, I/O error, read-only folder). No location was returned for it."""


class DamagedError(ArchiveError):
    """A WARC, ARC or index holds bytes that cannot be parsed."""


class PaddingError(DamagedError):
    """Only zeros are between two records or after the last one. Some programs pad their files."""


class UnreachableError(DamagedError):
    """A record follows another in the same gzip member. It can be read in sequence but not by offset."""


class MissingOriginalError(DamagedError):
    """A revisit has no content of its own, and the capture with its content is not in the archive."""


class TooLargeError(ArchiveError):
    """A head or a decoded body exceeds its size limit."""


class IndexAccessError(ArchiveError):
    """The index cannot be opened, read or written."""
