"""Files of records anywhere on the disk, as a storage to read them from."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from archive.errors import ArchiveError
from archive.storage.base import NotHereError, StoredFile


class GivenFiles:
    """Files by their names, wherever they lie; of two with one name the second is given a number before it."""

    def __init__(self) -> None:
        self._paths: dict[str, Path] = {}

    def add(self, path: Path) -> str:
        """Take `path` in. The name it has here."""
        name, number = path.name, 1
        while name in self._paths:
            number += 1
            name = f"{number}-{path.name}"
        self._paths[name] = path
        return name

    def remove(self, name: str) -> None:
        """Forget the file of that name."""
        del self._paths[name]

    def files(self) -> Iterator[StoredFile]:
        """Every file, by name."""
        for name in sorted(self._paths):
            if found := self.find(name):
                yield found

    def find(self, name: str) -> StoredFile | None:
        """The file of that name; ``None`` when it is not here."""
        path = self._paths.get(name)
        return StoredFile(name, path.stat().st_size) if path is not None and path.is_file() else None

    def open(self, name: str) -> BinaryIO:
        """The file's bytes. Raises NotHereError for another name, ArchiveError when it cannot be opened."""
        if name not in self._paths:
            raise NotHereError("is none of the files given", file=name)
        try:
            return self._paths[name].open("rb")
        except OSError as error:
            raise ArchiveError(f"cannot open: {error.strerror}", file=self._paths[name]) from error
