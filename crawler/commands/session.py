"""Crawls run in this process, one after another or side by side, until they end or Ctrl-C is pressed."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from scrapy import Spider
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings
from twisted.internet.error import ReactorNotRunning

from crawler.commands.data import DataFolder


def project_settings(module: str, folder: DataFolder, **overrides: Any) -> Settings:
    """The settings of ``settings.<module>`` for the data in `folder`, with what a command line adds."""
    settings = Settings()
    settings.setmodule(f"settings.{module}", priority="project")
    given = {"BROADSHEET_DATA": str(folder.root), "BROADSHEET_DATABASE": folder.database_name, **overrides}
    settings.setdict(given, priority="cmdline")
    return settings


class CrawlSession:
    """The life of one reactor: `run` starts it, drives a coroutine that awaits crawls, and stops it.

    The log goes to a file in the data folder's ``crawls/``; the terminal is for progress and results. The first Ctrl-C
    ends every crawl gracefully: what is in flight is kept, nothing more is asked for. The second ends the process at
    once; the archive's recovery mends the rest.
    """

    def __init__(self, folder: DataFolder) -> None:
        base = project_settings("base", folder)
        self.log_file = folder.crawls / f"{datetime.now(UTC):%Y%m%d%H%M%S}.log"
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        self._log = logging.FileHandler(self.log_file, encoding="utf-8", delay=True)
        self._log.setFormatter(logging.Formatter(base["LOG_FORMAT"]))
        logging.getLogger().addHandler(self._log)
        # A process lays its own settings over those of every crawler: it gets no more than it needs.
        self._process = AsyncCrawlerProcess({"LOG_INSTALL_ROOT_HANDLER": False})
        logging.getLogger().setLevel(base["LOG_LEVEL"])
        self.crawlers: list[Crawler] = []

    @property
    def interrupted(self) -> bool:
        """Whether a crawl was ended by a signal."""
        return any(finish_reason(crawler) == "shutdown" for crawler in self.crawlers)

    async def crawl(self, spider: type[Spider], settings: Settings, **arguments: Any) -> Crawler:
        """Run one crawl to its end. Raises what its components raise on opening."""
        crawler = self.prepare(spider, settings)
        await self._process.crawl(crawler, **arguments)
        return crawler

    def prepare(self, spider: type[Spider], settings: Settings) -> Crawler:
        """A crawler of this session, not yet started."""
        crawler = Crawler(spider, settings)
        self.crawlers.append(crawler)
        return crawler

    async def start(self, crawler: Crawler, **arguments: Any) -> None:
        """Run a prepared crawler to its end."""
        await self._process.crawl(crawler, **arguments)

    def run(self, main: Callable[[], Coroutine[Any, Any, int]]) -> int:
        """Drive `main` and give back what it returns; what it raises is raised here, after the reactor has stopped."""
        loop = asyncio.get_event_loop()
        task: asyncio.Task[int] = loop.create_task(main())
        task.add_done_callback(_stop_reactor)
        self._process.start(stop_after_crawl=False)
        logging.getLogger().removeHandler(self._log)
        self._log.close()
        if not task.done() and all(finish_reason(crawler) for crawler in self.crawlers):
            loop.run_until_complete(task)  # the reactor stopped in the breath between the last crawl's end and main's
        if not task.done():
            raise KeyboardInterrupt
        return task.result()


def finish_reason(crawler: Crawler) -> str | None:
    """Why a crawl ended, ``None`` while it runs or when it never began."""
    return stats_of(crawler).get("finish_reason")


def stats_of(crawler: Crawler) -> dict[str, Any]:
    """Return the statistics of a crawl, empty before it starts."""
    try:
        return crawler.stats.get_stats()
    except RuntimeError:  # Scrapy creates the collector when the crawl starts
        return {}


def _stop_reactor(_: asyncio.Task[int]) -> None:
    from twisted.internet import reactor  # importing it installs a reactor, which must be the asyncio one

    running: Any = reactor  # Twisted does not type it
    with suppress(ReactorNotRunning):
        running.stop()
