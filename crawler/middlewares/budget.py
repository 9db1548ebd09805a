"""The budget of one visit and of one day: pages, bytes, minutes."""

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
    """Ends the visit once a limit of the site file is reached.

    Page requests count towards all limits, retries and redirects included. Page requisites count towards bytes and
    minutes only, since the page decides how many there are.
    """

    def __init__(self, politeness: Politeness) -> None:
        self._politeness = politeness
        self._site = politeness.config.site
        self._hosts = politeness.hosts
        self._visit = politeness.visit
        self._requested_pages = 0
        self._started: float | None = None
        self._day = self._open_day_budget()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Politeness.of(crawler))

    def _open_day_budget(self) -> DayBudget | None:
        site, store = self._site, self._hosts.store
        if site.max_pages_a_day is None or store is None:
            return None
        budget = DayBudget(store.hosts, site.name, site.max_pages_a_day, site.timezone or "UTC")
        self._hosts.before_close.append(budget.close)
        return budget

    def process_request(self, request: Request) -> None:
        """Charge the budget with `request`. Raises RequestHeld once a limit is reached."""
        context = fetch_context(request)
        if context.robots_of is not None:
            return
        now = self._politeness.clock.now()
        self._started = now if self._started is None else self._started
        is_page = context.requisite_of is None
        reached = self._charge(request, now, is_page=is_page)
        if reached is None:
            self._requested_pages += is_page
            context.is_charged = True
            return
        rule, evidence = reached
        decision = Decision(
            verdict=Verdict.SHORTENED,
            host=self._hosts.key(request.url),
            rule=rule,
            evidence=evidence,
            at=now,
            url=request.url,
        )
        if not self._visit.is_ending():  # one entry in the ledger is enough
            self._politeness.log.record(decision)
        self._visit.end(CLOSE_REASON, keep_charged=True)
        raise RequestHeld(decision)

    def _charge(self, request: Request, now: float, *, is_page: bool) -> tuple[str, str] | None:
        """Return rule and evidence of a limit that forbids `request`, or use a page of the day and return ``None``."""
        site = self._site
        delay = max(self._hosts.throttles.get(self._hosts.key(request.url)).crawl_delays.values(), default=None)
        budget = VisitBudget(
            pages=page_budget(site.max_pages, delay),
            max_bytes=site.max_megabytes * 1_000_000 if site.max_megabytes else None,
            seconds=site.max_minutes * 60.0 if site.max_minutes else None,
        )
        reached = budget.find_reached_limit(
            pages=self._requested_pages if is_page else 0,
            received_bytes=self._visit.received_bytes,
            seconds=now - (self._started or now),
        )
        if reached is None and is_page and self._day is not None and not self._day.take(now):
            return "budget.day", f"all {self._day.pages} pages of the day are used"
        if reached is not None and reached[0] == "budget.pages" and budget.pages < site.max_pages:
            evidence = f"{budget.pages} of at most {site.max_pages} pages requested, for a Crawl-delay of {delay:g} s"
            return reached[0], evidence
        return reached
