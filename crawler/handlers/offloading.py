"""Upload of the archive's closed WARC files to the bucket named in the settings."""

import asyncio
import logging
from pathlib import Path

from scrapy.settings import BaseSettings

from archive import Index
from archive.offload import RECEIPTS_FILE, Receipts, find_movable, offload

logger = logging.getLogger(__name__)


async def move_closed_files(settings: BaseSettings) -> int:
    """Upload and verify all closed files, earlier crawls' too. Return the number uploaded, 0 without a bucket.

    ``BROADSHEET_STORAGE`` names the bucket. With ``BROADSHEET_DROP_LOCAL``, verified files are deleted locally.
    Raises ArchiveError if the bucket refuses or cannot be reached: the files stay, and the next crawl tries again.
    """
    if not settings["BROADSHEET_STORAGE"]:
        return 0
    # In a thread, so that other crawls of this process do not wait for the upload.
    return await asyncio.to_thread(
        _upload, Path(settings["BROADSHEET_DATA"]), settings["BROADSHEET_STORAGE"], settings["BROADSHEET_DROP_LOCAL"]
    )


def _upload(root: Path, bucket: str, drop_local: bool) -> int:
    from archive.storage.s3 import S3Storage  # imported late: boto3 is heavy and optional

    folder, index = root / "warc", root / "index"
    with Index(index) as known:
        names = find_movable(folder, known)
    uploaded = 0
    for move in offload(
        folder, names, S3Storage.at(bucket), Receipts(index / RECEIPTS_FILE), keep_local=not drop_local, wait=True
    ):
        logger.info("%s is in %s%s", move.receipt.name, bucket, ", deleted here" if move.dropped else "")
        uploaded += move.uploaded
    return uploaded
