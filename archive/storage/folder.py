"""Closed WARC files in a local folder."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from archive.errors import ArchiveError
from archive.storage.base import SUFFIX, NotHereError, StoredFile, check_name
from archive.warc_file import OPEN_SUFFIX


class FolderStorage:
    """Files in a local folder. A file still being written here can be opened by its name, up to what is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)

    def files(self) -> Iterator[StoredFile]:
        """Every closed file, by name."""
        for path in sorted(self.folder.glob("*" + SUFFIX)):
            if found := self.find(path.name):
                yield found

    def find(self, name: str) -> StoredFile | None:
        """The closed file of that name; ``None`` when it is not here."""
        try:
            return StoredFile(name, self._path(name).stat().st_size)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ArchiveError(f"cannot look: {error.strerror}", file=self.folder / name) from error

    def open(self, name: str) -> BinaryIO:
        """The file's bytes, closed or still being written."""
        path = self._path(name)
        # Once more under the final name: its writer may close the file between the two looks.
        for candidate in (path, path.with_name(name + OPEN_SUFFIX), path):
            try:
                return candidate.open("rb")
            except FileNotFoundError:
                continue
            except OSError as error:
                raise ArchiveError(f"cannot open: {error.strerror}", file=candidate) from error
        raise NotHereError("WARC file is not here", file=path, hint="put it back, or take it out of the index")

    def _path(self, name: str) -> Path:
        check_name(name)
        return self.folder / name
