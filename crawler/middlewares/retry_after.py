"""What a server's troubles do to the visit: a note in the ledger, and its end when the host needs a long rest.

The pause itself is kept by the throttle; Scrapy's retries, which come after this one, wait it out like anybody else.
"""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.middlewares.politeness import Politeness
from crawler.politeness.decision import Decision, Verdict

#: The close reason of a visit that ended since the host needs a rest.
CLOSE_REASON = "host_backoff"


class RetryAfterMiddleware:
    """Looks at the throttle of the host after each answer and ends the visit where it must be."""

    def __init__(self, politeness: Politeness) -> None:
        self._politeness = politeness
        self._noted: dict[str, float] = {}

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Politeness.of(crawler))

    def process_response(self, request: Request, response: Response) -> Response:
        self._look(request)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        self._look(request)

    def _look(self, request: Request) -> None:
        politeness = self._politeness
        key = self._politeness.key(request.url)
        throttle, now = politeness.throttles.get(key), politeness.clock.now()
        if throttle.paused_until <= now or self._noted.get(key) == throttle.paused_until:
            return
        self._noted[key] = throttle.paused_until
        spent = throttle.is_spent(politeness.policy)
        long = throttle.paused_until - now > politeness.max_pause
        politeness.record(
            Decision(
                verdict=Verdict.HELD if spent or long else Verdict.DELAYED,
                host=key,
                rule="backoff.strikes" if spent else "backoff.pause",
                evidence=f"{throttle.cause} ({throttle.strikes} in a row)",
                at=now,
                until=throttle.paused_until,
                url=request.url,
            )
        )
        if (spent or long) and politeness.site.owns(request.url):
            politeness.end_visit(CLOSE_REASON)
