"""Storages of closed WARC files: a local folder, loose files, an S3 bucket, or several of them in order.

``archive.storage.s3`` is not imported here: it needs the optional package boto3.
"""

from archive.storage.base import (
    CLOSED_SUFFIX,
    NotStoredError,
    Storage,
    StoredFile,
    check_file_name,
    missing_file,
)
from archive.storage.folder import FolderStorage
from archive.storage.loose_files import LooseFiles
from archive.storage.tiered import TieredStorage, storage_of

__all__ = [
    "CLOSED_SUFFIX",
    "FolderStorage",
    "LooseFiles",
    "NotStoredError",
    "Storage",
    "StoredFile",
    "TieredStorage",
    "check_file_name",
    "missing_file",
    "storage_of",
]
