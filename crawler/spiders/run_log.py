"""The run of a crawl in the store, and the lease of a crawl that no worker started."""

import asyncio
from datetime import UTC, datetime
from typing import Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler

from crawler.closing import close_spider
from crawler.handlers.recorder import site_of
from crawler.politeness.keys import politeness_key, shared_servers
from crawler.report import Report
from crawler.report_states import VisitOutcome
from crawler.schedule.manual_lease import LeaseLost, ManualLease
from crawler.schedule.worker_config import DEFAULT_CONFIG
from crawler.signals import REPORT_COMPLETE
from crawler.store import Store, StoreError
from crawler.store.location import database_location
from crawler.store.visits import Outcome
from crawler.visit_report import DONE_REASONS, FAILED_REASONS, VisitReport


def site_key(crawler: Crawler) -> str:
    """Return the politeness key of the crawler's site."""
    return politeness_key(site_of(crawler).home, shared_servers(crawler.settings.getdict("SHARED_SERVERS")))


#: Key of the stored report: which lists are known to have had articles.
_LISTS = "lists_with_articles"


class RunLog:
    """Extension that records each crawl in the store's runs with its report, as its outcome says.

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
        earlier = self._store.runs.latest_report(spider.name) or {}
        report = VisitReport.of(self._crawler).report
        report.had_articles = dict(earlier.get(_LISTS, {}))
        for last in self._store.runs.list(spider.name, limit=1):
            if last.state == Outcome.INTERRUPTED:
                report.resumes = f"the crawl of {last.started:%Y-%m-%d %H:%M} UTC was interrupted: {last.problem}"
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
        report = VisitReport.of(self._crawler).report
        self._crawler.signals.send_catch_log(REPORT_COMPLETE, report=report, store=self._store)
        outcome = _outcome_of(report, reason)
        error = report.failure or (reason if outcome is Outcome.STOPPED else None)
        self._store.runs.finish(
            self._run,
            ended=datetime.now(UTC),
            outcome=outcome,
            stats=self._crawler.stats.get_stats(),
            error=error,
            report=report.as_dict() | {_LISTS: report.lists_with_articles()},
        )
        if self._lease:
            self._renewals.cancel()
            self._lease.end(outcome, error)
        self._store.close()


def _outcome_of(report: Report, reason: str) -> Outcome:
    """Return the outcome of an attempt: that of its report, unless it was stopped before its end."""
    if report.outcome is VisitOutcome.FAILED:
        return Outcome.FAILED
    return Outcome(report.outcome) if reason in (*DONE_REASONS, *FAILED_REASONS) else Outcome.STOPPED
