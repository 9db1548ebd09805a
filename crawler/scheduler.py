"""A Scrapy scheduler with its queue in the frontier: a killed crawl repeats only its requests in progress.

URLs wait in the database. A few at a time are leased and passed to the engine. A lease ends once everything that
follows from it is finished: record written, item stored, new requests in the frontier. Redirects, retries and further
pages of an article belong to the lease of the URL they began with, and wait in memory.
"""

import json
from collections import deque
from typing import Any
from urllib.parse import quote

from scrapy import Request, Spider
from scrapy.core.scheduler import BaseScheduler, Scheduler
from scrapy.crawler import Crawler
from scrapy.spidermiddlewares.httperror import HttpError

from crawler.discovery.walls import find_redirect_target
from crawler.fetch_context import META_KEY, FetchContext, LeasedUrl, fetch_context
from crawler.handlers.live import NotKept
from crawler.middlewares.refusals import RequestHeld, RequestRefused, VisitEnding
from crawler.pipelines.failure import stop_crawl
from crawler.report_states import ArticleState, Fate, ListState
from crawler.spiders.portal import PortalSpider
from crawler.store import StoreError
from crawler.store.frontier import POSTPONED_PRIORITY
from crawler.store.frontier_urls import DiscoveredUrl, LeaseResult, UrlKind, UrlLease, UrlPriority, UrlState
from crawler.urls import url_key
from crawler.visit_report import VisitReport

#: Articles of a list that are requested before the rest of it is read.
LONG_LIST = 1_000
#: URLs leased at a time. Each batch costs one commit, with a flush to disk.
BATCH_SIZE = 8
#: Walls in a row after which no more articles that were behind a wall before are requested in a visit.
MAX_WALLS = 10
#: Maximum number of discovered URLs kept in memory before they are written.
MAX_UNWRITTEN = 500
#: Statuses that say that there is no such page. After any other one the URL is requested again in later visits.
_FINAL_STATUSES = (404, 410, 414)
#: The status of articles, too, that a list shows before their pages are published.
_NOT_FOUND = 404
#: Statuses of firewalls that challenge the client. They say nothing about the page, which is never given up for them.
_CHALLENGES = (412, 521)


class FrontierScheduler(BaseScheduler):
    """The scheduler of one visit of a portal."""

    def __init__(self, crawler: Crawler, spider: PortalSpider) -> None:
        self._crawler = crawler
        self._spider = spider
        self._frontier = spider.frontier
        self._in_memory: deque[Request] = deque()
        self._unused_leases: deque[UrlLease] = deque()
        self._unwritten: list[DiscoveredUrl] = []
        self._leased: dict[int, LeasedUrl] = {}
        self._frontier_is_empty = False  # it had no more URLs to lease
        self._is_broken = False  # the store failed: no more requests
        self._has_planned = False  # the articles to read again were queued
        self._articles = 0
        self._walls_in_a_row = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> BaseScheduler:  # type: ignore[override]
        """Return a scheduler for a portal's visit, or Scrapy's own for `scrapy shell` and other kinds of spiders."""
        spider = crawler.spider
        return cls(crawler, spider) if isinstance(spider, PortalSpider) else Scheduler.from_crawler(crawler)

    def open(self, spider: Spider) -> None:
        """Begin the visit, or resume one that was killed. Raises StoreError."""
        self._report = VisitReport.of(self._crawler)
        if self._frontier.begin():
            spider.logger.info("resuming visit %d, which was interrupted", self._frontier.visit)
            self._count("resumed")
            for settled in self._frontier.settled_before():
                self._report.resume(settled)

    def close(self, reason: str) -> None:
        """Write all results, return unused leases to the frontier, and complete the visit's report."""
        if not self._is_broken:
            self._advance_frontier(0)
        left = None if self._is_broken else self._end_visit()
        if reason == "finished":
            reason = "limit" if self._is_limit_reached else "walls" if self._is_walled_off else reason
        self._report.complete(reason, found=self._frontier.articles_found, left=left)

    def _end_visit(self) -> int | None:
        """End the frontier's visit. Return the number of articles left for a later one, ``None`` if the store fails."""
        try:
            self._frontier.end()
            for url, request in self._frontier.waiting_lists():
                self._report.leave_list(url, json.loads(request or "{}").get("cb_kwargs", {}).get("section"))
            return self._frontier.count_waiting_articles()
        except StoreError as error:
            self._fail(error)
            return None

    def has_pending_requests(self) -> bool:
        """True if this visit has more requests to make."""
        if not self._can_store or self._has_enough:
            return bool(self._in_memory)
        is_done = self._frontier_is_empty and self._has_planned
        return bool(self._in_memory or self._unused_leases or self._unwritten or not is_done)

    def enqueue_request(self, request: Request) -> bool:
        """Put a request into the frontier, which drops it if its URL is known.

        Return False for a redirect to a URL that is in the frontier already.
        """
        leased = fetch_context(request).leased
        if leased is not None and self._is_redirect_to_known_url(request, leased):
            requested = request.meta["redirect_urls"][0]
            if wall := find_redirect_target(requested, request.url, home=self._spider.site.home):
                leased.note_wall(wall.kind, wall.evidence)
            else:
                leased.drop_reason = "redirect"
                leased.fate = Fate(ArticleState.NOT_ARTICLE, "redirect_known")
            return False
        if leased is not None or not self._can_be_stored(request):
            self._in_memory.append(request)
            return True
        self._unwritten.append(discovered_url(request))
        self._frontier_is_empty = False
        if len(self._unwritten) >= MAX_UNWRITTEN:
            self._advance_frontier(0)
        return True

    def next_request(self) -> Request | None:
        """Return the next request, or ``None`` while there are only requests in progress."""
        self._write_finished_lists()
        if self._in_memory:
            return self._in_memory.popleft()
        if not self._can_store or self._has_enough:
            return None
        if not self._unused_leases and not self._frontier_is_empty:
            self._advance_frontier(BATCH_SIZE)
        self._plan_rereads()
        while (lease := self._take_lease()) is not None:
            if (request := self._start_lease(lease)) is not None:
                return request
        return None

    # -- steps -----------------------------------------------------------------------------------------------------

    @property
    def _can_store(self) -> bool:
        """False once the store or the archive has failed: no more requests."""
        stats = self._crawler.stats.get_stats()
        return not (self._is_broken or "store/failed" in stats or "archive/failed" in stats)

    @property
    def _has_enough(self) -> bool:
        return self._is_limit_reached or self._spider.has_broken_class or self._is_walled_off

    @property
    def _is_limit_reached(self) -> bool:
        return bool(self._spider.limit) and self._articles >= self._spider.limit

    @property
    def _is_walled_off(self) -> bool:
        """True if only articles behind walls are left and the site still shows walls: a later visit tries again."""
        waiting = self._unused_leases
        return self._walls_in_a_row >= MAX_WALLS and bool(waiting) and waiting[0].priority <= POSTPONED_PRIORITY

    def _count_wall(self, leased: LeasedUrl) -> None:
        if leased.lease is not None and leased.lease.kind is UrlKind.ARTICLE:
            self._walls_in_a_row = self._walls_in_a_row + 1 if leased.wall else 0

    def _can_be_stored(self, request: Request) -> bool:
        """True if a request can be rebuilt from the frontier, because its callback is a method of the spider."""
        return getattr(request.callback, "__self__", None) is self._spider

    def _plan_rereads(self) -> None:
        """Queue the articles that are due to be read again, once: when lists and news are done."""
        waits = self._unwritten or self._has_lists_in_progress
        if self._has_planned or waits or (self._unused_leases and self._unused_leases[0].priority > UrlPriority.REREAD):
            return
        self._has_planned = True
        for request in self._spider.make_reread_requests():
            self.enqueue_request(request)
        if not self._unused_leases and not self._frontier_is_empty:
            self._advance_frontier(BATCH_SIZE)

    @property
    def _has_lists_in_progress(self) -> bool:
        """True if a list is requested or read. One with very many articles does not make them wait for its end."""
        lists = (one for one in self._leased.values() if one.lease and one.lease.priority == UrlPriority.LIST)
        return any(one.articles < LONG_LIST for one in lists)

    def _take_lease(self) -> UrlLease | None:
        """Return the next lease; ``None`` while lists are read that may have news.

        A page of a kind never seen waits while another of its kind is read.
        """
        is_list = bool(self._unused_leases) and self._unused_leases[0].priority == UrlPriority.LIST
        if self._has_lists_in_progress and not is_list:
            return None
        in_progress: set[str] | None = None
        for position, lease in enumerate(self._unused_leases):
            shape = self._spider.paths.find_unknown_shape(lease.url) if lease.kind is UrlKind.ARTICLE else None
            if shape is not None and in_progress is None:
                in_progress = self._find_shapes_in_progress()
            if shape is None or shape not in (in_progress or ()):
                del self._unused_leases[position]
                return lease
        return None

    def _is_known_list(self, url: str) -> bool:
        """True if several pages of this shape were read and none was an article: `url` need not be requested."""
        return self._spider.paths.recall(url) is False and not self._spider.store.articles.is_known(url)

    def _find_shapes_in_progress(self) -> set[str]:
        requests = [*_find_in_progress(self._crawler), *self._in_memory]
        leases = [leased.lease for one in requests if (leased := fetch_context(one).leased) is not None]
        shapes = (self._spider.paths.find_unknown_shape(lease.url) for lease in leases if lease is not None)
        return {shape for shape in shapes if shape is not None}

    def _start_lease(self, lease: UrlLease) -> Request | None:
        """Return the request of a leased URL, or ``None`` if its URL cannot be requested."""
        leased = self._leased[lease.id] = LeasedUrl(lease)
        if lease.kind is UrlKind.ARTICLE and self._is_known_list(lease.url):
            leased.drop_reason = "list_page"
            leased.fate = Fate(ArticleState.NOT_ARTICLE, "list_page")
            return None
        self._articles += lease.kind is UrlKind.ARTICLE
        try:
            return request_of(lease, self._spider, leased)
        except ValueError as error:
            leased.drop_reason = "not_a_url"
            state = ListState.REFUSED if lease.kind in (UrlKind.LIST, UrlKind.FEED) else ArticleState.REFUSED
            leased.fate = Fate(state, "link.broken", str(error))
            return None

    def _is_redirect_to_known_url(self, request: Request, leased: LeasedUrl) -> bool:
        """True if an article redirects to a URL that has its own row in the frontier."""
        lease, redirected_from = leased.lease, request.meta.get("redirect_urls")
        if lease is None or lease.kind is not UrlKind.ARTICLE or not redirected_from or redirected_from[0] != lease.url:
            return False
        return url_key(request.url) != url_key(lease.url) and bool(self._frontier.find_known([request.url]))

    def _write_finished_lists(self) -> None:
        """Write a finished list at once, with the URLs found in it, so that a resumed visit skips it."""
        if (
            self._leased
            and self._can_store
            and any(one.lease and one.lease.kind is not UrlKind.ARTICLE for one in self._find_finished())
        ):
            self._advance_frontier(0)

    def _find_finished(self) -> list[LeasedUrl]:
        """Return the leased URLs that have no requests left, in progress or waiting."""
        requests = [*_find_in_progress(self._crawler), *self._in_memory]
        busy = {id(fetch_context(request).leased) for request in requests}
        return [leased for leased in self._leased.values() if id(leased) not in busy]

    def _advance_frontier(self, number: int) -> None:
        """Write finished and discovered URLs, and lease up to `number` new ones.

        If nothing can be stored any more, only articles that are stored have a result. The others stay leased, so that
        the next crawl reads what was captured of them.
        """
        finished = self._find_finished()
        if not self._can_store:
            finished = [one for one in finished if one.is_stored]
        try:
            leases = self._frontier.advance(
                results=[result_of(one) for one in finished], discovered=self._unwritten, lease=number
            )
        except StoreError as error:
            self._fail(error)
            return
        self._unwritten.clear()
        for one in finished:
            if one.lease:
                del self._leased[one.lease.id]
                self._report.settle(one)
                self._count_wall(one)
        self._unused_leases.extend(leases)
        self._frontier_is_empty = number > 0 and not leases

    def _fail(self, error: StoreError) -> None:
        self._is_broken = True
        stop_crawl(self._crawler, str(error))

    def _count(self, name: str) -> None:
        self._crawler.stats.inc_value(f"frontier/{name}")


def _find_in_progress(crawler: Crawler) -> set[Request]:
    """Return the requests that the engine is downloading or scraping."""
    engine = crawler.engine
    scraped = engine.scraper.slot.active if engine.scraper.slot else set()
    return engine.downloader.active | scraped


def discovered_url(request: Request) -> DiscoveredUrl:
    """Return the frontier's entry for a request.

    Its JSON holds the names of callback and errback, their arguments, Scrapy's meta keys and the validators.
    """
    context = fetch_context(request)
    meta = {name: value for name, value in request.meta.items() if name not in (META_KEY, "depth")}
    if context.validators is not None:
        meta["validators"] = context.validators
    parts = {
        "callback": _name_of(request.callback),
        "errback": _name_of(request.errback),
        "cb_kwargs": request.cb_kwargs,
        "dont_filter": request.dont_filter,
        "meta": meta,
    }
    if request.method != "GET":
        headers = {"Content-Type": (request.headers.get("Content-Type") or b"").decode("latin-1")}
        body = request.body.decode("utf-8", "replace")
        parts["sent"] = {"url": request.url, "method": request.method, "body": body, "headers": headers}
    referrer = request.headers.get("Referer")
    return DiscoveredUrl(
        url=_frontier_url(request),
        kind=context.kind,
        priority=request.priority,
        dated=context.dated,
        depth=request.meta.get("depth", 0),
        found_on=referrer.decode("latin-1") if referrer else None,
        request=json.dumps(parts, ensure_ascii=False),
        is_wanted_again=request.dont_filter,
    )


def _name_of(method: Any) -> str | None:
    """Return the name of a spider's method. Scrapy's `Request.to_dict` searches for it, which takes long."""
    return None if method is None else str(method.__name__)


def _frontier_url(request: Request) -> str:
    """Return the URL of a request in the frontier: other methods and bodies are other documents, as in the archive."""
    if request.method == "GET":
        return request.url
    method = f"__wb_method={request.method}&{quote(request.body, safe='=&')}"
    return f"{request.url}{'&' if '?' in request.url else '?'}{method}"


def request_of(lease: UrlLease, spider: Spider, leased: LeasedUrl) -> Request:
    """Rebuild the request of a leased URL."""
    parts: dict[str, Any] = json.loads(lease.request or "{}")
    meta: dict[str, Any] = parts.get("meta", {})
    stored = meta.pop("validators", None)
    validators = (stored[0], stored[1]) if stored else None
    leased.list_url = parts.get("cb_kwargs", {}).get("section")
    context = FetchContext(kind=lease.kind, leased=leased, validators=validators)
    sent: dict[str, Any] = parts.get("sent", {})
    referrer = {"Referer": lease.found_on} if lease.found_on else {}
    return Request(
        sent.get("url", lease.url),
        method=sent.get("method", "GET"),
        body=sent.get("body"),
        callback=getattr(spider, parts.get("callback") or "parse_article"),
        errback=getattr(spider, parts.get("errback") or "lost"),
        cb_kwargs=parts.get("cb_kwargs", {}),
        headers={**referrer, **sent.get("headers", {})},
        priority=lease.priority,
        meta=context.as_meta(**meta, depth=lease.depth),
        dont_filter=bool(parts.get("dont_filter")),
    )


def result_of(leased: LeasedUrl) -> LeaseResult:
    """Return the result of a lease."""
    assert leased.lease is not None
    number, error = leased.lease.id, leased.error
    if leased.stays_queued or isinstance(error, RequestHeld | VisitEnding):
        return LeaseResult(number, UrlState.QUEUED)
    if leased.wall:
        is_article = leased.lease.kind is UrlKind.ARTICLE
        return LeaseResult(number, UrlState.QUEUED, f"wall.{leased.wall}", is_postponed=is_article)
    if leased.drop_reason:
        return LeaseResult(number, UrlState.DROPPED, leased.drop_reason)
    if error is None:
        return LeaseResult(number, UrlState.DONE, aliases=tuple(leased.aliases))
    if isinstance(error, RequestRefused):
        return LeaseResult(number, UrlState.DROPPED, error.decision.rule)
    if isinstance(error, NotKept):
        return LeaseResult(number, UrlState.DROPPED, "not_kept")
    status = error.response.status if isinstance(error, HttpError) else None
    if status == _NOT_FOUND and leased.lease.kind is UrlKind.ARTICLE:
        return LeaseResult(number, UrlState.QUEUED, str(status), has_failed=True)
    if status in _FINAL_STATUSES:
        return LeaseResult(number, UrlState.DROPPED, str(status))
    if status in _CHALLENGES:
        return LeaseResult(number, UrlState.QUEUED, f"status.{status}")
    reason = f"status.{status}" if status is not None else type(error).__name__
    return LeaseResult(number, UrlState.QUEUED, reason, has_failed=True)
