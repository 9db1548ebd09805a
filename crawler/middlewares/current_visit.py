"""The visit in progress: bytes received so far, and its early end."""

from scrapy import Request
from scrapy.core.engine import ExecutionEngine
from scrapy.crawler import Crawler

from crawler.closing import SPIDER_CLOSING, close_spider
from crawler.fetch_context import fetch_context


class CurrentVisit:
    """The visit that a crawler makes. `received_bytes` counts response bytes on the wire."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self.received_bytes = 0
        self._has_ended_itself = False
        self._is_closing = False
        self._keeps_charged = False
        crawler.signals.connect(self._note_closing, SPIDER_CLOSING)

    def end(self, reason: str, *, keep_charged: bool = False) -> None:
        """Close the spider for `reason`.

        Requests in progress are finished. Requests that wait for their host are dropped; with `keep_charged` those
        that the page budget was already charged with are still made.
        """
        self._keeps_charged = keep_charged and (self._keeps_charged or not self._has_ended_itself)
        if self._has_ended_itself or self._crawler.engine is None:
            return
        self._has_ended_itself = True
        close_spider(self._crawler, reason)

    def drops(self, request: Request) -> bool:
        """True if the visit ends without `request`, which waits for its host."""
        return self.is_ending() and not (self._keeps_charged and fetch_context(request).is_charged)

    def is_ending(self) -> bool:
        """True if the spider is being closed, so that waiting requests need not wait out their delay.

        Scrapy does not announce that it closes a spider. If other code than ours closes it (a CLOSESPIDER_* limit)
        while the downloader is full, this turns true only once one of the requests in the downloader is done.
        """
        engine = self._crawler.engine
        if self._has_ended_itself or self._is_closing or engine is None or not engine.running:
            return True
        return engine.needs_backout() and not (engine.downloader.needs_backout() or _is_scraper_full(engine))

    def _note_closing(self) -> None:
        self._is_closing = True


def _is_scraper_full(engine: ExecutionEngine) -> bool:
    return engine.scraper.slot is not None and engine.scraper.slot.needs_backout()
