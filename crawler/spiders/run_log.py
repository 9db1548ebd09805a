"""The run in the store: when a visit began and ended, how, and with what counts."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.settings import BaseSettings

from crawler.store import Store
from crawler.store.location import database_location

#: Scrapy's reasons for closing a spider that mean the visit did its work; all others ended it before.
_DONE = ("finished", "page_budget", "closespider_pagecount", "closespider_itemcount", "closespider_timeout")
_FAILED = ("archive_failed", "store_failed")

#: Statistics that say in one line what made a visit fail.
_TROUBLES = ("archive/failed", "store/failed", "portal/failed")


def trouble_in(stats: Mapping[str, Any]) -> str | None:
    """What made a visit fail, in one line; ``None`` when it did its work."""
    return next((str(stats[name]) for name in _TROUBLES if name in stats), None)


def _attempt(settings: BaseSettings) -> dict[str, int]:
    """Which planned visit a worker began this crawl for, and which attempt at it."""
    visit, _, attempt = (settings["BROADSHEET_VISIT"] or "").partition(":")
    return {"visit_id": int(visit), "attempt": int(attempt)} if visit else {}


class RunLog:
    """Extension that notes each visit in the store's runs: ``done``, ``failed`` or ``stopped``."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        crawler.signals.connect(self._opened, signals.spider_opened)
        crawler.signals.connect(self._closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def _opened(self, spider: Spider) -> None:
        settings = self._crawler.settings
        self._store = Store.open(database_location(settings["BROADSHEET_DATA"], settings["BROADSHEET_DATABASE"]))
        self._run = self._store.runs.start(spider.name, started=datetime.now(UTC), **_attempt(settings))

    def _closed(self, spider: Spider, reason: str) -> None:
        outcome = "done" if reason in _DONE else "failed" if reason in _FAILED else "stopped"
        stats = self._crawler.stats.get_stats()
        trouble = trouble_in(stats)
        outcome = "failed" if trouble else outcome
        error = trouble or (None if outcome == "done" else reason)
        self._store.runs.finish(self._run, ended=datetime.now(UTC), outcome=outcome, stats=stats, error=error)
        self._store.close()
