"""Storages of closed WARC files: a local folder, loose files, an S3 bucket, or several of them in order.

``archive.storage.s3`` is not imported here: it needs the optional package boto3.
"""

from archive.storage.base import SUFFIX, NotHereError, Storage, StoredFile, check_name
from archive.storage.folder import FolderStorage
from archive.storage.loose_files import GivenFiles
from archive.storage.tiered import TieredStorage, storage_of

__all__ = [
    "SUFFIX",
    "FolderStorage",
    "GivenFiles",
    "NotHereError",
    "Storage",
    "StoredFile",
    "TieredStorage",
    "check_name",
    "storage_of",
]
