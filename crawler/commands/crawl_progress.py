"""Progress of running crawls on the terminal, one line per site."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.filesize import decimal
from rich.live import Live
from rich.table import Table
from scrapy.crawler import Crawler

from crawler.commands.crawl_session import get_crawl_stats

#: Seconds between two updates.
INTERVAL = 0.25


class CrawlProgress:
    """A live table of running crawls: pages, items, bytes and delay. Prints nothing if `console` is not a terminal."""

    def __init__(self, console: Console, crawlers: Sequence[Crawler]) -> None:
        self._crawlers = crawlers
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> None:
        if self._live:
            self._live.start()
            self._task = asyncio.ensure_future(self._update_table())

    async def __aexit__(self, *error: object) -> None:
        if self._task and self._live:
            self._task.cancel()
            self._live.stop()

    async def _update_table(self) -> None:
        assert self._live
        while True:
            self._live.update(crawl_table(self._crawlers), refresh=True)
            await asyncio.sleep(INTERVAL)


def crawl_table(crawlers: Sequence[Crawler]) -> Table:
    """Return a table with one row per crawler."""
    table = Table("site", "pages", "items", "bytes", "delay", "state", box=None, pad_edge=False)
    for column in table.columns[1:5]:
        column.justify = "right"
    for crawler in crawlers:
        stats = get_crawl_stats(crawler)
        table.add_row(
            crawler.spidercls.name,
            str(stats.get("response_received_count", 0)),
            str(stats.get("item_scraped_count", 0)),
            decimal(stats.get("archive/bytes", 0)),
            format_delays(stats),
            stats.get("finish_reason") or ("crawling" if crawler.crawling else "starting"),
        )
    return table


def format_delays(stats: Mapping[str, Any]) -> str:
    """Return the different delays of a crawl's hosts, such as ``2.0 s, 5.0 s``."""
    delays = {value for name, value in stats.items() if name.startswith("politeness/delay_s/")}
    return ", ".join(f"{delay:.1f} s" for delay in sorted(delays))
