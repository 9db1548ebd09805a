"""The pages one visit may ask for."""

from typing import Any

import pytest
from scrapy import Request

from crawler.fetch_context import FetchContext
from crawler.middlewares.budget import CLOSE_REASON, BudgetMiddleware
from crawler.middlewares.hours import HoursMiddleware
from crawler.middlewares.refusals import RequestHeld
from crawler.politeness.hours import Hours

HOME = "http://www.paper.example/"


def asked(built: Any, fly: Any, times: int) -> int:
    """How many of `times` pages were let through."""
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

    return fly(work())


@pytest.mark.parametrize(("crawl_delay", "pages"), [(None, 20), (100.0, 20), (240.0, 10), (86_400.0, 1)])
def test_a_long_crawl_delay_shortens_the_visit(
    house: Any, answers: Any, fly: Any, crawl_delay: float | None, pages: int
) -> None:
    built = house(answers(), max_pages=20)
    built.politeness.throttles.change("paper.example", lambda throttle: throttle.with_crawl_delay(HOME, crawl_delay))
    assert asked(built, fly, 30) == pages
    assert built.closed == [CLOSE_REASON]
    assert built.rules == ["budget.pages"]
    assert f"{pages} pages of at most 20" in next(iter(built.politeness.ledger)).evidence


def test_a_visit_within_its_budget_is_left_alone(house: Any, answers: Any, fly: Any) -> None:
    built = house(answers(), max_pages=20)
    assert asked(built, fly, 20) == 20
    assert built.closed == []
    assert built.rules == []


def test_requisites_are_no_pages_but_their_bytes_count(house: Any, answers: Any, fly: Any) -> None:
    built = house(answers(), max_pages=2, max_megabytes=1)
    middleware = BudgetMiddleware(built.politeness)

    async def work() -> None:
        for n in range(2):
            middleware.process_request(Request(f"{HOME}{n}"))
        part = Request("http://images.example/a.png", meta=FetchContext(requisite_of=HOME + "1").as_meta())
        for _ in range(9):
            middleware.process_request(part)
        built.politeness.octets = 1_000_000
        with pytest.raises(RequestHeld):
            middleware.process_request(part)

    fly(work())
    assert built.rules == ["budget.bytes"]


def test_bytes_and_minutes_end_the_visit(house: Any, answers: Any, fly: Any) -> None:
    for limit, octets in (({"max_megabytes": 1}, 1_000_000), ({"max_minutes": 1}, 0)):
        built = house(answers(), **limit)
        middleware = BudgetMiddleware(built.politeness)

        async def work(middleware: BudgetMiddleware = middleware, built: Any = built, octets: int = octets) -> None:
            middleware.process_request(Request(HOME))
            built.politeness.octets = octets
            await built.politeness.clock.sleep(0 if octets else 61)
            with pytest.raises(RequestHeld):
                middleware.process_request(Request(HOME + "2"))

        fly(work())
        assert built.closed == [CLOSE_REASON]
        assert built.rules == ["budget.bytes" if octets else "budget.minutes"]


def test_outside_its_hours_a_site_is_asked_for_nothing(house: Any, answers: Any, fly: Any) -> None:
    built = house(answers())
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

    fly(work())
    assert built.closed == ["closed_hours"]
    assert built.rules == ["hours.closed"]
