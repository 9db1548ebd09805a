"""The run in the store: when a visit began and ended, how, and with what counts; and whose turn it is."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from crawler.closing import close_spider
from crawler.handlers.recorder import site_of
from crawler.politeness.keys import politeness_key, shared_servers
from crawler.schedule.manual_lease import LeaseLost, ManualLease
from crawler.schedule.worker_config import DEFAULT_CONFIG
from crawler.store import Store, StoreError
from crawler.store.location import database_location
from crawler.store.visits import Outcome

#: Scrapy's reasons for closing a spider that mean the visit did its work; all others ended it before.
_DONE = ("finished", "page_budget", "closespider_pagecount", "closespider_itemcount", "closespider_timeout")
_FAILED = ("archive_failed", "store_failed")

#: Statistics that say in one line what made a visit fail.
_TROUBLES = ("archive/failed", "store/failed", "turn/failed", "portal/failed")


def trouble_in(stats: Mapping[str, Any]) -> str | None:
    """What made a visit fail, in one line; ``None`` when it did its work."""
    return next((str(stats[name]) for name in _TROUBLES if name in stats), None)


def key_of(crawler: Crawler) -> str:
    """The politeness key of the crawler's site."""
    return politeness_key(site_of(crawler).home, shared_servers(crawler.settings.getdict("SHARED_SERVERS")))


class RunLog:
    """Extension that notes each visit in the store's runs: ``done``, ``failed`` or ``stopped``.

    A crawl that no worker began takes its turn on the politeness key itself, and ends when that is lost to another or
    it is told to. Raises KeyBusy where another visit is at work on the key.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._store = Store.open(
            database_location(crawler.settings["BROADSHEET_DATA"], crawler.settings["BROADSHEET_DATABASE"])
        )
        self._turn = None if crawler.settings["BROADSHEET_VISIT"] else self._take_turn()
        crawler.signals.connect(self._opened, signals.spider_opened)
        crawler.signals.connect(self._closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def _take_turn(self) -> ManualLease | None:
        site = site_of(self._crawler)
        if not site.hosts:  # `scrapy shell`
            return None
        try:
            return ManualLease.acquire(self._store.visits, site.name, key_of(self._crawler), DEFAULT_CONFIG)
        except StoreError:
            self._store.close()
            raise

    def _opened(self, spider: Spider) -> None:
        self._run = self._store.runs.start(spider.name, started=datetime.now(UTC), **self._attempt())
        if self._turn:
            self._holding = asyncio.ensure_future(self._hold(self._turn))

    def _attempt(self) -> dict[str, int]:
        """Which visit this crawl is of, and which attempt at it."""
        if self._turn:
            return {"visit_id": self._turn.visit.id, "attempt": self._turn.visit.attempt}
        visit, _, attempt = (self._crawler.settings["BROADSHEET_VISIT"] or "").partition(":")
        return {"visit_id": int(visit), "attempt": int(attempt)} if visit else {}

    async def _hold(self, turn: ManualLease) -> None:
        try:
            while turn.renew():  # noqa: ASYNC110 (it is the database that is told)
                await asyncio.sleep(DEFAULT_CONFIG.heartbeat.total_seconds())
        except LeaseLost as error:
            self._crawler.stats.set_value("turn/failed", str(error))
        close_spider(self._crawler, "shutdown")

    def _closed(self, spider: Spider, reason: str) -> None:
        outcome = Outcome.DONE if reason in _DONE else Outcome.FAILED if reason in _FAILED else Outcome.STOPPED
        stats = self._crawler.stats.get_stats()
        trouble = trouble_in(stats)
        outcome = Outcome.FAILED if trouble else outcome
        error = trouble or (None if outcome is Outcome.DONE else reason)
        self._store.runs.finish(self._run, ended=datetime.now(UTC), outcome=outcome, stats=stats, error=error)
        if self._turn:
            self._holding.cancel()
            self._turn.end(outcome, error)
        self._store.close()
