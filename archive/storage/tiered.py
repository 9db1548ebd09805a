"""Several storages as one, and the usual pair: a local folder before a bucket."""

from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

from archive.storage.base import NotStoredError, Storage, StoredFile
from archive.storage.folder import FolderStorage


class TieredStorage:
    """Several storages as one, searched in order: the folder before the bucket its closed files move to."""

    def __init__(self, *tiers: Storage) -> None:
        self.tiers = tiers

    def files(self) -> Iterator[StoredFile]:
        """Yield the closed files of all tiers, sorted by name, each name once."""
        all_files = merge(*(tier.files() for tier in self.tiers), key=lambda file: file.name)
        for _, same_name in groupby(all_files, key=lambda file: file.name):
            yield next(same_name)

    def find(self, name: str) -> StoredFile | None:
        """Return the file from the first tier that has it, or ``None``."""
        return next((found for tier in self.tiers if (found := tier.find(name))), None)

    def open(self, name: str) -> BinaryIO:
        """Open the file in the first tier that has it. Raises NotStoredError if no tier does."""
        missing: NotStoredError | None = None
        for tier in self.tiers:
            try:
                return tier.open(name)
            except NotStoredError as error:
                missing = missing or error
        assert missing is not None, "a tiered storage has tiers"
        raise missing


def storage_of(folder: Path, bucket: str | None = None) -> Storage:
    """Return the storage of the files in `folder` and, if given, in the `bucket` (``s3://bucket/prefix``) behind it.

    Raises ArchiveError if the bucket's URL is invalid or boto3 is not installed.
    """
    local = FolderStorage(folder)
    if not bucket:
        return local
    from archive.storage.s3 import S3Storage  # imported late: boto3 is heavy and optional

    return TieredStorage(local, S3Storage.at(bucket))
