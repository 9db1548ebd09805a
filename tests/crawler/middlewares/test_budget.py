"""The pages one visit may ask for."""

from typing import Any

import pytest
from scrapy import Request

from crawler.middlewares.budget import CLOSE_REASON, BudgetMiddleware
from crawler.middlewares.politeness import ROBOTS_OF
from crawler.middlewares.refusals import RequestHeld

HOME = "http://www.paper.example/"


def asked(built: Any, fly: Any, times: int) -> int:
    """How many of `times` pages were let through."""
    middleware = BudgetMiddleware(built.politeness)

    async def work() -> int:
        passed = 0
        for n in range(times):
            try:
                middleware.process_request(Request(f"{HOME}{n}"))
                middleware.process_request(Request(HOME + "robots.txt", meta={ROBOTS_OF: HOME}))
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
    built.politeness.paces.change("paper.example", lambda pace: pace.with_crawl_delay(HOME, crawl_delay))
    assert asked(built, fly, 30) == pages
    assert built.closed == [CLOSE_REASON]
    assert built.rules == ["budget.pages"]
    assert f"{pages} pages of at most 20" in next(iter(built.politeness.ledger)).evidence


def test_a_visit_within_its_budget_is_left_alone(house: Any, answers: Any, fly: Any) -> None:
    built = house(answers(), max_pages=20)
    assert asked(built, fly, 20) == 20
    assert built.closed == []
    assert built.rules == []
