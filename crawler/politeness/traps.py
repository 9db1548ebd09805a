"""Endless spaces of addresses: calendars, sessions, queries without end, pages that are all the same.

What one URL alone gives away is judged in `scope`; here is what needs the time, or the visit's memory.
"""

import re
from collections import Counter, defaultdict
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import parse_qsl, urlsplit

#: Days ahead of today that a dated address may be: events are announced a year before.
AHEAD = 400
#: No portal has pages of an earlier year.
EARLIEST_YEAR = 1990
#: Different queries to one path in a visit.
MOST_QUERIES = 1_000
#: Pages in a row, of addresses alike but for their numbers, that are the same but for their numbers.
MOST_ALIKE = 20
#: Octets of a page that are compared.
COMPARED = 64 * 1024

_MONTH = re.compile(r"(?<!\d)((?:1[89]|2\d)\d{2})[-/_](0?[1-9]|1[0-2])(?!\d)")
_YEAR = re.compile(r"\b(?:year|yr|jahr)=(\d{4})(?!\d)", re.IGNORECASE)
_CALENDAR = re.compile(r"calendar|kalender|\bevents?\b|agenda|\brili\b|\bmonth\b|\byear\b|\bdate\b", re.IGNORECASE)
_PATH_SESSION = re.compile(r";(jsessionid=[^/?#;]+)", re.IGNORECASE)
_SESSION_KEY = re.compile(r"(?:php|asp|j|cf)?sess(?:ion)?_?(?:id\w*)?|sid|cfid|cftoken", re.IGNORECASE)
_SESSION_VALUE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[0-9A-Za-z_-]{16,}")
_DIGITS = re.compile(r"\d+")
_NUMBERS_AND_BLANKS = b"0123456789 \t\r\n"

Refusal = tuple[str, str]


def session_in(url: str) -> str | None:
    """The session parameter of `url`: each visit would make it a new address. ``None`` where there is none."""
    parts = urlsplit(url)
    if ";" in parts.path and (found := _PATH_SESSION.search(parts.path)):
        return found[1][:80]
    for key, value in parse_qsl(parts.query) if parts.query else ():
        if _SESSION_KEY.fullmatch(key) and _SESSION_VALUE.fullmatch(value):
            return f"{key}={value}"[:80]
    return None


def impossible_month(url: str, now: float) -> str | None:
    """The year or month in a calendar's `url` that no portal has news of; ``None`` where there is none."""
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


@lru_cache(maxsize=256)  # asked for on the way out and on the way back
def shape_of(url: str) -> str:
    """`url` with every number made ``0`` and its query's values left out: what addresses of one kind have in common."""
    parts = urlsplit(url)
    keys = "&".join(sorted(key for key, _ in parse_qsl(parts.query, keep_blank_values=True))) if parts.query else ""
    return _DIGITS.sub("0", f"{parts.netloc}{parts.path}?{keys}")


class TrapWatch:
    """The memory of one visit."""

    def __init__(self) -> None:
        self._queries: defaultdict[str, set[str]] = defaultdict(set)
        self._last_print: dict[str, bytes] = {}
        self._alike: Counter[str] = Counter()

    def refusal(self, url: str, now: float) -> Refusal | None:
        """Why `url` is one of an endless number at `now` (seconds since the epoch), as rule and evidence."""
        if (session := session_in(url)) is not None:
            return "trap.session", f"{session} is a session's"
        if (month := impossible_month(url, now)) is not None:
            return "trap.calendar", f"{month} is no month of any news"
        parts = urlsplit(url)
        if parts.query:
            asked = self._queries[parts.netloc + parts.path]
            if len(asked) >= MOST_QUERIES and parts.query not in asked:
                return "trap.queries", f"{len(asked)} queries to {parts.path} in this visit"
            asked.add(parts.query)
        shape = shape_of(url)
        if self._alike[shape] >= MOST_ALIKE:
            return "trap.alike", f"{self._alike[shape]} pages in a row of the kind {shape} were the same"
        return None

    def record_page(self, url: str, body: bytes) -> None:
        """Note the page at `url`."""
        shape = shape_of(url)
        print_ = blake2b(body[:COMPARED].translate(None, _NUMBERS_AND_BLANKS), digest_size=8).digest()
        self._alike[shape] = self._alike[shape] + 1 if self._last_print.get(shape) == print_ else 1
        self._last_print[shape] = print_
