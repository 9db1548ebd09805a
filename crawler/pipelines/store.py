"""Saves items in the store."""

import logging
from typing import Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.fetch_context import fetch_context, leased_url
from crawler.items import Article
from crawler.pipelines.failure import drop_item, stop_crawl
from crawler.report_states import ArticleState, Fate
from crawler.signals import ARTICLE_STORED
from crawler.store import Change, Store, StoreError, Validators, database_location

logger = logging.getLogger(__name__)

#: Seconds after which a crawl that ends begins no further comparison: an upgraded store may have a million articles.
_COMPARE_SECONDS = 2.0

#: The end states of articles, by the effect of saving them; the others change nothing.
_STATES = {"first": ArticleState.NEW, "edited": ArticleState.EDITED}


class StorePipeline:
    """Saves each item and counts the effect: ``store/first``, ``edited``, ``unchanged`` or ``reread``.

    An item is passed on only once it is on disk. A store failure stops the crawl. The validators of an item's page are
    saved only after the item has passed every pipeline: the server will not send a lost page again if it has not
    changed.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._store: Store | None = None
        self._saved: dict[int, Change] = {}  # by the id of an item that is still in the pipelines

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        pipeline = cls(crawler)
        crawler.signals.connect(pipeline.note_stored, signals.item_scraped)
        crawler.signals.connect(pipeline.remember_validators, signals.item_scraped)
        return pipeline

    def open_spider(self) -> None:
        """Open the database named in the settings. Raises StoreError."""
        settings = self._crawler.settings
        self._store = Store.open(database_location(settings["BROADSHEET_DATA"], settings["BROADSHEET_DATABASE"]))

    def process_item(self, item: Article) -> Article:
        """Save the item and return it. Raises DropItem if the store fails."""
        assert self._store is not None
        try:
            change = self._store.articles.save(item)
        except StoreError as error:
            raise drop_item(self._crawler, str(error)) from error
        assert self._crawler.stats is not None
        self._crawler.stats.inc_value(f"store/{change.kind}")
        self._saved[id(item)] = change
        return item

    def note_stored(self, item: Article, response: Response) -> None:
        """Note the end state of an item's URL. Of several items of one page, a new or edited one counts."""
        change = self._saved.pop(id(item), None)
        state = _STATES.get(change.kind if change else "", ArticleState.UNCHANGED)
        leased = leased_url(response)
        if not leased.is_stored or state is not ArticleState.UNCHANGED:
            leased.fate = Fate(state)
        if change is not None:
            self._crawler.signals.send_catch_log(ARTICLE_STORED, item=item, change=change, response=response)

    def remember_validators(self, item: Article, response: Response) -> None:
        """Save the page's validators for the next visit's conditional request.

        Multi-page articles have none: a later page may change while the first one stays the same.
        """
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
        """Look for copies of the new articles, and close the database.

        A crawl compares them for `_COMPARE_SECONDS` at most; the next one or `broadsheet items copies` does the rest.
        """
        if self._store is None:
            return
        try:
            self._store.copies.update(seconds=_COMPARE_SECONDS)
        except StoreError as error:
            logger.error("copies were not looked for: %s", error)
        finally:
            self._store.close()
