"""Items into the store."""

from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.fetch_context import fetch_context
from crawler.items import Article
from crawler.pipelines.failure import stop_crawl
from crawler.store import Store, StoreError, Validators, database_location


class StorePipeline:
    """Saves each item and counts what that did: ``store/first``, ``edited``, ``unchanged``, ``reread``.

    The item goes on only once it is on disk. A store that fails stops the crawl. Once an item has passed every
    pipeline, the validators its page came with are saved too: a server asked "changed since?" will not send again what
    was lost in between.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._store: Store | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        pipeline = cls(crawler)
        crawler.signals.connect(pipeline.remember_validators, signals.item_scraped)
        return pipeline

    def open_spider(self) -> None:
        """Open the database that settings name. Raises StoreError."""
        settings = self._crawler.settings
        self._store = Store.open(database_location(settings["BROADSHEET_DATA"], settings["BROADSHEET_DATABASE"]))

    def process_item(self, item: Article) -> Article:
        """The item, stored. Raises DropItem when it could not be."""
        assert self._store is not None
        try:
            change = self._store.articles.save(item)
        except StoreError as error:
            raise stop_crawl(self._crawler, str(error)) from error
        assert self._crawler.stats is not None
        self._crawler.stats.inc_value(f"store/{change.kind}")
        return item

    def remember_validators(self, item: Article, response: Response) -> None:
        """Keep what the next visit can ask "changed since?" with. An article of several pages is always read whole:
        its first page may stand while a later one changes."""
        capture = fetch_context(response).capture
        if self._store is None or capture is None or response.url != item.url or "multi_page" in item.flags:
            return
        etag, modified = (
            value.decode("latin-1") if (value := response.headers.get(name)) else None
            for name in ("ETag", "Last-Modified")
        )
        try:
            self._store.validators.remember(item.url, Validators(etag, modified, capture.record_id))
        except StoreError as error:
            stop_crawl(self._crawler, str(error))

    def close_spider(self) -> None:
        """Close the database."""
        if self._store is not None:
            self._store.close()
