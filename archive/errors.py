"""The trouble this package reports. Every message says what is wrong, where, and the mend."""

from os import PathLike


class ArchiveError(Exception):
    """Root of the package's errors.

    `file` and `offset` name the place where there is one; `mend` is what the reader can do about it.
    """

    def __init__(
        self, what: str, *, file: str | PathLike[str] | None = None, offset: int | None = None, mend: str = ""
    ) -> None:
        self.what = what
        self.file = None if file is None else str(file)
        self.offset = offset
        self.mend = mend
        super().__init__(what)

    def __str__(self) -> str:
        where = "" if self.file is None else f"{self.file}: "
        if self.offset is not None:
            where = f"{where.removesuffix(': ')} at byte {self.offset}: ".lstrip()
        return f"{where}{self.what}" + (f"; {self.mend}" if self.mend else "")


class WriteError(ArchiveError):
    """A record could not be stored: disk full, I/O error, read-only folder. No location was given for it."""


class DamagedError(ArchiveError):
    """A WARC, ARC or index holds bytes that cannot be read as what they should be."""


class UnreachableError(DamagedError):
    """A record shares its gzip member with one before it: it can be read in order, not found by an offset."""


class TooLargeError(ArchiveError):
    """A head or a decoded body is larger than the limit set for it."""


class IndexTrouble(ArchiveError):
    """The index cannot be opened, read or written."""
