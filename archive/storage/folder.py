"""Closed WARC files in a local folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from archive.errors import ArchiveError
from archive.storage.base import CLOSED_SUFFIX, StoredFile, check_file_name, missing_file
from archive.warc_file import OPEN_SUFFIX


class FolderStorage:
    """Files in a local folder. A file still being written there can be opened by its final name too."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def files(self) -> Iterator[StoredFile]:
        """Yield the closed files, sorted by name."""
        for path in sorted(self.folder.glob("*" + CLOSED_SUFFIX)):
            if found := self.find(path.name):
                yield found

    def find(self, name: str) -> StoredFile | None:
        """Return the closed file of that name, or ``None``."""
        try:
            return StoredFile(name, self._path(name).stat().st_size)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ArchiveError(f"cannot look up: {error.strerror}", file=self.folder / name) from error

    def open(self, name: str) -> BinaryIO:
        """Open the file, closed or still being written. Raises NotStoredError if there is no such file."""
        path = self._path(name)
        # The final name is tried again at the end, because the writer may close the file between the first two tries.
        for candidate in (path, path.with_name(name + OPEN_SUFFIX), path):
            try:
                return candidate.open("rb")
            except FileNotFoundError:
                continue
            except OSError as error:
                raise ArchiveError(f"cannot open: {error.strerror}", file=candidate) from error
        raise missing_file(path)

    def _path(self, name: str) -> Path:
        check_file_name(name)
        return self.folder / name
