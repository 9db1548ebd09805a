"""Leads that a survey follows, and their responses."""

from dataclasses import dataclass
from enum import StrEnum

from archive import Location
from crawler.discovery.feeds import FeedEntry
from crawler.extraction import Document
from crawler.sites import JsonList


class LeadKind(StrEnum):
    """The kind of page that a lead is expected to be."""

    HOME = "home"
    FEED = "feed"
    SITEMAP = "sitemap"
    SECTION = "section"
    NUMBERED = "numbered page"
    SCRIPT = "script"
    JSON = "JSON list"
    ARTICLE = "article"


@dataclass(frozen=True, slots=True)
class Lead:
    """A URL to look at, the kind of page expected there, and where the URL was found (`origin`, for people).

    A page of a JSON list has `json`, the request, and the number of the page; the first is 0.
    """

    url: str
    kind: LeadKind
    origin: str
    json: JsonList | None = None
    number: int = 0

    @property
    def key(self) -> str:
        """A text that differs between different requests."""
        body = self.json.request_parts(self.number)[1] if self.json else None
        return f"{self.url} {body}" if body else self.url


@dataclass(frozen=True, slots=True)
class LeadResponse:
    """The response to a lead.

    A page has a `document`, a feed or sitemap has `entries`; other responses have neither. `body` are the bytes of all
    but pages.
    `url` is the URL after redirects, `location` that of the WARC record.
    """

    lead: Lead
    url: str
    status: int
    location: Location
    document: Document | None = None
    entries: tuple[FeedEntry, ...] = ()
    body: bytes = b""

    @property
    def is_text(self) -> bool:
        """True if it is a script or a page of a JSON list."""
        return self.lead.kind in (LeadKind.SCRIPT, LeadKind.JSON) and self.status == 200
