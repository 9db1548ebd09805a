"""Crawler traps, which have endless URLs: calendars, session ids, queries, lists that repeat themselves.

`scope` has the checks that need only the URL; these also need the time, or what was seen in the visit. A list is judged
by what it yields, never by its bytes: pages with the same head or menu may well list different articles.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from crawler.urls import is_session_id

#: Days ahead of today that the date in a URL may be: events are announced up to a year before.
AHEAD = 400
#: Earliest year in the URL of a calendar; portals have no older pages.
EARLIEST_YEAR = 1990
#: Different queries per path in one visit.
MOST_QUERIES = 1_000
#: Pages of one list in a row without an article that the earlier pages did not list.
MOST_BARREN = 3

_MONTH = re.compile(r"(?<!\d)((?:1[89]|2\d)\d{2})[-/_](0?[1-9]|1[0-2])(?!\d)")
_YEAR = re.compile(r"\b(?:year|yr|jahr)=(\d{4})(?!\d)", re.IGNORECASE)
_CALENDAR = re.compile(r"calendar|kalender|\bevents?\b|agenda|\brili\b|\bmonth\b|\byear\b|\bdate\b", re.IGNORECASE)
_PATH_SESSION = re.compile(r";(jsessionid=[^/?#;]+)", re.IGNORECASE)

Refusal = tuple[str, str]


def find_session(url: str) -> str | None:
    """Return the session parameter of `url`, if any. Each visit would get another one, and so another URL."""
    parts = urlsplit(url)
    if ";" in parts.path and (found := _PATH_SESSION.search(parts.path)):
        return found[1][:80]
    for key, value in parse_qsl(parts.query) if parts.query else ():
        if is_session_id(key, value):
            return f"{key}={value}"[:80]
    return None


def find_impossible_month(url: str, now: float) -> str | None:
    """Return the year or month in the URL of a calendar if it is too far in the past or future for news."""
    parts = urlsplit(url)
    text = f"{parts.path}?{parts.query}"
    if not (_MONTH.search(text) or _YEAR.search(text)) or not _CALENDAR.search(text):
        return None
    today = datetime.fromtimestamp(now, UTC)
    for found in _MONTH.finditer(text):
        ahead = (int(found[1]) - today.year) * 365 + (int(found[2]) - today.month) * 30
        if ahead > AHEAD or int(found[1]) < EARLIEST_YEAR:
            return found[0]
    for found in _YEAR.finditer(text):
        if int(found[1]) > today.year + 1 or int(found[1]) < EARLIEST_YEAR:
            return found[1]
    return None


def find_endless_url(url: str, now: float) -> Refusal | None:
    """Return rule and evidence if `url` is one of an endless number at `now` (seconds since the epoch)."""
    if (session := find_session(url)) is not None:
        return "trap.session", f"{session} is a session id"
    if (month := find_impossible_month(url, now)) is not None:
        return "trap.calendar", f"no news can be from {month}"
    return None


class QueryWatch:
    """Recognizes paths with endless queries by the URLs of one visit."""

    def __init__(self) -> None:
        self._queries: defaultdict[str, set[str]] = defaultdict(set)

    def find_refusal(self, url: str) -> Refusal | None:
        """Return rule and evidence if the path of `url` was requested with too many other queries."""
        parts = urlsplit(url)
        if not parts.query:
            return None
        seen = self._queries[parts.netloc + parts.path]
        if len(seen) >= MOST_QUERIES and parts.query not in seen:
            return "trap.queries", f"{len(seen)} queries to {parts.path} in this visit"
        seen.add(parts.query)
        return None


class ListWatch:
    """Recognizes lists that repeat themselves by the articles that their pages list in one visit."""

    def __init__(self) -> None:
        self._seen: defaultdict[str, set[int]] = defaultdict(set)
        self._barren: defaultdict[str, int] = defaultdict(int)

    def is_trap(self, list_url: str, articles: Iterable[str]) -> bool:
        """Record a page of the list at `list_url`. Return True if its latest pages had no new article URLs."""
        seen, urls = self._seen[list_url], {hash(url) for url in articles}
        self._barren[list_url] = 0 if urls - seen else self._barren[list_url] + 1
        seen |= urls
        return self._barren[list_url] >= MOST_BARREN
