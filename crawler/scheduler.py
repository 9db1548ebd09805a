"""Scrapy's scheduler over the frontier: what a killed crawl had in hand is all it loses.

Addresses wait in the database. A few at a time are leased, handed to the engine, and settled once the engine is done
with all that came of them: record written, item stored, further requests in the frontier. Redirects, retries and the
further pages of an article belong to the address they began with, and wait in memory.
"""

import json
from collections import deque
from datetime import UTC, datetime
from typing import Any

from scrapy import Request, Spider, signals
from scrapy.core.scheduler import BaseScheduler, Scheduler
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from crawler.fetch_context import META_KEY, FetchContext, LeasedUrl, fetch_context
from crawler.handlers.live import NotKept
from crawler.middlewares.refusals import RequestHeld, RequestRefused, VisitEnding
from crawler.pipelines.failure import stop_crawl
from crawler.spiders.portal import PortalSpider
from crawler.store import StoreError
from crawler.store.frontier import DiscoveredUrl, LeaseResult, UrlKind, UrlLease, UrlState
from crawler.urls import url_key

#: Addresses leased at a time: a commit, and its flush of the disk, for so many pages.
BATCH = 8
#: Addresses found that are held in memory at most before they are written.
FOUND_AT_MOST = 500
#: Statuses that a later visit may find otherwise; any other of the 400s is the server's last word.
_PASSING = (401, 403, 407, 408, 421, 425, 429)


class FrontierScheduler(BaseScheduler):
    """The scheduler of one visit of a portal."""

    def __init__(self, crawler: Crawler, spider: PortalSpider) -> None:
        self._crawler = crawler
        self._spider = spider
        self._frontier = spider.frontier
        self._memory: deque[Request] = deque()
        self._ready: deque[UrlLease] = deque()
        self._found: list[DiscoveredUrl] = []
        self._leased: dict[int, LeasedUrl] = {}
        self._is_dry = False  # nothing waits in the frontier that we have not just put there
        self._is_broken = False  # the store failed: nothing more is asked for
        self._articles = 0
        crawler.signals.connect(self._broke, signals.spider_error)
        crawler.signals.connect(self._broke, signals.item_error)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> BaseScheduler:  # type: ignore[override]
        """The scheduler of a portal's visit; Scrapy's own for `scrapy shell` and spiders of another kind."""
        spider = crawler.spider
        return cls(crawler, spider) if isinstance(spider, PortalSpider) else Scheduler.from_crawler(crawler)

    def open(self, spider: Spider) -> None:
        """Begin the visit, or go on with one that was killed. Raises StoreError."""
        if self._frontier.begin(datetime.now(UTC)):
            spider.logger.info("going on with visit %d, which was cut off", self._frontier.visit)
            self._count("resumed")

    def close(self, reason: str) -> None:
        """Write down what became of everything, and give back what was not come to."""
        if not self._is_broken:
            self._advance(0)
            self._frontier.end()

    def has_pending_requests(self) -> bool:
        """Whether there is more to do in this visit."""
        if self._is_broken or self._has_enough:
            return bool(self._memory)
        return bool(self._memory or self._ready or self._found or not self._is_dry)

    def enqueue_request(self, request: Request) -> bool:
        """Put a request into the frontier, where it is dropped if its address is known; ``False`` for a redirect to
        an address that has a row of its own."""
        leased = fetch_context(request).leased
        if leased is not None and self._leads_elsewhere(request, leased):
            leased.drop_reason = "redirect"
            return False
        if leased is not None or not self._can_be_kept(request):
            self._memory.append(request)
            return True
        self._found.append(found(request, self._spider))
        self._is_dry = False
        if len(self._found) >= FOUND_AT_MOST:
            self._advance(0)
        return True

    def next_request(self) -> Request | None:
        """What to ask for next; ``None`` while all there is is under way."""
        self._write_down_lists()
        if self._memory:
            return self._memory.popleft()
        if self._is_broken or self._has_enough:
            return None
        if not self._ready and not self._is_dry:
            self._advance(BATCH)
        return self._hand_out(self._ready.popleft()) if self._ready else None

    # -- steps -----------------------------------------------------------------------------------------------------

    @property
    def _has_enough(self) -> bool:
        return bool(self._spider.limit) and self._articles >= self._spider.limit

    def _can_be_kept(self, request: Request) -> bool:
        """Whether a request can be made again from what the frontier keeps: its callback has a name of the spider's."""
        return getattr(request.callback, "__self__", None) is self._spider

    def _hand_out(self, lease: UrlLease) -> Request:
        leased = self._leased[lease.id] = LeasedUrl(lease)
        self._articles += lease.kind is UrlKind.ARTICLE
        return request_of(lease, self._spider, leased)

    def _leads_elsewhere(self, request: Request, leased: LeasedUrl) -> bool:
        """Whether a redirect leads to an article that the frontier has by its own name."""
        lease, came_from = leased.lease, request.meta.get("redirect_urls")
        if lease is None or lease.kind is not UrlKind.ARTICLE or not came_from or came_from[0] != lease.url:
            return False
        return url_key(request.url) != url_key(lease.url) and bool(self._frontier.known([request.url]))

    def _write_down_lists(self) -> None:
        """A list that was read is written down at once, in one with what it had: it is not read again after a kill."""
        if self._leased and any(one.lease and one.lease.kind is not UrlKind.ARTICLE for one in self._over()):
            self._advance(0)

    def _over(self) -> list[LeasedUrl]:
        """The addresses that nothing is under way of any more."""
        requests = [*_in_progress(self._crawler), *self._memory]
        busy = {id(fetch_context(request).leased) for request in requests}
        return [leased for leased in self._leased.values() if id(leased) not in busy]

    def _advance(self, number: int) -> None:
        over = self._over()
        keeps = not {"store/failed", "archive/failed"} & self._crawler.stats.get_stats().keys()
        try:
            leases = self._frontier.advance(
                results=[settled(one, keeps=keeps) for one in over],
                discovered=self._found,
                lease=number,
                now=datetime.now(UTC),
            )
        except StoreError as error:
            self._is_broken = True
            stop_crawl(self._crawler, str(error))
            return
        self._found.clear()
        for one in over:
            if one.lease:
                del self._leased[one.lease.id]
        self._ready.extend(leases)
        self._is_dry = number > 0 and not leases

    def _broke(self, failure: Failure, response: Response | Failure) -> None:
        """An error of ours while a page was read or kept: a later visit tries again."""
        request: Request | None = getattr(response, "request", None)
        if request is not None and (leased := fetch_context(request).leased) is not None:
            leased.error = failure.value

    def _count(self, name: str) -> None:
        self._crawler.stats.inc_value(f"frontier/{name}")


def _in_progress(crawler: Crawler) -> set[Request]:
    """Return the requests that the engine is downloading or scraping."""
    engine = crawler.engine
    scraped = engine.scraper.slot.active if engine.scraper.slot else set()
    return engine.downloader.active | scraped


def found(request: Request, spider: Spider) -> DiscoveredUrl:
    """Return the frontier's row for a request: its URL, and as JSON its callbacks by name, Scrapy's meta keys and the
    validators."""
    made, context = request.to_dict(spider=spider), fetch_context(request)
    meta = {name: value for name, value in request.meta.items() if name not in (META_KEY, "depth")}
    if context.validators is not None:
        meta["validators"] = context.validators
    parts = {name: made[name] for name in ("callback", "errback", "cb_kwargs", "dont_filter")} | {"meta": meta}
    referrer = request.headers.get("Referer")
    return DiscoveredUrl(
        url=request.url,
        kind=context.kind,
        priority=request.priority,
        depth=request.meta.get("depth", 0),
        found_on=referrer.decode("latin-1") if referrer else None,
        request=json.dumps(parts, ensure_ascii=False),
        again=request.dont_filter,
    )


def request_of(lease: UrlLease, spider: Spider, leased: LeasedUrl) -> Request:
    """The request of a leased address."""
    parts: dict[str, Any] = json.loads(lease.request or "{}")
    meta: dict[str, Any] = parts.get("meta", {})
    stored = meta.pop("validators", None)
    validators = (stored[0], stored[1]) if stored else None
    context = FetchContext(kind=lease.kind, leased=leased, validators=validators)
    return Request(
        lease.url,
        callback=getattr(spider, parts.get("callback") or "parse_article"),
        errback=getattr(spider, parts.get("errback") or "lost"),
        cb_kwargs=parts.get("cb_kwargs", {}),
        headers={"Referer": lease.found_on} if lease.found_on else {},
        priority=lease.priority,
        meta=context.as_meta(**meta, depth=lease.depth),
        dont_filter=bool(parts.get("dont_filter")),
    )


def settled(leased: LeasedUrl, *, keeps: bool) -> LeaseResult:
    """What became of an address; where nothing can be kept (not `keeps`), it waits as it was."""
    assert leased.lease is not None
    number, error = leased.lease.id, leased.error
    if not keeps or leased.stays_queued or isinstance(error, RequestHeld | VisitEnding):
        return LeaseResult(number, UrlState.QUEUED)
    if leased.drop_reason:
        return LeaseResult(number, UrlState.DROPPED, leased.drop_reason)
    if error is None:
        return LeaseResult(number, UrlState.DONE, aliases=tuple(leased.aliases))
    if isinstance(error, RequestRefused):
        return LeaseResult(number, UrlState.DROPPED, error.decision.rule)
    if isinstance(error, NotKept):
        return LeaseResult(number, UrlState.DROPPED, "not_kept")
    if isinstance(error, HttpError) and 400 <= error.response.status < 500 and error.response.status not in _PASSING:
        return LeaseResult(number, UrlState.DROPPED, str(error.response.status))
    return LeaseResult(number, UrlState.QUEUED, type(error).__name__, failed=True)
