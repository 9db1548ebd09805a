"""Items into the crawl's ``items.jsonl``, one JSON object a line."""

import errno
import os
from pathlib import Path
from typing import Self

from scrapy.crawler import Crawler

from crawler.items import Article
from crawler.pipelines.failure import stop_crawl
from crawler.store import article_to_json

FILE_NAME = "items.jsonl"

_TAIL = 1 << 16


class JsonLinesPipeline:
    """Appends each item to ``items.jsonl`` in the folder BROADSHEET_CRAWL_DIR.

    A line is written in one call, so a killed process leaves whole lines; half a line that a power cut left is cut
    off when the file is opened again. A write that fails stops the crawl.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._path = Path(crawler.settings["BROADSHEET_CRAWL_DIR"]) / FILE_NAME
        self._file = -1

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open_spider(self) -> None:
        """Open the crawl's file, new or to go on with. Raises OSError."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        os.ftruncate(self._file, end_of_last_line(self._file))

    def process_item(self, item: Article) -> Article:
        """The item, written. Raises DropItem when it could not be."""
        line = article_to_json(item).encode() + b"\n"
        size = os.fstat(self._file).st_size
        try:
            if os.write(self._file, line) < len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            os.ftruncate(self._file, size)
            why = f"{self._path}: {error.strerror} — make room, or mend the disk; what was stored is safe"
            raise stop_crawl(self._crawler, why) from error
        return item

    def close_spider(self) -> None:
        """Close the file."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def end_of_last_line(file: int) -> int:
    """The offset after the last line feed of an open file, 0 where it has none."""
    end = os.fstat(file).st_size
    while end > 0:
        start = max(0, end - _TAIL)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0
