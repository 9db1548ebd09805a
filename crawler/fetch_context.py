"""Everything the project attaches to one Scrapy request, typed, under one key of ``request.meta``."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from scrapy import Request
from scrapy.http import Response

from archive import IndexEntry, Location
from crawler.politeness.opt_outs import OptOut
from crawler.report_states import STORED, ArticleState, Fate, ListState
from crawler.store.frontier_urls import UrlKind, UrlLease

#: The key in ``request.meta``.
META_KEY = "fetch_context"

#: ETag and Last-Modified of a stored copy, each as the server sent it.
ValidatorPair = tuple[str | None, str | None]


@dataclass(slots=True)
class LeasedUrl:
    """A URL leased from the frontier, and the outcome of its crawl so far.

    One object is shared by all requests made for the URL: redirects, retries, further pages of an article, page
    requisites. The URL is finished once none of them is in progress.

    `error` is the failure, `drop_reason` why the URL is not wanted any more. `stays_queued` is true if some of its
    links are left for a later visit. `aliases` are other URLs of the same page. `missing_part` describes the pages of a
    multi-page article that were not read.

    For the visit's report: `fate` is the end state if no error decides it; `wall` the kind of block page that the
    server sent instead, such as ``captcha`` (the URL stays queued, for as many visits as it takes). For a list:
    `list_url` is the first page if this one continues it, `articles` the number of article links found, `new_articles`
    those not known before, `news_articles` the news that this visit found, in this list or another one, and `given_up`
    the URLs of those that failed too often to be requested again.
    """

    lease: UrlLease | None
    error: BaseException | None = None
    drop_reason: str | None = None
    stays_queued: bool = False
    aliases: set[str] = field(default_factory=set)
    missing_part: str | None = None
    fate: Fate | None = None
    wall: str | None = None
    list_url: str | None = None
    articles: int = 0
    new_articles: int = 0
    news_articles: int = 0
    given_up: list[str] = field(default_factory=list)

    def note_wall(self, kind: str, evidence: str) -> None:
        """Note that the server sent a page of this kind instead of the one requested."""
        is_article = self.lease is None or self.lease.kind not in (UrlKind.LIST, UrlKind.FEED)
        self.wall = kind
        self.fate = Fate(ArticleState.LOST if is_article else ListState.UNREADABLE, f"wall.{kind}", evidence)

    @property
    def is_stored(self) -> bool:
        """True if an item of the URL is in the store."""
        return self.fate is not None and self.fate.state in STORED


@dataclass(slots=True, kw_only=True)
class FetchContext:
    """The purpose of one request, its running totals, and the outcome of its latest attempt.

    Scrapy copies ``request.meta`` shallowly, so a redirect or retry starts with the context object of the request it
    replaces. The download handler then calls `begin_attempt`, which gives the new request its own context: purpose and
    totals are copied, the outcome is cleared.

    Purpose, set when the request is made:
    `kind` is the kind of document expected; `leased` the frontier URL it belongs to (``None`` without a frontier);
    `dated` is the time of the article or sitemap as its list says; `validators` make it conditional;
    `continues_article` marks a further page of a multi-page article; `requisite_of` is the URL of the page that needs
    this image, style sheet or font (it may be on any host, and counts towards the visit's bytes and minutes but not its
    pages); `robots_of` is the origin whose robots.txt it fetches (it may be redirected off the site); `tdm_of` is the
    URL of the tdmrep.json it fetches. Offline, `record` is the index entry to answer with, or else `captured_near` the
    time the capture should be closest to.

    Totals over all attempts:
    `is_charged` is true once the visit's page budget was charged; `robots_bytes` counts received bytes of a robots.txt;
    `has_new_cookie` is true once a redirect has set a cookie.

    Outcome of the latest attempt:
    `capture` is the location of its record; `wire_answer` the status and size in bytes on the wire, also of an answer
    that was cut off or not kept; `stated_opt_outs` the opt-outs of the page if they were read before it was kept;
    `opt_outs` those plus the ones in the host's files; `nofollow_links` the number of links skipped as rel=nofollow.
    """

    kind: UrlKind = UrlKind.PAGE
    leased: LeasedUrl | None = None
    dated: datetime | None = None
    validators: ValidatorPair | None = None
    continues_article: bool = False
    requisite_of: str | None = None
    robots_of: str | None = None
    tdm_of: str | None = None
    record: IndexEntry | None = None
    captured_near: datetime | None = None

    is_charged: bool = False
    robots_bytes: int = 0
    has_new_cookie: bool = False

    capture: Location | None = None
    wire_answer: tuple[int | None, int] | None = None
    stated_opt_outs: tuple[OptOut, ...] | None = None
    opt_outs: tuple[OptOut, ...] | None = None
    nofollow_links: int = 0

    def as_meta(self, **scrapy_keys: Any) -> dict[str, Any]:
        """Return the ``meta`` of a new request: this context, and Scrapy's own keys as given."""
        return {META_KEY: self, **scrapy_keys}

    def require_capture(self) -> Location:
        """Return `capture`. Raises LookupError if the response was not captured."""
        if self.capture is None:
            raise LookupError("the response has no capture: a download handler of crawler.handlers must fetch it")
        return self.capture


def fetch_context(of: Request | Response) -> FetchContext:
    """Return the context of a request or of a response's request; a request without one gets an empty one."""
    meta: dict[str, Any] = of.meta
    context: FetchContext | None = meta.get(META_KEY)
    if context is None:
        context = meta[META_KEY] = FetchContext()
    return context


def begin_attempt(request: Request) -> FetchContext:
    """Give `request` a context of its own, without the outcome of an earlier attempt, and return it."""
    context: FetchContext = replace(
        fetch_context(request),
        capture=None,
        wire_answer=None,
        stated_opt_outs=None,
        opt_outs=None,
        nofollow_links=0,
    )
    request.meta[META_KEY] = context
    return context


def leased_url(of: Request | Response) -> LeasedUrl:
    """Return the frontier URL a request or response belongs to; offline, where there is no frontier, a dummy."""
    return fetch_context(of).leased or LeasedUrl(None)
