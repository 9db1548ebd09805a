"""What a survey asks for, and what came."""

from dataclasses import dataclass
from enum import StrEnum

from archive import Location
from crawler.discovery.feeds import FeedEntry
from crawler.extraction import Document


class Kind(StrEnum):
    """What an address is asked for as."""

    HOME = "home"
    FEED = "feed"
    SITEMAP = "sitemap"
    SECTION = "section"
    NUMBERED = "numbered page"
    ARTICLE = "article"


@dataclass(frozen=True, slots=True)
class Lead:
    """An address to look at: as what, and where it was found."""

    url: str
    kind: Kind
    found: str


@dataclass(frozen=True, slots=True)
class Seen:
    """The answer to `lead` that was a page (`document`), a feed or sitemap (`entries`, with its octets in `body`) or
    neither. `url` is where redirects led, `location` the record it is kept in."""

    lead: Lead
    url: str
    status: int
    location: Location
    document: Document | None = None
    entries: tuple[FeedEntry, ...] = ()
    body: bytes = b""
