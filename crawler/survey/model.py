"""Leads that a survey follows, and their responses."""

from dataclasses import dataclass
from enum import StrEnum

from archive import Location
from crawler.discovery.feeds import FeedEntry
from crawler.extraction import Document


class LeadKind(StrEnum):
    """The kind of page that a lead is expected to be."""

    HOME = "home"
    FEED = "feed"
    SITEMAP = "sitemap"
    SECTION = "section"
    NUMBERED = "numbered page"
    ARTICLE = "article"


@dataclass(frozen=True, slots=True)
class Lead:
    """A URL to look at, the kind of page expected there, and where the URL was found (`origin`, for people)."""

    url: str
    kind: LeadKind
    origin: str


@dataclass(frozen=True, slots=True)
class LeadResponse:
    """The response to a lead.

    A page has a `document`, a feed or sitemap has `entries` and the bytes of its `body`; other responses have neither.
    `url` is the URL after redirects, `location` that of the WARC record.
    """

    lead: Lead
    url: str
    status: int
    location: Location
    document: Document | None = None
    entries: tuple[FeedEntry, ...] = ()
    body: bytes = b""
