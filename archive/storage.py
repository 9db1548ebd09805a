"""Where an archive's WARC files lie: a folder, a bucket, or one before the other."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Protocol

from archive.errors import ArchiveError
from archive.warc_file import OPEN_SUFFIX

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
        raise NotHereError("WARC file is not here", file=path, mend="put it back, or take it out of the index")

    def _path(self, name: str) -> Path:
        check_name(name)
        return self.folder / name


class TieredStorage:
    """Several storages as one, the nearest first: a folder before the bucket its closed files move to."""

    def __init__(self, *tiers: Storage) -> None:
        self.tiers = tiers

    def files(self) -> Iterator[StoredFile]:
        """Every closed file, by name, once however many tiers hold it."""
        everywhere = merge(*(tier.files() for tier in self.tiers), key=lambda file: file.name)
        for _, same in groupby(everywhere, key=lambda file: file.name):
            yield next(same)

    def find(self, name: str) -> StoredFile | None:
        """The file as the nearest tier that has it knows it."""
        return next((found for tier in self.tiers if (found := tier.find(name))), None)

    def open(self, name: str) -> BinaryIO:
        """The file's bytes from the nearest tier that has it."""
        missing: NotHereError | None = None
        for tier in self.tiers:
            try:
                return tier.open(name)
            except NotHereError as error:
                missing = missing or error
        assert missing is not None, "a tiered storage has tiers"
        raise missing


def storage_of(folder: Path, bucket: str | None = None) -> Storage:
    """The files in `folder`, and behind it those in the `bucket` (``s3://bucket/prefix``) when there is one.

    Raises ArchiveError for a bucket that is none, or when the package that speaks with it is not installed.
    """
    here = FolderStorage(folder)
    if not bucket:
        return here
    from archive.storage_s3 import S3Storage  # a heavy package, and one that may not be installed

    return TieredStorage(here, S3Storage.at(bucket))


def check_name(name: str) -> None:
    """See that `name` is a plain file name that leads out of no folder. Raises ArchiveError."""
    if not name or name in (".", "..") or "/" in name or "\\" in name or "\0" in name:
        raise ArchiveError(f"{name!r} is no file name", mend="rebuild the index from the files")
