"""Items into the store."""

from typing import Self

from scrapy.crawler import Crawler

from crawler.items import Article
from crawler.pipelines.failure import stop_crawl
from crawler.store import Store, StoreError, database_location


class StorePipeline:
    """Saves each item and counts what that did: ``store/first``, ``edited``, ``unchanged``, ``reread``.

    The item goes on only once it is on disk. A store that fails stops the crawl.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._store: Store | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def open_spider(self) -> None:
        """Open the database that settings name. Raises StoreError."""
        settings = self._crawler.settings
        self._store = Store.open(database_location(settings["BROADSHEET_DATA"], settings["BROADSHEET_DATABASE"]))

    def process_item(self, item: Article) -> Article:
        """The item, stored. Raises DropItem when it could not be."""
        assert self._store is not None
        try:
            change = self._store.save(item)
        except StoreError as error:
            raise stop_crawl(self._crawler, str(error)) from error
        assert self._crawler.stats is not None
        self._crawler.stats.inc_value(f"store/{change.kind}")
        return item

    def close_spider(self) -> None:
        """Close the database."""
        if self._store is not None:
            self._store.close()
