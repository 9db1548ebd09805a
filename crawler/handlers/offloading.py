"""A crawl's closed files on their way to the bucket that the settings name."""

import asyncio
import logging
from pathlib import Path

from scrapy.settings import BaseSettings

from archive import Index
from archive.offload import FILE_NAME, Ledger, movable, offload

logger = logging.getLogger(__name__)


async def move_closed_files(settings: BaseSettings) -> int:
    """Upload the archive's closed files to ``BROADSHEET_STORAGE`` and compare them; those that an earlier crawl left
    behind too. How many were uploaded; 0 when no bucket is named.

    ``BROADSHEET_DROP_LOCAL`` says whether what is surely there is removed here. Raises ArchiveError when the bucket
    refuses or stays out of reach: the files stay here, and the end of the next crawl tries again.
    """
    if not settings["BROADSHEET_STORAGE"]:
        return 0
    # A thread of its own: other crawls of this process must not wait for an upload.
    return await asyncio.to_thread(
        _move, Path(settings["BROADSHEET_DATA"]), settings["BROADSHEET_STORAGE"], settings["BROADSHEET_DROP_LOCAL"]
    )


def _move(root: Path, bucket: str, drop_local: bool) -> int:
    from archive.storage.s3 import S3Storage  # a heavy package, and one that may not be installed

    folder, index = root / "warc", root / "index"
    with Index(index) as known:
        names = movable(folder, known)
    uploaded = 0
    for move in offload(
        folder, names, S3Storage.at(bucket), Ledger(index / FILE_NAME), keep_local=not drop_local, wait=True
    ):
        logger.info("%s is in %s%s", move.receipt.name, bucket, ", no longer here" if move.dropped else "")
        uploaded += move.uploaded
    return uploaded
