"""No record, no item."""

from typing import Self

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.statscollectors import StatsCollector

from crawler.items import Article


class RequireRecordPipeline:
    """Drops an item that does not name the record it was read from, and counts it.

    An ARC's records have no id: file and offset name them.
    """

    def __init__(self, stats: StatsCollector) -> None:
        self._stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        assert crawler.stats is not None
        return cls(crawler.stats)

    def process_item(self, item: Article) -> Article:
        """The item itself. Raises DropItem when it has no record."""
        if item.provenance is None or not item.provenance.file:
            self._stats.inc_value("items/dropped/no_record")
            raise DropItem(f"{item.url}: read from no record of the archive")
        return item
