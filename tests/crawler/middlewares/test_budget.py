"""Budgets and hours of a visit."""

from typing import Any

import pytest
from scrapy import Request

from crawler.fetch_context import FetchContext
from crawler.middlewares.budget import CLOSE_REASON, BudgetMiddleware
from crawler.middlewares.hours import HoursMiddleware
from crawler.middlewares.refusals import RequestHeld
from crawler.politeness.hours import Hours

HOME = "http://www.paper.example/"


def count_passed(built: Any, run_instantly: Any, times: int) -> int:
    """Request `times` pages and return how many passed."""
    middleware = BudgetMiddleware(built.politeness)

    async def work() -> int:
        passed = 0
        for n in range(times):
            try:
                middleware.process_request(Request(f"{HOME}{n}"))
                middleware.process_request(Request(HOME + "robots.txt", meta=FetchContext(robots_of=HOME).as_meta()))
                passed += 1
            except RequestHeld:
                pass
        return passed

    return run_instantly(work())


@pytest.mark.parametrize(("crawl_delay", "pages"), [(None, 20), (100.0, 20), (240.0, 10), (86_400.0, 1)])
def test_long_crawl_delay_shortens_the_visit(
    fake_crawl: Any, answers: Any, run_instantly: Any, crawl_delay: float | None, pages: int
) -> None:
    built = fake_crawl(answers(), max_pages=20)
    built.politeness.hosts.throttles.change(
        "paper.example", lambda throttle: throttle.with_crawl_delay(HOME, crawl_delay)
    )
    assert count_passed(built, run_instantly, 30) == pages
    assert built.closed == [CLOSE_REASON]
    assert built.rules == ["budget.pages"]
    assert f"{pages} of at most 20 pages" in next(iter(built.politeness.log.ledger)).evidence


def test_visit_within_its_budget_goes_on(fake_crawl: Any, answers: Any, run_instantly: Any) -> None:
    built = fake_crawl(answers(), max_pages=20)
    assert count_passed(built, run_instantly, 20) == 20
    assert built.closed == []
    assert built.rules == []


def test_requisites_count_as_bytes_but_not_as_pages(fake_crawl: Any, answers: Any, run_instantly: Any) -> None:
    built = fake_crawl(answers(), max_pages=2, max_megabytes=1)
    middleware = BudgetMiddleware(built.politeness)

    async def work() -> None:
        for n in range(2):
            middleware.process_request(Request(f"{HOME}{n}"))
        part = Request("http://images.example/a.png", meta=FetchContext(requisite_of=HOME + "1").as_meta())
        for _ in range(9):
            middleware.process_request(part)
        built.politeness.visit.received_bytes = 1_000_000
        with pytest.raises(RequestHeld):
            middleware.process_request(part)

    run_instantly(work())
    assert built.rules == ["budget.bytes"]


def test_bytes_and_minutes_end_the_visit(fake_crawl: Any, answers: Any, run_instantly: Any) -> None:
    for limit, received in (({"max_megabytes": 1}, 1_000_000), ({"max_minutes": 1}, 0)):
        built = fake_crawl(answers(), **limit)
        middleware = BudgetMiddleware(built.politeness)

        async def work(middleware: BudgetMiddleware = middleware, built: Any = built, received: int = received) -> None:
            middleware.process_request(Request(HOME))
            built.politeness.visit.received_bytes = received
            await built.politeness.clock.sleep(0 if received else 61)
            with pytest.raises(RequestHeld):
                middleware.process_request(Request(HOME + "2"))

        run_instantly(work())
        assert built.closed == [CLOSE_REASON]
        assert built.rules == ["budget.bytes" if received else "budget.minutes"]


def test_nothing_is_requested_outside_the_hours(fake_crawl: Any, answers: Any, run_instantly: Any) -> None:
    built = fake_crawl(answers())
    middleware = HoursMiddleware(built.politeness, Hours.parse("08:30-09:00", "UTC"))  # the clock begins at 08:00

    async def work() -> None:
        with pytest.raises(RequestHeld) as held:
            middleware.process_request(Request(HOME + "robots.txt", meta=FetchContext(robots_of=HOME).as_meta()))
        assert held.value.decision.until == built.politeness.clock.now() + 1800
        await built.politeness.clock.sleep(1800)
        middleware.process_request(Request(HOME))
        await built.politeness.clock.sleep(1800)
        with pytest.raises(RequestHeld):
            middleware.process_request(Request(HOME))

    run_instantly(work())
    assert built.closed == ["closed_hours"]
    assert built.rules == ["hours.closed"]
