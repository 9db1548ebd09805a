"""Files of records anywhere on the disk, as a storage."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from archive.errors import ArchiveError
from archive.storage.base import NotStoredError, StoredFile


class LooseFiles:
    """Files from any folders, by name. If two have the same name, the second gets a number in front of it."""

    def __init__(self) -> None:
        self._paths: dict[str, Path] = {}

    def add(self, path: Path) -> str:
        """Add the file at `path`. Return its name in this storage."""
        name, number = path.name, 1
        while name in self._paths:
            number += 1
            name = f"{number}-{path.name}"
        self._paths[name] = path
        return name

    def remove(self, name: str) -> None:
        """Remove the file from this storage; the disk is not changed."""
        del self._paths[name]

    def files(self) -> Iterator[StoredFile]:
        """Yield the files, sorted by name."""
        for name in sorted(self._paths):
            if found := self.find(name):
                yield found

    def find(self, name: str) -> StoredFile | None:
        """Return the file of that name, or ``None``."""
        path = self._paths.get(name)
        return StoredFile(name, path.stat().st_size) if path is not None and path.is_file() else None

    def open(self, name: str) -> BinaryIO:
        """Open the file. Raises NotStoredError for an unknown name, ArchiveError if it cannot be opened."""
        if name not in self._paths:
            raise NotStoredError("not one of the given files", file=name)
        try:
            return self._paths[name].open("rb")
        except OSError as error:
            raise ArchiveError(f"cannot open: {error.strerror}", file=self._paths[name]) from error
