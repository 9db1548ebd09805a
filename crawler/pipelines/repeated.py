"""Drops pages whose text other URLs of the visit have too: walls that no rule recognises."""

import asyncio
from dataclasses import dataclass
from typing import Any, Self

from scrapy import signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.http import Response

from crawler.closing import SPIDER_CLOSING
from crawler.discovery.repeated_pages import RepeatedPages, fingerprint, is_short, may_be_wall
from crawler.discovery.walls import WallKind
from crawler.fetch_context import leased_url
from crawler.items import Article

#: A page that may be a wall is stored once so many other pages followed that differ from it.
_MAX_OTHERS = 3
#: Seconds between checks whether the visit has no more pages.
_POLL = 0.2


class RepeatedPage(DropItem):
    """The item is no article, since other URLs have the same undated text."""


@dataclass(slots=True)
class _HeldPage:
    """An item that waits: `others` pages differed from it so far. The result of `verdict` is true for a wall."""

    verdict: "asyncio.Future[bool]"
    others: int = 0


class RepeatedPagesPipeline:
    """Drops undated pages with the same text at different URLs.

    The first such page looks like any other: it waits for the next pages of the visit, or for its end. While it waits,
    its URL counts as in progress, so that a killed crawl reads it again.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._pages = RepeatedPages()
        self._held: dict[bytes, _HeldPage] = {}
        self._is_closing = False
        crawler.signals.connect(self._note_closing, SPIDER_CLOSING)
        crawler.signals.connect(self._note_dropped, signals.item_dropped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_item(self, item: Article) -> Article:
        """Return the item once it is known that no other page is equal. Raises RepeatedPage if one is."""
        if not may_be_wall(item):
            self._count_other()
            return item
        key = fingerprint(item)
        if self._pages.is_repeated(item):
            self._settle(key, is_wall=True)
            raise RepeatedPage(f"{item.url}: repeated")
        self._count_other()
        if is_short(item) and key not in self._held and await self._hold(key):
            raise RepeatedPage(f"{item.url}: repeated")
        return item

    async def _hold(self, key: bytes) -> bool:
        """Wait for the verdict on a page, and return it."""
        held = self._held[key] = _HeldPage(asyncio.get_running_loop().create_future())
        while not held.verdict.done():
            await asyncio.wait({held.verdict}, timeout=_POLL)
            if self._is_last_page():
                self._release_all()
        return held.verdict.result()

    def _is_last_page(self) -> bool:
        """True if no other page can arrive, or if none is requested while so much waits to be stored."""
        engine = self._crawler.engine
        if self._is_closing or not engine.running:
            return True
        slot = engine.scraper.slot
        if slot is not None and slot.needs_backout():
            return True
        is_waiting = engine.scheduler is not None and engine.scheduler.has_pending_requests()
        return not (engine.downloader.active or is_waiting)

    def _count_other(self) -> None:
        for key, held in list(self._held.items()):
            held.others += 1
            if held.others >= _MAX_OTHERS:
                self._settle(key, is_wall=False)

    def _settle(self, key: bytes, *, is_wall: bool) -> None:
        held = self._held.pop(key, None)
        if held is not None and not held.verdict.done():
            held.verdict.set_result(is_wall)

    def _note_closing(self) -> None:
        """Release what waits. Responses that arrive later do not wait: what is scheduled is not requested any more."""
        self._is_closing = True
        self._release_all()

    def _release_all(self) -> None:
        for key in list(self._held):
            self._settle(key, is_wall=False)

    def _note_dropped(self, item: Any, response: Response, exception: BaseException) -> None:
        if isinstance(exception, RepeatedPage):
            leased_url(response).note_wall(WallKind.REPEATED, "other URLs have the same text, without a date")
