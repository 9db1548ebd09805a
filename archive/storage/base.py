"""The interface of a storage of closed WARC files, and the types all storages share."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from archive.errors import ArchiveError

#: What the name of a closed WARC file ends in.
SUFFIX = ".warc.gz"


class NotHereError(ArchiveError):
    """A storage has no file of that name."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A closed file as a storage knows it: its name and its size in bytes."""

    name: str
    size: int


class Storage(Protocol):
    """Closed WARC files by name, read where they lie.

    A name is a plain file name such as ``Location.file`` has it. Each method raises ArchiveError when the storage
    cannot be reached or refuses.
    """

    def files(self) -> Iterator[StoredFile]:
        """Every closed file, by name. A file that is still being written or uploaded is none."""
        ...

    def find(self, name: str) -> StoredFile | None:
        """The closed file of that name; ``None`` when it is not here."""
        ...

    def open(self, name: str) -> BinaryIO:
        """The file's bytes, to be read and sought in; the caller closes it. Of a bucket only what is read is fetched.

        Raises NotHereError when there is no such file.
        """
        ...


def check_name(name: str) -> None:
    """See that `name` is a plain file name that leads out of no folder. Raises ArchiveError."""
    if not name or name in (".", "..") or "/" in name or "\\" in name or "\0" in name:
        raise ArchiveError(f"{name!r} is no file name", hint="rebuild the index from the files")
