"""The URLs that a crawl exchanges with its frontier: found, leased and finished."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum


class UrlKind(StrEnum):
    """The expected kind of page at a URL. Lists and feeds are fetched again in each visit, articles are not."""

    ARTICLE = "article"
    LIST = "list"
    FEED = "feed"
    PAGE = "page"


class UrlState(StrEnum):
    """The state of a URL in the frontier."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    DROPPED = "dropped"


class UrlPriority(IntEnum):
    """The order of a visit: the lists first, then news, then the rest of what is known. Highest first."""

    LIST = 6
    NEWS = 5
    LATE_LIST = 4
    REREAD = 3
    BACKLOG = 2
    FURTHER_LIST = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveredUrl:
    """A URL found by a crawl. Of one priority, those `dated` last come first; without a date, the visit's start counts.

    `request` is the JSON from which its request can be rebuilt. If `is_wanted_again`, it is queued even if an earlier
    visit is done with it. If `is_stored`, its article is stored already: the URL is recorded but not queued.
    """

    url: str
    kind: UrlKind
    priority: int = 0
    dated: datetime | None = None
    depth: int = 0
    found_on: str | None = None
    request: str | None = None
    is_wanted_again: bool = False
    is_stored: bool = False


@dataclass(frozen=True, slots=True)
class UrlLease:
    """A URL leased to this crawl for fetching.

    `unfinished_since` is the start of the first earlier lease without a result: its crawl was killed or could not store
    anything. A capture made since then may not have been read.
    """

    id: int
    url: str
    kind: UrlKind
    priority: int
    depth: int
    found_on: str | None
    request: str | None
    unfinished_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class LeaseResult:
    """The result of a lease. `state` DONE or DROPPED is final; QUEUED puts the URL back for the next visit.

    A URL that `has_failed` in several visits is dropped. One that `is_postponed` comes after all others in the next
    visits, and falls back further each time. `aliases` are other URLs that turned out to be the same page.
    """

    id: int
    state: UrlState
    reason: str | None = None
    has_failed: bool = False
    is_postponed: bool = False
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettledUrl:
    """A URL that a visit is done with, for now, and the reason if it is dropped or queued again."""

    url: str
    kind: UrlKind
    state: UrlState
    reason: str | None
