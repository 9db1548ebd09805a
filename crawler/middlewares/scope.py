"""Scope of a crawl: only the site's own pages, only over HTTP, and no odd or endless URLs."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.fetch_context import fetch_context
from crawler.handlers.recorder import site_of
from crawler.middlewares.politeness import Politeness
from crawler.middlewares.refusals import RequestRefused
from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.scope import find_refusal
from crawler.politeness.traps import QueryWatch, Refusal, find_endless_url
from crawler.store.frontier_urls import UrlKind


class ScopeMiddleware:
    """Refuses requests out of scope. Links, redirects and retries all pass here."""

    def __init__(self, politeness: Politeness) -> None:
        self._politeness = politeness
        self._queries = QueryWatch()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not site_of(crawler).hosts:
            raise NotConfigured("the spider has no site, so nothing is out of scope")
        return cls(Politeness.of(crawler))

    def process_request(self, request: Request) -> None:
        """Let the request pass if it is in scope. Raises RequestRefused if not."""
        site, now = self._politeness.config.site, self._politeness.clock.now()
        may_leave_site = _may_leave_site(request)
        is_owned = may_leave_site or site.owns(request.url)
        refusal = find_refusal(request.url, is_owned=is_owned, is_loopback_site=site.is_loopback)
        if refusal is None and not may_leave_site:
            refusal = self._find_trap(request, now)
        if refusal is None:
            return
        rule, evidence = refusal
        decision = Decision(
            verdict=Verdict.REFUSED,
            host=site.name,
            rule=rule,
            evidence=evidence,
            at=now,
            url=request.url,
        )
        self._politeness.log.record(decision)
        raise RequestRefused(decision)

    def _find_trap(self, request: Request, now: float) -> Refusal | None:
        """Return rule and evidence if a request leads into a trap.

        Feeds and sitemaps are no traps, since the site made them for crawlers. Queries are not counted for articles and
        lists: a list ends once it yields no new articles.
        """
        kind = fetch_context(request).kind
        if kind is UrlKind.FEED:
            return None
        endless = find_endless_url(request.url, now)
        return endless or (self._queries.find_refusal(request.url) if kind is UrlKind.PAGE else None)


def _may_leave_site(request: Request) -> bool:
    """True if the request is for a robots.txt or a page requisite, which may be on any host."""
    context = fetch_context(request)
    return context.robots_of is not None or context.requisite_of is not None
