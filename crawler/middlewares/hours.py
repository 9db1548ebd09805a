"""The hours in which a site may be visited: outside of them nothing is asked for, not even its robots.txt."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.middlewares.politeness import Politeness
from crawler.middlewares.refusals import RequestHeld
from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.hours import Hours

#: The close reason of a visit that came to the end of the site's hours, or before their beginning.
CLOSE_REASON = "closed_hours"


class HoursMiddleware:
    """Holds every request outside the site's hours and ends the visit."""

    def __init__(self, politeness: Politeness, hours: Hours) -> None:
        self._politeness = politeness
        self._hours = hours

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        politeness = Politeness.of(crawler)
        site = politeness.site
        if site.hours is None:
            raise NotConfigured("the site may be visited at any hour")
        return cls(politeness, Hours.parse(site.hours, site.timezone or "UTC"))

    def process_request(self, request: Request) -> None:
        """Raises RequestHeld."""
        politeness, now = self._politeness, self._politeness.clock.now()
        if self._hours.is_open(now):
            return
        decision = Decision(
            verdict=Verdict.HELD,
            host=politeness.key(request.url),
            rule="hours.closed",
            evidence=f"the site may be asked {politeness.site.hours} {politeness.site.timezone or 'UTC'}",
            at=now,
            until=self._hours.opens_at(now),
            url=request.url,
        )
        if not politeness.is_ending():  # once is enough for the ledger
            politeness.record(decision)
        politeness.end_visit(CLOSE_REASON)
        raise RequestHeld(decision)
