"""What one visit may take: the site's budgets, fewer pages where its hosts want long delays."""

from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.fetch_context import fetch_context
from crawler.middlewares.politeness import Politeness
from crawler.middlewares.refusals import RequestHeld
from crawler.politeness.budgets import DayBudget, VisitBudget
from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.delays import page_budget

#: The close reason of a visit whose budget is spent.
CLOSE_REASON = "page_budget"


class BudgetMiddleware:
    """Counts the visit's page requests, retries and redirects too, and ends it when there are enough. A page's
    requisites count in bytes and minutes only: they are as many as the page has, not as many as the visit asks for."""

    def __init__(self, politeness: Politeness) -> None:
        self._politeness = politeness
        self._asked = 0
        self._began: float | None = None
        site, store = politeness.site, politeness.store
        self._day: DayBudget | None = None
        if site.max_pages_a_day is not None and store is not None:
            self._day = DayBudget(store.hosts, site.name, site.max_pages_a_day, site.timezone or "UTC")
            politeness.at_close.append(self._day.close)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Politeness.of(crawler))

    def process_request(self, request: Request) -> None:
        """Raises RequestHeld once the budget is spent."""
        context = fetch_context(request)
        if context.robots_of is not None:
            return
        politeness, now = self._politeness, self._politeness.clock.now()
        self._began = now if self._began is None else self._began
        spent = self._spent(request, now)
        if spent is None:
            self._asked += context.requisite_of is None
            context.is_charged = True
            return
        rule, evidence = spent
        decision = Decision(
            verdict=Verdict.SHORTENED,
            host=politeness.key(request.url),
            rule=rule,
            evidence=evidence,
            at=now,
            url=request.url,
        )
        if not politeness.is_ending():  # once is enough for the ledger
            politeness.record(decision)
        politeness.end_visit(CLOSE_REASON, gently=True)
        raise RequestHeld(decision)

    def _spent(self, request: Request, now: float) -> tuple[str, str] | None:
        politeness, site = self._politeness, self._politeness.site
        is_page = fetch_context(request).requisite_of is None
        delay = max(politeness.throttles.get(politeness.key(request.url)).crawl_delays.values(), default=None)
        budget = VisitBudget(
            pages=page_budget(site.max_pages, delay),
            octets=site.max_megabytes * 1_000_000 if site.max_megabytes else None,
            seconds=site.max_minutes * 60.0 if site.max_minutes else None,
        )
        spent = budget.spent(
            pages=self._asked if is_page else 0, octets=politeness.octets, seconds=now - (self._began or now)
        )
        if spent is None and is_page and self._day is not None and not self._day.take(now):
            return "budget.day", f"all {self._day.pages} pages of the day are taken"
        if spent is not None and spent[0] == "budget.pages" and budget.pages < site.max_pages:
            evidence = f"{budget.pages} pages of at most {site.max_pages} asked for, for a Crawl-delay of {delay:g} s"
            return spent[0], evidence
        return spent
