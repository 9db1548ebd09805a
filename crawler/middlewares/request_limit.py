"""A crawl that makes a number of requests and no more, whatever they are for."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.middlewares.politeness import Politeness
from crawler.middlewares.refusals import RequestHeld
from crawler.politeness.decision import Decision, Verdict

#: Statistic: requests made.
REQUESTS_MADE = "request_limit/made"


class RequestLimitMiddleware:
    """Counts every request on its way to a socket, those for robots.txt, redirects and retries too, and holds those
    beyond ``REQUEST_LIMIT``. Beside the throttle, so that nothing comes behind it."""

    def __init__(self, politeness: Politeness, limit: int) -> None:
        self._politeness = politeness
        self._limit = limit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Politeness.of(crawler), crawler.settings.getint("REQUEST_LIMIT"))

    def process_request(self, request: Request) -> None:
        """Raises RequestHeld once all requests are made."""
        politeness = self._politeness
        if politeness.stats.get_value(REQUESTS_MADE, 0) < self._limit:
            politeness.stats.inc_value(REQUESTS_MADE)
            return
        decision = Decision(
            verdict=Verdict.HELD,
            host=politeness.key(request.url),
            rule="budget.requests",
            evidence=f"all {self._limit} requests of this look are made",
            at=politeness.clock.now(),
            url=request.url,
        )
        politeness.record(decision)
        raise RequestHeld(decision)
