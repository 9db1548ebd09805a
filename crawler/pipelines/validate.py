"""Validates items: drops or flags impossible values, and counts missing fields by site."""

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

#: Control characters and lone surrogates: invisible, and a problem for terminals, databases and XML.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

#: A date may be this much later than the capture: portals' clocks are off, and dates may lack a timezone.
_CLOCK_SLACK = timedelta(hours=26)


class ValidatePipeline:
    """Drops items that are not articles, cleans and flags bad values, and counts missing fields.

    Flags: ``bad_characters`` (removed), ``bad_date`` (not a date, removed), ``future_date``.
    """

    def __init__(self, stats: StatsCollector) -> None:
        self._stats = stats

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        assert crawler.stats is not None
        return cls(crawler.stats)

    def process_item(self, item: Article) -> Article:
        """Return the item, cleaned and flagged. Raises DropItem with the reason."""
        if reason := _drop_reason(item):
            self._stats.inc_value(f"items/dropped/{reason}")
            raise DropItem(f"{item.url}: {reason.replace('_', ' ')}")
        flags = list(item.flags)
        changes = {**_clean_texts(item, flags), **_check_dates(item, flags)}
        item = replace(item, **changes, flags=tuple(dict.fromkeys(flags)))
        self._count(item)
        return item

    def _count(self, item: Article) -> None:
        self._stats.inc_value(f"items/{item.site}/count")
        for name in _COUNTED:
            if not getattr(item, name):
                self._stats.inc_value(f"items/{item.site}/missing/{name}")
        for flag in item.flags:
            self._stats.inc_value(f"items/{item.site}/flags/{flag}")


def _drop_reason(item: Article) -> str | None:
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


def _check_dates(item: Article, flags: list[str]) -> dict[str, Any]:
    """Return the changes that remove invalid date fields; add flags to `flags`."""
    wrong: dict[str, Any] = {}
    for name, value in _iterate_dates(item):
        moment = _parse_date(value)
        if moment is None:
            wrong[name] = None
            flags.append("bad_date")
        elif name == "date" and (captured := _captured_at(item)) and moment - captured > _CLOCK_SLACK:
            flags.append("future_date")
    if "date" in wrong:
        wrong["date_precision"] = None
    return wrong


def _iterate_dates(item: Article) -> Iterator[tuple[str, str]]:
    for name in ("date", "date_modified"):
        if value := getattr(item, name):
            yield name, value


def _parse_date(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
        # A value without a timezone is taken as UTC, which is accurate enough given the slack.
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _captured_at(item: Article) -> datetime | None:
    return _parse_date(item.provenance.captured_at) if item.provenance else None
