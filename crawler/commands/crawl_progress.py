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
from crawler.report import Report
from crawler.report_states import ArticleState
from crawler.visit_report import VisitReport

#: Seconds between two updates.
INTERVAL = 0.25

#: The states of articles beside new ones.
_STATES = [str(state) for state in ArticleState if state is not ArticleState.NEW]


class CrawlProgress:
    """A live table of running crawls with pages, articles and bytes. Prints nothing if `console` is not a terminal."""

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
    """Return a table with one row per crawler. States that no article is in have no column."""
    counts = [_count_articles(crawler) for crawler in crawlers]
    shown = ["new", *(name for name in _STATES if any(one[name] for one in counts))]
    titles = [name.replace("_", " ") for name in shown]
    table = Table("site", "pages", *titles, "bytes", "delay", "state", box=None, pad_edge=False)
    for column in table.columns[1:-1]:
        column.justify = "right"
    for crawler, count in zip(crawlers, counts, strict=True):
        stats = get_crawl_stats(crawler)
        table.add_row(
            crawler.spidercls.name,
            str(stats.get("response_received_count", 0)),
            *(str(count[name]) for name in shown),
            decimal(stats.get("archive/bytes", 0)),
            format_delays(stats),
            _describe_state(crawler, stats),
        )
    return table


def report_of(crawler: Crawler) -> Report | None:
    """Return the report of a crawl, ``None`` if it has not started."""
    try:
        return VisitReport.of(crawler).report
    except RuntimeError:  # Scrapy creates extensions when the crawl starts
        return None


def _count_articles(crawler: Crawler) -> dict[str, int]:
    report = report_of(crawler)
    return {str(state): report.states[state] if report else 0 for state in ArticleState}


def _describe_state(crawler: Crawler, stats: Mapping[str, Any]) -> str:
    reason, report = stats.get("finish_reason"), report_of(crawler)
    if not reason:
        return "crawling" if crawler.crawling else "starting"
    if report is None:
        return str(reason)
    state = str(report.outcome) if reason == "finished" else f"{report.outcome} ({reason})"
    alarms = len(report.alarms)
    return f"{state}, {alarms} alarm{'s' if alarms > 1 else ''}" if alarms else state


def format_delays(stats: Mapping[str, Any]) -> str:
    """Return the different delays of a crawl's hosts, such as ``2.0 s, 5.0 s``."""
    delays = {value for name, value in stats.items() if name.startswith("politeness/delay_s/")}
    return ", ".join(f"{delay:.1f} s" for delay in sorted(delays))
