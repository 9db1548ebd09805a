"""Writes items to the crawl's ``items.jsonl``, one JSON object per line."""

import errno
import os
from pathlib import Path
from typing import Self

from scrapy.crawler import Crawler

from archive.folders import create_private_folder
from crawler.items import Article
from crawler.pipelines.failure import drop_item
from crawler.plain_text import escape_json
from crawler.store import article_to_json

FILE_NAME = "items.jsonl"

_CHUNK = 1 << 16  # bytes read at once when searching backwards


class JsonLinesPipeline:
    """Appends each item to ``items.jsonl`` in the folder BROADSHEET_CRAWL_DIR.

    Each line is written in one call, so a killed process leaves only complete lines. A partial line left by a power
    cut is removed when the file is next opened. A failed write stops the crawl.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._path = Path(crawler.settings["BROADSHEET_CRAWL_DIR"]) / FILE_NAME
        self._file = -1

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open_spider(self) -> None:
        """Create the file, or open it for appending. Raises OSError."""
        create_private_folder(self._path.parent)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        os.ftruncate(self._file, find_end_of_last_line(self._file))

    def process_item(self, item: Article) -> Article:
        """Write the item and return it. Raises DropItem if the write fails."""
        line = escape_json(article_to_json(item)).encode() + b"\n"
        size = os.fstat(self._file).st_size
        try:
            if os.write(self._file, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            os.ftruncate(self._file, size)
            reason = f"{self._path}: {error.strerror} — check the disk and its free space; stored data is safe"
            raise drop_item(self._crawler, reason) from error
        return item

    def close_spider(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def find_end_of_last_line(file: int) -> int:
    """Return the offset after the last line feed of an open file, or 0 if it has none."""
    end = os.fstat(file).st_size
    while end > 0:
        start = max(0, end - _CHUNK)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
