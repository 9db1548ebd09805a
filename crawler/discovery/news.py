"""Rules on what is news: which articles and sitemaps of a list come first, and which of its dates can be believed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from crawler.discovery.feeds import FeedEntry
from crawler.discovery.url_patterns import find_day

#: An article is news for so long after its date: days in URLs and dates without a zone are not exact.
NEWS_AGE = timedelta(days=3)
#: A clock may be wrong by so much.
_SLACK = timedelta(minutes=5)
#: If most entries of a list changed so shortly before it was read, the server wrote its own time into them.
_BUILD_AGE, _MIN_BUILT, _BUILT_SHARE = timedelta(minutes=2), 3, 0.8


def drop_wrong_dates(entries: Sequence[FeedEntry], now: datetime) -> list[FeedEntry]:
    """Return the entries of a list read at `now` without the dates that say nothing.

    A date ahead of the clock is wrong. If most entries have just changed, their date is the time of the request.
    """
    dated = [entry for entry in entries if entry.changed]
    built = [entry for entry in dated if entry.changed and now - _BUILD_AGE <= entry.changed <= now + _SLACK]
    is_built = len(built) >= _MIN_BUILT and len(built) >= _BUILT_SHARE * len(dated)
    latest = now - _BUILD_AGE if is_built else now + _SLACK
    return [replace(entry, changed=None) if entry.changed and entry.changed > latest else entry for entry in entries]


def find_date(entry: FeedEntry) -> datetime | None:
    """Return the time of an article as its list says, else the day of its issue or in its URL."""
    if entry.changed:
        return entry.changed
    day = entry.place.day if entry.place else find_day(entry.url)
    return datetime.combine(day, time.min, UTC) if day else None


def is_news(dated: datetime | None, now: datetime, *, is_new_in_list: bool) -> bool:
    """True if an article with this date is news at `now`. Without a date, it is if it is new in its list."""
    return now - NEWS_AGE <= dated <= now + NEWS_AGE if dated else is_new_in_list


def is_unchanged_since(entry: FeedEntry, read_at: datetime) -> bool:
    """True if an index says that a sitemap has not changed since it was read. A day ends before it counts."""
    if entry.changed is None:
        return False
    return entry.changed + (timedelta(days=1) if entry.is_day else timedelta()) <= read_at
