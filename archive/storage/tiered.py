"""Several storages as one, and the usual pair: a local folder before a bucket."""

from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from archive.storage.base import NotHereError, Storage, StoredFile
from archive.storage.folder import FolderStorage


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
    from archive.storage.s3 import S3Storage  # a heavy package, and one that may not be installed

    return TieredStorage(here, S3Storage.at(bucket))
