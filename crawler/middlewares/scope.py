"""Only the site's own pages, only over HTTP, and no address of an odd or endless kind."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response

from crawler.fetch_context import fetch_context
from crawler.handlers.recorder import site_of
from crawler.middlewares.politeness import Politeness
from crawler.middlewares.refusals import RequestRefused
from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.scope import refusal
from crawler.politeness.traps import TrapWatch


class ScopeMiddleware:
    """Refuses requests out of scope: links, redirects and retries alike, since all of them pass here."""

    def __init__(self, politeness: Politeness) -> None:
        self._politeness = politeness
        self._traps = TrapWatch()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not site_of(crawler).hosts:
            raise NotConfigured("the spider has no site, so nothing is out of scope")
        return cls(Politeness.of(crawler))

    def process_request(self, request: Request) -> None:
        """Raises RequestRefused."""
        site, now = self._politeness.site, self._politeness.clock.now()
        elsewhere = _may_leave_site(request)
        owned = elsewhere or site.owns(request.url)
        found = refusal(request.url, owned=owned, site_is_loopback=site.is_loopback)
        if found is None and not elsewhere:
            found = self._traps.refusal(request.url, now)
        if found is None:
            return
        rule, evidence = found
        decision = Decision(
            verdict=Verdict.REFUSED,
            host=site.name,
            rule=rule,
            evidence=evidence,
            at=now,
            url=request.url,
        )
        self._politeness.record(decision)
        raise RequestRefused(decision)

    def process_response(self, request: Request, response: Response) -> Response:
        """Remember the page, so that one of too many that are the same is known for it."""
        if response.status == 200 and not _may_leave_site(request):
            self._traps.record_page(request.url, response.body)
        return response


def _may_leave_site(request: Request) -> bool:
    """True if the request is for a robots.txt or a page requisite, which may be on any host."""
    context = fetch_context(request)
    return context.robots_of is not None or context.requisite_of is not None
