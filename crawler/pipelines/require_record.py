"""Drops items without a record."""

from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.statscollectors import StatsCollector

from crawler.items import Article


class RequireRecordPipeline:
    """Drops and counts items that do not name the record they were extracted from.

    ARC records have no id, so the file and offset are enough.
    """

    def __init__(self, stats: StatsCollector) -> None:
        self._stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        assert crawler.stats is not None
        return cls(crawler.stats)

    def process_item(self, item: Article) -> Article:
        """Return the item. Raises DropItem if it has no record."""
        if item.provenance is None or not item.provenance.file:
            self._stats.inc_value("items/dropped/no_record")
            raise DropItem(f"{item.url}: not extracted from an archived record")
        return item
