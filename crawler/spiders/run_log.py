"""The run of a crawl in the store, and the lease of a crawl that no worker started."""

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

#: Reasons for closing a spider that did its work. Any other reason means it was cut short.
_DONE_REASONS = ("finished", "page_budget", "closespider_pagecount", "closespider_itemcount", "closespider_timeout")
_FAILED_REASONS = ("archive_failed", "store_failed")

#: The outcome of a visit by reason; any other reason is ``stopped``.
_OUTCOMES = dict.fromkeys(_DONE_REASONS, Outcome.DONE) | dict.fromkeys(_FAILED_REASONS, Outcome.FAILED)

#: Statistics whose value is the one-line reason why a visit failed.
_FAILURE_STATS = ("archive/failed", "store/failed", "turn/failed", "page_class/failed", "portal/failed")


def find_failure(stats: Mapping[str, Any]) -> str | None:
    """Return the one-line reason why a visit failed, or ``None`` if it did not."""
    return next((str(stats[name]) for name in _FAILURE_STATS if name in stats), None)


def site_key(crawler: Crawler) -> str:
    """Return the politeness key of the crawler's site."""
    return politeness_key(site_of(crawler).home, shared_servers(crawler.settings.getdict("SHARED_SERVERS")))


class RunLog:
    """Extension that records each crawl in the store's runs as ``done``, ``failed`` or ``stopped``.

    A crawl that was not started by a worker acquires the lease of its politeness key itself. It stops when it loses the
    lease or is asked to. Raises KeyBusy while another visit is running on the key.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._store = Store.open(
            database_location(crawler.settings["BROADSHEET_DATA"], crawler.settings["BROADSHEET_DATABASE"])
        )
        self._lease = None if crawler.settings["BROADSHEET_VISIT"] else self._acquire_lease()
        crawler.signals.connect(self._start_run, signals.spider_opened)
        crawler.signals.connect(self._finish_run, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def _acquire_lease(self) -> ManualLease | None:
        site = site_of(self._crawler)
        if not site.hosts:  # `scrapy shell`
            return None
        try:
            return ManualLease.acquire(self._store.visits, site.name, site_key(self._crawler), DEFAULT_CONFIG)
        except StoreError:
            self._store.close()
            raise

    def _start_run(self, spider: Spider) -> None:
        self._run = self._store.runs.start(spider.name, started=datetime.now(UTC), **self._attempt_ids())
        if self._lease:
            self._renewals = asyncio.ensure_future(self._renew_lease(self._lease))

    def _attempt_ids(self) -> dict[str, int]:
        """Return the ids of the visit and the attempt that this crawl belongs to, if any."""
        if self._lease:
            return {"visit_id": self._lease.visit.id, "attempt": self._lease.visit.attempt}
        visit, _, attempt = (self._crawler.settings["BROADSHEET_VISIT"] or "").partition(":")
        return {"visit_id": int(visit), "attempt": int(attempt)} if visit else {}

    async def _renew_lease(self, lease: ManualLease) -> None:
        try:
            while lease.renew():  # noqa: ASYNC110 (polls a database, there is no event to wait for)
                await asyncio.sleep(DEFAULT_CONFIG.heartbeat.total_seconds())
        except LeaseLost as error:
            self._crawler.stats.set_value("turn/failed", str(error))
        close_spider(self._crawler, "shutdown")

    def _finish_run(self, spider: Spider, reason: str) -> None:
        stats = self._crawler.stats.get_stats()
        failure = find_failure(stats)
        outcome = Outcome.FAILED if failure else _OUTCOMES.get(reason, Outcome.STOPPED)
        error = failure or (None if outcome is Outcome.DONE else reason)
        self._store.runs.finish(self._run, ended=datetime.now(UTC), outcome=outcome, stats=stats, error=error)
        if self._lease:
            self._renewals.cancel()
            self._lease.end(outcome, error)
        self._store.close()
