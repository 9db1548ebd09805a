"""The hours in which a site may be visited. Outside them no request is made, not even for its robots.txt."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured

from crawler.middlewares.politeness import Politeness
from crawler.middlewares.refusals import RequestHeld
from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.hours import Hours

#: The close reason of a visit that reached the end of the site's hours, or began outside them.
CLOSE_REASON = "closed_hours"


class HoursMiddleware:
    """Holds every request outside the site's hours and ends the visit."""

    def __init__(self, politeness: Politeness, hours: Hours) -> None:
        self._politeness = politeness
        self._hours = hours

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        politeness = Politeness.of(crawler)
        site = politeness.config.site
        if site.hours is None:
            raise NotConfigured("the site may be visited at any hour")
        return cls(politeness, Hours.parse(site.hours, site.timezone or "UTC"))

    def process_request(self, request: Request) -> None:
        """Let the request pass within the site's hours. Raises RequestHeld outside them."""
        politeness, site = self._politeness, self._politeness.config.site
        now = politeness.clock.now()
        if self._hours.is_open(now):
            return
        decision = Decision(
            verdict=Verdict.HELD,
            host=politeness.hosts.key(request.url),
            rule="hours.closed",
            evidence=f"the site may be requested {site.hours} {site.timezone or 'UTC'}",
            at=now,
            until=self._hours.opens_at(now),
            url=request.url,
        )
        if not politeness.visit.is_ending():  # one entry in the ledger is enough
            politeness.log.record(decision)
        politeness.visit.end(CLOSE_REASON)
        raise RequestHeld(decision)
