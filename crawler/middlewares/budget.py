"""The pages one visit may ask for: the site's budget, less where its hosts want long delays."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.middlewares.politeness import ROBOTS_OF, Politeness
from crawler.middlewares.refusals import RequestHeld
from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.keys import politeness_key
from crawler.politeness.pacing import page_budget

#: The close reason of a visit whose budget is spent.
CLOSE_REASON = "page_budget"


class BudgetMiddleware:
    """Counts the visit's page requests, retries and redirects too, and ends it when there are enough."""

    def __init__(self, politeness: Politeness) -> None:
        self._politeness = politeness
        self._asked = 0

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Politeness.of(crawler))

    def process_request(self, request: Request) -> None:
        """Raises RequestHeld once the budget is spent."""
        if ROBOTS_OF in request.meta:
            return
        politeness = self._politeness
        key = politeness_key(request.url)
        delay = max(politeness.paces.get(key).crawl_delays.values(), default=None)
        budget = page_budget(politeness.site.max_pages, delay)
        if self._asked < budget:
            self._asked += 1
            return
        shortened = f", for a Crawl-delay of {delay:g} s" if budget < politeness.site.max_pages else ""
        decision = Decision(
            verdict=Verdict.SHORTENED,
            host=key,
            rule="budget.pages",
            evidence=f"{budget} pages of at most {politeness.site.max_pages} asked for{shortened}",
            at=politeness.clock.now(),
            url=request.url,
        )
        if not politeness.is_ending():  # once is enough for the ledger
            politeness.record(decision)
        politeness.end_visit(CLOSE_REASON)
        raise RequestHeld(decision)
