"""A limit on the requests of a whole crawl, of any purpose."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.middlewares.politeness import Politeness
from crawler.middlewares.refusals import RequestHeld
from crawler.politeness.decision import Decision, Verdict

#: Statistic: number of requests made.
REQUESTS_MADE = "request_limit/made"


class RequestLimitMiddleware:
    """Holds requests beyond ``REQUEST_LIMIT``.

    Every request on its way to a socket counts: robots.txt, redirects and retries too. So it is next to the throttle.
    """

    def __init__(self, politeness: Politeness, limit: int) -> None:
        self._politeness = politeness
        self._limit = limit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Politeness.of(crawler), crawler.settings.getint("REQUEST_LIMIT"))

    def process_request(self, request: Request) -> None:
        """Count the request. Raises RequestHeld once the limit is reached."""
        politeness, stats = self._politeness, self._politeness.log.stats
        if stats.get_value(REQUESTS_MADE, 0) < self._limit:
            stats.inc_value(REQUESTS_MADE)
            return
        decision = Decision(
            verdict=Verdict.HELD,
            host=politeness.hosts.key(request.url),
            rule="budget.requests",
            evidence=f"all {self._limit} requests of this survey were made",
            at=politeness.clock.now(),
            url=request.url,
        )
        politeness.log.record(decision)
        raise RequestHeld(decision)
