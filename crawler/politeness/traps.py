"""Crawler traps, which have endless URLs: calendars, session ids, queries, pages that are all the same.

`scope` has the checks that need only the URL; these also need the time, or the pages seen in the visit.
"""

import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import parse_qsl, urlsplit

from crawler.urls import is_session_id

#: Days ahead of today that the date in a URL may be: events are announced up to a year before.
AHEAD = 400
#: Earliest year in the URL of a calendar; portals have no older pages.
EARLIEST_YEAR = 1990
#: Different queries per path in one visit.
MOST_QUERIES = 1_000
#: Pages in a row that are equal apart from their numbers, at URLs that are equal apart from their numbers.
MOST_ALIKE = 20
#: Bytes of a page that are compared.
COMPARED = 64 * 1024

_MONTH = re.compile(r"(?<!\d)((?:1[89]|2\d)\d{2})[-/_](0?[1-9]|1[0-2])(?!\d)")
_YEAR = re.compile(r"\b(?:year|yr|jahr)=(\d{4})(?!\d)", re.IGNORECASE)
_CALENDAR = re.compile(r"calendar|kalender|\bevents?\b|agenda|\brili\b|\bmonth\b|\byear\b|\bdate\b", re.IGNORECASE)
_PATH_SESSION = re.compile(r";(jsessionid=[^/?#;]+)", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_NUMBERS_AND_BLANKS = b"0123456789 \t\r\n"

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


@lru_cache(maxsize=256)  # called for the request and again for its response
def shape_of(url: str) -> str:
    """Return `url` with every number replaced by ``0`` and without query values: the common form of similar URLs."""
    parts = urlsplit(url)
    keys = "&".join(sorted(key for key, _ in parse_qsl(parts.query, keep_blank_values=True))) if parts.query else ""
    return _DIGITS.sub("0", f"{parts.netloc}{parts.path}?{keys}")


class TrapWatch:
    """Recognizes traps by the URLs and pages of one visit."""

    def __init__(self) -> None:
        self._queries: defaultdict[str, set[str]] = defaultdict(set)
        self._last_fingerprint: dict[str, bytes] = {}
        self._alike: Counter[str] = Counter()

    def find_refusal(self, url: str, now: float) -> Refusal | None:
        """Return rule and evidence if `url` is one of an endless number at `now` (seconds since the epoch)."""
        if (session := find_session(url)) is not None:
            return "trap.session", f"{session} is a session id"
        if (month := find_impossible_month(url, now)) is not None:
            return "trap.calendar", f"no news can be from {month}"
        parts = urlsplit(url)
        if parts.query:
            seen = self._queries[parts.netloc + parts.path]
            if len(seen) >= MOST_QUERIES and parts.query not in seen:
                return "trap.queries", f"{len(seen)} queries to {parts.path} in this visit"
            seen.add(parts.query)
        shape = shape_of(url)
        if self._alike[shape] >= MOST_ALIKE:
            return "trap.alike", f"{self._alike[shape]} pages in a row at URLs like {shape} were the same"
        return None

    def record_page(self, url: str, body: bytes) -> None:
        """Remember the page at `url`."""
        shape = shape_of(url)
        fingerprint = blake2b(body[:COMPARED].translate(None, _NUMBERS_AND_BLANKS), digest_size=8).digest()
        self._alike[shape] = self._alike[shape] + 1 if self._last_fingerprint.get(shape) == fingerprint else 1
        self._last_fingerprint[shape] = fingerprint
