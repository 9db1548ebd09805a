"""Queries of the CDX server: the parameters of pywb's and the Wayback Machine's, as a pure description.

`parse_query` reads them; `CdxQuery.select` chooses among entries. See https://pywb.readthedocs.io/en/latest/manual/cdxserver_api.html
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import dropwhile, islice
from urllib.parse import unquote_plus

from archive.cdxj import IndexEntry
from archive.replay.periods import end_of_period, start_of_period

#: Entries per page, if `pageSize` does not say.
PAGE_SIZE = 1000
#: Most entries of a page, and most that are sorted.
MAX_SORTED = 100_000
#: Longest pattern of a filter.
MAX_PATTERN = 200

#: The fields of an entry in the order of CDXJ, each with the name in the Wayback Machine's server.
FIELDS = {
    "urlkey": "urlkey",
    "timestamp": "timestamp",
    "url": "original",
    "mime": "mimetype",
    "status": "statuscode",
    "digest": "digest",
    "length": "length",
    "offset": "offset",
    "filename": "filename",
}
_SYNONYMS = {wayback: name for name, wayback in FIELDS.items()}


class QueryError(ValueError):
    """A parameter is invalid; the message says which and what is expected."""


class MatchType(StrEnum):
    """The URLs that a query selects."""

    EXACT = "exact"
    PREFIX = "prefix"
    HOST = "host"
    DOMAIN = "domain"  # a host and its subdomains


class Order(StrEnum):
    """The order of the entries."""

    OLDEST_FIRST = "oldest"
    NEWEST_FIRST = "reverse"
    CLOSEST = "closest"


Predicate = Callable[[IndexEntry], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class CdxQuery:
    """A query: the URLs, the time from `start` to before `end`, and which fields of which entries are wanted.

    `last` is true if `limit` counts from the end, and `page` is ``None`` if the query is not paged. `resume_key` is
    that of the first entry, if an earlier query reached its limit before.
    """

    url: str
    match: MatchType
    start: datetime | None = None
    end: datetime | None = None
    order: Order = Order.OLDEST_FIRST
    closest: datetime | None = None
    filters: Sequence[Predicate] = ()
    collapse: tuple[str, int] | None = None
    fields: Sequence[str] = tuple(FIELDS)
    limit: int | None = None
    last: bool = False
    page: int | None = None
    page_size: int = PAGE_SIZE
    resume_key: str = ""

    def select(self, entries: Iterable[IndexEntry]) -> Iterator[IndexEntry]:
        """Yield the entries that pass the filters, collapsed, from one page and up to the limit."""
        if self.resume_key:
            entries = dropwhile(lambda entry: resume_key(entry) != self.resume_key, entries)
        selected: Iterator[IndexEntry] = (entry for entry in entries if all(passes(entry) for passes in self.filters))
        if self.collapse is not None:
            selected = _collapse(selected, *self.collapse)
        if self.page is not None:
            selected = islice(selected, self.page * self.page_size, (self.page + 1) * self.page_size)
        return islice(selected, self.limit) if self.limit is not None and not self.last else selected


def parse_query(given: Mapping[str, str], filters: Iterable[str] = (), *, is_wayback: bool = False) -> CdxQuery:
    """Return the query in the parameters `given`, of which `filter` may be repeated. Raises QueryError.

    `is_wayback` is true for the syntax of the Wayback Machine, whose filters are regular expressions.
    """
    url, match = _parse_url(given.get("url", "").strip(), given.get("matchType", ""))
    closest = given.get("closest") or None
    sort = given.get("sort", "") or ("closest" if closest else "")
    order = {"": Order.OLDEST_FIRST, "default": Order.OLDEST_FIRST, "regular": Order.OLDEST_FIRST}.get(sort)
    order = order or next((one for one in Order if one == sort), None)
    if order is None:
        raise QueryError("sort: expected reverse or closest")
    if order is Order.CLOSEST and not closest:  # pywb as a client leaves it empty for lists
        order = Order.OLDEST_FIRST
    if order is Order.CLOSEST and match is not MatchType.EXACT:
        raise QueryError("sort=closest: needs an exact URL")
    limit = _parse_number(given, "limit", least=None)
    return CdxQuery(
        url=url,
        match=match,
        start=_parse_time(given, "from"),
        end=_parse_time(given, "to", is_end=True),
        order=order,
        closest=_parse_time(given, "closest"),
        filters=[_parse_filter(text, is_wayback=is_wayback) for text in filters],
        collapse=_parse_collapse(given.get("collapse", "")),
        fields=_parse_fields(given.get("fields") or given.get("fl") or "", is_wayback=is_wayback),
        limit=None if limit is None else abs(limit),
        last=limit is not None and limit < 0,
        page=_parse_number(given, "page", least=0),
        resume_key=unquote_plus(given.get("resumeKey", "")),
        page_size=min(_parse_number(given, "pageSize", least=1) or PAGE_SIZE, MAX_SORTED),
    )


def value_of(entry: IndexEntry, field: str) -> str:
    """Return the value of a field of `FIELDS` as text; empty if the entry has none."""
    if field == "filename":
        return entry.file
    if field == "digest":
        return entry.framed_digest or entry.digest
    value = getattr(entry, field)
    return "" if value is None else str(value)


def resume_key(entry: IndexEntry) -> str:
    """Return what identifies an entry in a query that continues another."""
    return f"{entry.urlkey} {entry.timestamp} {entry.offset} {entry.file}"


def _parse_url(url: str, match: str) -> tuple[str, MatchType]:
    """Return the URL and what is selected by it; ``*`` at either end is another way to say the latter."""
    if not url:
        raise QueryError("url: is missing; write ?url=http://www.example.org/")
    if match not in ("", *MatchType):
        raise QueryError(f"matchType: expected {', '.join(MatchType)}")
    kind = MatchType(match or "exact")
    bare = re.sub(r"^https?://(?=\*\.)", "", url, flags=re.IGNORECASE)
    if bare.startswith("*."):
        return bare[2:].partition("/")[0], MatchType.DOMAIN
    if url.endswith("*"):
        return url[:-1], MatchType.PREFIX
    if kind in (MatchType.HOST, MatchType.DOMAIN):
        return re.sub(r"^[a-z]+://", "", url, flags=re.IGNORECASE).partition("/")[0].rpartition("@")[2], kind
    return url, kind


def _parse_time(given: Mapping[str, str], name: str, *, is_end: bool = False) -> datetime | None:
    """Return a timestamp of 1 to 14 digits as a time: its beginning, or the time after it if `is_end`."""
    text = given.get(name, "").strip()
    if not text:
        return None
    try:
        return end_of_period(text) if is_end else start_of_period(text)
    except ValueError as error:
        raise QueryError(f"{name}: expected a time such as 20260522 or 20260522120000") from error


def _parse_number(given: Mapping[str, str], name: str, *, least: int | None) -> int | None:
    text = given.get(name, "").strip()
    if not text:
        return None
    if not re.fullmatch(r"-?\d{1,12}", text) or (least is not None and int(text) < least):
        raise QueryError(f"{name}: expected a number" + (f" from {least} on" if least is not None else ""))
    return int(text)


def _parse_fields(text: str, *, is_wayback: bool) -> Sequence[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    fields = [_SYNONYMS.get(name, name) for name in names]
    if unknown := [name for name, field in zip(names, fields, strict=True) if field not in FIELDS]:
        raise QueryError(f"fields: unknown {', '.join(unknown)[:80]}; known are {', '.join(FIELDS)}")
    return fields or [name for name in FIELDS if not (is_wayback and name in ("offset", "filename"))]


def _parse_collapse(text: str) -> tuple[str, int] | None:
    """Return the field that must differ from that of the entry before, and how many characters of it count."""
    name, _, length = text.partition(":")
    field = _SYNONYMS.get(name, name)
    if not text:
        return None
    if field not in FIELDS or (length and not length.isdigit()):
        raise QueryError("collapse: expected a field, or a field and a length such as timestamp:8")
    return field, int(length or 1 << 16)


def _parse_filter(text: str, *, is_wayback: bool) -> Predicate:
    """Return the filter in ``[!][=|~]field:value``: contains, equals or matches; the latter only if `is_wayback`."""
    match = re.fullmatch(r"(!?)([=~]?)([a-z]+):(.*)", text, re.DOTALL)
    field = _SYNONYMS.get(match[3], match[3]) if match else ""
    if match is None or field not in FIELDS:
        raise QueryError(f"filter: expected [!][=|~]field:value, such as =status:200, not {text[:80]!r}")
    is_negated, operator, value = bool(match[1]), match[2], match[4]
    if operator == "=":
        return lambda entry: (value_of(entry, field) == value) != is_negated
    if operator != "~" and not is_wayback:
        return lambda entry: (value in value_of(entry, field)) != is_negated
    if len(value) > MAX_PATTERN:
        raise QueryError(f"filter: patterns have at most {MAX_PATTERN} characters")
    try:
        pattern = re.compile(value)
    except re.error as error:
        raise QueryError(f"filter: {value[:80]!r} is not a regular expression: {error}") from error
    return lambda entry: (pattern.fullmatch(value_of(entry, field)) is not None) != is_negated


def _collapse(entries: Iterable[IndexEntry], field: str, length: int) -> Iterator[IndexEntry]:
    """Yield each entry whose field differs from that of the entry before, or which is of another URL."""
    before: tuple[str, str] | None = None
    for entry in entries:
        value = entry.urlkey, value_of(entry, field)[:length]
        if value != before:
            yield entry
        before = value
