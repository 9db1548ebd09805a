"""The extension that feeds the counters of drift, raises alarms and passes them on. It never changes a crawl."""

import asyncio
import json
import logging
import shlex
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from scrapy import Spider, signals
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.drift.alarms import Alarm, review_articles, review_lists
from crawler.drift.limits import load_limits
from crawler.drift.profile import Batch, append_visit, split_visit
from crawler.drift.quiet import count_day
from crawler.fetch_context import LeasedUrl, leased_url
from crawler.handlers.recorder import site_of
from crawler.items import Article
from crawler.report import Report
from crawler.report_states import STORED, ArticleState, Fate, ListState
from crawler.report_words import words_for
from crawler.signals import ARTICLE_STORED, REPORT_COMPLETE, URL_SETTLED
from crawler.store import Change, Store, StoreError, database_location
from crawler.store.frontier_urls import UrlPriority

logger = logging.getLogger(__name__)

#: Seconds that the alarm command may take.
_TIMEOUT = 30

#: The articles that are compared: today's pages. The backlog has the pages of other years.
_COMPARED = (UrlPriority.NEWS, UrlPriority.REREAD)


class DriftWatch:
    """Extension of a live crawl that counts its articles, and compares them with the site's past at its end.

    Open alarms become part of the visit's report. Those that the setting BROADSHEET_ALARM_COMMAND has not accepted yet
    are passed to it as JSON on its standard input; if it fails, the next visit tries again.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._site = site_of(crawler)
        self._limits = load_limits()
        self._opened = datetime.now(UTC)
        self._visit: list[Batch] = []
        self._news: dict[str, int] = {}
        crawler.signals.connect(self._add_article, ARTICLE_STORED)
        crawler.signals.connect(self._add_url, URL_SETTLED)
        crawler.signals.connect(self._review, REPORT_COMPLETE)
        crawler.signals.connect(self._notify, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def _add_article(self, item: Article, change: Change, response: Response) -> None:
        if change.kind in ("first", "edited") and _is_compared(leased_url(response)):
            before = {name: _as_text(one.before) for name, one in change.fields.items()}
            split_visit(self._visit, self._opened, self._limits).add_article(item, before, self._limits)

    def _add_url(self, leased: LeasedUrl, fate: Fate, list_url: str | None) -> None:
        if list_url is not None:
            if fate.state in (ListState.READ, ListState.UNCHANGED, ListState.EMPTY) and fate.why != "list.gone":
                self._news[list_url] = self._news.get(list_url, 0) + leased.news_articles
        elif leased.lease is not None and _is_compared(leased):
            why = _describe_wall(leased, fate)
            if why is not None or fate.state in STORED:
                split_visit(self._visit, self._opened, self._limits).add_page(leased.lease.url, why)

    def _review(self, report: Report, store: Store) -> None:
        """Compare the visit with the site's past, store both, and add the open alarms to the report."""
        name, zone = self._site.name, ZoneInfo(self._site.timezone or "UTC")
        own = {url for url, entry in report.lists.items() if entry.is_own}
        try:
            past = store.drift.load(name)
            batches = append_visit(past.batches, self._visit, self._opened, self._limits)
            today = self._opened.astimezone(zone).date()
            rhythms = {url: days for url, days in past.rhythms.items() if url in own}
            for url in own & self._news.keys():
                rhythms[url] = count_day(rhythms.get(url, {}), today, self._news[url], self._limits)
            reviews = [review_lists(rhythms, past.alarms, self._opened, zone, self._limits)]
            if self._visit:
                reviews.append(review_articles(batches, past.alarms, self._opened, self._limits))
            store.drift.save(name, batches, rhythms)
            for review in reviews:
                store.drift.add_alarms(name, review.raised)
                store.drift.end_alarms(review.returned, self._opened)
            report.alarms = [one.as_dict() for one in store.drift.alarms(name, only_open=True)]
        except StoreError as error:
            logger.error("the visit was not compared with earlier ones: %s", error)
        for alarm in report.alarms:
            logger.warning("alarm: %s", alarm["text"])

    async def _notify(self, spider: Spider) -> None:
        """Pass on alarms that the alarm command has not accepted yet."""
        settings = self._crawler.settings
        if not (command := settings["BROADSHEET_ALARM_COMMAND"]):
            return
        try:
            with Store.open(database_location(settings["BROADSHEET_DATA"], settings["BROADSHEET_DATABASE"])) as store:
                alarms = [one for one in store.drift.alarms(spider.name, only_open=True) if one.notified is None]
                if not alarms:
                    return
                is_accepted = await asyncio.to_thread(run_alarm_command, command, make_notice(spider.name, alarms))
                if is_accepted:
                    store.drift.note_notified([one.id for one in alarms], datetime.now(UTC))
        except StoreError as error:
            logger.error("alarms were not passed on: %s", error)


def make_notice(site: str, alarms: list[Alarm]) -> dict[str, Any]:
    """Return the notice of new alarms as JSON-ready values: what the alarm command reads."""
    return {"site": site, "alarms": [one.as_dict() for one in alarms]}


def run_alarm_command(command: str, notice: Mapping[str, Any]) -> bool:
    """Run the alarm command with a notice on its standard input. Return True if it accepted it."""
    try:
        text = json.dumps(notice, ensure_ascii=True)
        subprocess.run(shlex.split(command), input=text.encode(), capture_output=True, timeout=_TIMEOUT, check=True)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        logger.warning("BROADSHEET_ALARM_COMMAND failed, the next visit tries again: %s", error)
        return False
    return True


def _is_compared(leased: LeasedUrl) -> bool:
    return leased.lease is not None and leased.lease.priority in _COMPARED


def _describe_wall(leased: LeasedUrl, fate: Fate) -> str | None:
    """Return in words why the answer for an article was no article; ``None`` if it was one, or there was no answer."""
    if fate.state is not ArticleState.NOT_ARTICLE and not leased.wall:
        return None
    return words_for(fate.why or "unknown").text


def _as_text(value: Any) -> str | None:
    return "、".join(value) if isinstance(value, tuple | list) else value
