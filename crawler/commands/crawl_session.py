"""Runs crawls in this process, in sequence or in parallel, until they end or a signal stops them."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from scrapy import Spider, signals
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.settings import Settings
from twisted.internet.error import ReactorNotRunning

from archive.folders import create_private_folder
from crawler.commands import startup_signals
from crawler.commands.data_folder import DataFolder
from crawler.logs import open_log

logger = logging.getLogger(__name__)

_POLL = 0.05  # seconds between checks whether a starting crawl can be stopped


def project_settings(module: str, folder: DataFolder, **overrides: Any) -> Settings:
    """Return the settings of ``settings.<module>`` for the data in `folder`, with `overrides` from the command line."""
    settings = Settings()
    settings.setmodule(f"settings.{module}", priority="project")
    given = {"BROADSHEET_DATA": str(folder.root), "BROADSHEET_DATABASE": folder.database_name, **overrides}
    settings.setdict(given, priority="cmdline")
    return settings


class CrawlSession:
    """The life of one reactor: `run` starts it, runs a coroutine that awaits crawls, and stops it.

    The log goes to a file in the data folder's ``crawls/``; the terminal is for progress and results. The first SIGINT
    or SIGTERM ends every crawl gracefully: requests in progress are finished, no others are sent. The second one ends
    the process immediately, and the archive is repaired when it is next opened.

    Scrapy's own signal handlers are not used: they stop the reactor even while a crawl is still starting, which would
    leave its visit and archive file open.
    """

    def __init__(self, folder: DataFolder) -> None:
        base = project_settings("base", folder)
        self.log_file = folder.crawls / f"{datetime.now(UTC):%Y%m%d%H%M%S}.log"
        create_private_folder(self.log_file.parent)
        self._log = open_log(self.log_file, base["LOG_FORMAT"])
        logging.getLogger().addHandler(self._log)
        # These settings override those of every crawler, so only the necessary one is set.
        self._process = AsyncCrawlerProcess({"LOG_INSTALL_ROOT_HANDLER": False})
        logging.getLogger().setLevel(base["LOG_LEVEL"])
        self.crawlers: list[Crawler] = []
        self._active: set[Crawler] = set()
        self._starting = asyncio.Lock()
        self._stopping: asyncio.Task[None] | None = None

    @property
    def interrupted(self) -> bool:
        """True if a signal stopped a crawl."""
        return any(get_finish_reason(crawler) == "shutdown" for crawler in self.crawlers)

    async def crawl(self, spider: type[Spider], settings: Settings, **arguments: Any) -> Crawler:
        """Run one crawl to its end. Raises the exceptions of components that fail to open."""
        crawler = self.prepare(spider, settings)
        await self.start(crawler, **arguments)
        return crawler

    def prepare(self, spider: type[Spider], settings: Settings) -> Crawler:
        """Return a new crawler of this session, not yet started."""
        crawler = Crawler(spider, settings)
        self.crawlers.append(crawler)
        return crawler

    async def start(self, crawler: Crawler, **arguments: Any) -> None:
        """Run a prepared crawler to its end. After a stop signal it is not started, and `run` ends without waiting.

        Crawls start one after another: the start of a hundred at once would keep those that run from renewing their
        leases in time.
        """
        has_opened = asyncio.Event()
        crawler.signals.connect(has_opened.set, signals.spider_opened, weak=False)
        async with self._starting:
            if self._stopping:
                await self._stopping
                await asyncio.Future()
            self._active.add(crawler)
            crawl = asyncio.ensure_future(self._process.crawl(crawler, **arguments))
            opening = asyncio.ensure_future(has_opened.wait())
            await asyncio.wait({crawl, opening}, return_when=asyncio.FIRST_COMPLETED)
            opening.cancel()
        try:
            await crawl
        finally:
            self._active.discard(crawler)

    def run(self, main: Callable[[], Coroutine[Any, Any, int]]) -> int:
        """Run `main` in the reactor and return its result, or raise its exception, after the reactor has stopped.

        Raises KeyboardInterrupt if a signal stopped the process before `main` ended.
        """
        loop = asyncio.get_event_loop()
        task = loop.create_task(self._run_unless_stopped(main))
        task.add_done_callback(lambda _: _stop_reactor())
        self._process.start(stop_after_crawl=False, install_signal_handlers=False)
        for number in startup_signals.STOP_SIGNALS:
            loop.remove_signal_handler(number)
        logging.getLogger().removeHandler(self._log)
        self._log.close()
        if not task.done() and all(get_finish_reason(crawler) for crawler in self.crawlers):
            loop.run_until_complete(task)  # the reactor stopped between the end of the last crawl and that of `main`
        if not task.done() or (code := task.result()) is None:
            raise KeyboardInterrupt
        return code

    async def _run_unless_stopped(self, main: Callable[[], Coroutine[Any, Any, int]]) -> int | None:
        """Handle stop signals from now on and run `main`. Return None if a signal arrived during start-up."""
        loop = asyncio.get_running_loop()
        for number in startup_signals.STOP_SIGNALS:
            loop.add_signal_handler(number, self._handle_stop_signal)
        return None if startup_signals.is_stop_requested() else await main()

    def _handle_stop_signal(self) -> None:
        if self._stopping:
            logger.warning("second stop signal: ending immediately")
            _stop_reactor()
        else:
            logger.info("stop signal: ending the crawls gracefully; a second signal ends them immediately")
            self._stopping = asyncio.ensure_future(self._stop_crawls())

    async def _stop_crawls(self) -> None:
        """Stop all crawls, those that are still starting as soon as they run; then stop the reactor."""
        while self._active:
            for crawler in [one for one in self._active if _is_running(one)]:
                await crawler.stop_async()
            await asyncio.sleep(_POLL)
        _stop_reactor()


def _is_running(crawler: Crawler) -> bool:
    try:
        return crawler.engine.running
    except RuntimeError:  # Scrapy creates the engine when the crawl starts
        return False


def get_finish_reason(crawler: Crawler) -> str | None:
    """Return the reason that a crawl ended, or None if it is running or never started."""
    return get_crawl_stats(crawler).get("finish_reason")


def get_crawl_stats(crawler: Crawler) -> dict[str, Any]:
    """Return the statistics of a crawl, empty before it starts."""
    try:
        return crawler.stats.get_stats()
    except RuntimeError:  # Scrapy creates the collector when the crawl starts
        return {}


def _stop_reactor() -> None:
    from twisted.internet import reactor  # importing it installs a reactor, which must be the asyncio one

    running: Any = reactor  # Twisted does not type it
    with suppress(ReactorNotRunning):
        running.stop()
