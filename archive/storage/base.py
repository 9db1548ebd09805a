"""The interface of a storage of closed WARC files, and the types all storages share."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from archive.errors import ArchiveError

#: Suffix of the name of a closed WARC file.
CLOSED_SUFFIX = ".warc.gz"


class NotStoredError(ArchiveError):
    """A storage has no file of that name."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A closed file in a storage: its name and its size in bytes."""

    name: str
    size: int


class Storage(Protocol):
    """Closed WARC files by name.

    A name is a plain file name, as in ``Location.file``. Every method raises ArchiveError if the storage cannot be
    reached or refuses.
    """

    def files(self) -> Iterator[StoredFile]:
        """Yield the closed files, sorted by name. Files that are still being written or uploaded are left out."""
        ...

    def find(self, name: str) -> StoredFile | None:
        """Return the closed file of that name, or ``None``."""
        ...

    def open(self, name: str) -> BinaryIO:
        """Open the file for reading and seeking; the caller closes it. From a bucket only what is read is fetched.

        Raises NotStoredError if there is no such file.
        """
        ...


def missing_file(path: Path) -> NotStoredError:
    """Return the error for the WARC file at `path`, which was indexed but is not there."""
    hint = f"restore it from a copy, or remove it from the index with `broadsheet archive index --forget {path.name}`"
    return NotStoredError("WARC file not found", file=path, hint=hint)


def check_file_name(name: str) -> None:
    """Raise ArchiveError unless `name` is a plain file name, which cannot lead out of a folder."""
    if not name or name in (".", "..") or "/" in name or "\\" in name or "\0" in name:
        raise ArchiveError(f"{name!r} is not a file name", hint="rebuild the index from the files")
