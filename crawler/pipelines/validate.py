"""What cannot be true of an item is flagged or drops it; what it lacks is counted by site."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlsplit

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem
from scrapy.statscollectors import StatsCollector

from crawler.items import Article

_COUNTED = ("title", "date", "source", "editor", "body")
_TEXTS = ("title", "source", "editor", "body", "section")

#: Control characters and half surrogates: no page shows them, and terminals, databases and XML trip over them.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

#: A date may lead the capture's by this much: portals' clocks are off, and a day without zone may be tomorrow's.
_CLOCK_SLACK = timedelta(hours=26)


class ValidatePipeline:
    """Drops what is no article, mends what cannot stand in one, flags what cannot be true; counts missing fields.

    Flags it adds: ``bad_characters``, ``bad_date`` (the date was no date and is left out), ``future_date``.
    """

    def __init__(self, stats: StatsCollector) -> None:
        self._stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        assert crawler.stats is not None
        return cls(crawler.stats)

    def process_item(self, item: Article) -> Article:
        """The item with its flags. Raises DropItem with the reason."""
        if reason := _impossible(item):
            self._stats.inc_value(f"items/dropped/{reason}")
            raise DropItem(f"{item.url}: {reason.replace('_', ' ')}")
        flags = list(item.flags)
        mended = {**_clean_texts(item, flags), **_checked_dates(item, flags)}
        item = replace(item, **mended, flags=tuple(dict.fromkeys(flags)))
        self._count(item)
        return item

    def _count(self, item: Article) -> None:
        self._stats.inc_value(f"items/{item.site}/count")
        for name in _COUNTED:
            if not getattr(item, name):
                self._stats.inc_value(f"items/{item.site}/missing/{name}")
        for flag in item.flags:
            self._stats.inc_value(f"items/{item.site}/flags/{flag}")


def _impossible(item: Article) -> str | None:
    try:
        parts = urlsplit(item.url)
        has_host = bool(parts.hostname)
    except ValueError:
        return "bad_url"
    if parts.scheme not in ("http", "https") or not has_host:
        return "bad_url"
    return None if item.title or item.body else "no_title_and_no_body"


def _clean_texts(item: Article, flags: list[str]) -> dict[str, str]:
    dirty = {
        name: _UNPRINTABLE.sub("", value)
        for name in _TEXTS
        if (value := getattr(item, name)) is not None and _UNPRINTABLE.search(value)
    }
    if dirty:
        flags.append("bad_characters")
    return dirty


def _checked_dates(item: Article, flags: list[str]) -> dict[str, Any]:
    """The date fields that must go because they hold no date; adds the flags."""
    wrong: dict[str, Any] = {}
    for name, value in _dates(item):
        moment = _moment(value)
        if moment is None:
            wrong[name] = None
            flags.append("bad_date")
        elif name == "date" and (captured := _captured_at(item)) and moment - captured > _CLOCK_SLACK:
            flags.append("future_date")
    if "date" in wrong:
        wrong["date_precision"] = None
    return wrong


def _dates(item: Article) -> Iterator[tuple[str, str]]:
    for name in ("date", "date_modified"):
        if value := getattr(item, name):
            yield name, value


def _moment(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
        # A bare day, or a time whose zone nobody knows, is taken as UTC: within the slack, that is near enough.
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _captured_at(item: Article) -> datetime | None:
    return _moment(item.provenance.captured_at) if item.provenance else None
