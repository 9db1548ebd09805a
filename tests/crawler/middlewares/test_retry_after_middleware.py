"""Reaction of the visit to an overloaded or failing server."""

from collections.abc import Callable
from typing import Any

import pytest
from scrapy import Request
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.exceptions import DownloadFailedError, DownloadTimeoutError, IgnoreRequest
from scrapy.http import Response

from crawler.middlewares.retry_after import CLOSE_REASON, TIMEOUTS_REASON, RetryAfterMiddleware
from crawler.middlewares.throttle import ThrottleMiddleware

ERRORS = (DownloadFailedError, DownloadTimeoutError)
HOME = "http://www.paper.example/"


@pytest.fixture
def crawl(fake_crawl: Callable[..., Any]) -> Callable[..., Any]:
    def build(server: Any, **changes: Any) -> Any:
        built = fake_crawl(server, **changes)
        built.crawler.settings.set("RETRY_EXCEPTIONS", list(ERRORS))
        retry = RetryMiddleware(built.crawler.settings)
        retry.crawler = built.crawler
        built.build(
            retry,
            RetryAfterMiddleware(built.politeness),
            ThrottleMiddleware(built.politeness, ERRORS),
        )
        return built

    return build


def test_retry_waits_for_a_short_pause(crawl: Any, run_instantly: Any) -> None:
    async def serve(request: Request) -> Response:
        first = "retry_times" not in request.meta
        return Response(request.url, status=429 if first else 200, headers={"Retry-After": "7"} if first else {})

    built = crawl(serve)
    assert run_instantly(built.download(Request(HOME))).status == 200
    assert built.gaps() == pytest.approx([7.0])
    assert built.closed == []
    assert built.rules == ["backoff.pause"]
    [decision] = built.politeness.log.ledger
    assert decision.evidence == "status 429, Retry-After: 7 (1 in a row)"
    assert decision.until - decision.at == pytest.approx(7.0)


def test_pause_above_the_limit_ends_the_visit(crawl: Any, run_instantly: Any, answers: Any) -> None:
    built = crawl(answers(status=503, retry_after="3600"))

    async def work() -> None:
        with pytest.raises(IgnoreRequest):
            await built.download(Request(HOME))

    run_instantly(work())
    assert len(built.log) == 1
    assert built.closed == [CLOSE_REASON]
    assert built.politeness.visit.is_ending()


def test_five_errors_in_a_row_end_the_visit(crawl: Any, run_instantly: Any, answers: Any) -> None:
    built = crawl(answers(status=503, retry_after="1"))

    async def work() -> None:
        for n in range(5):
            await built.once(Request(HOME + str(n)))

    run_instantly(work())
    assert built.closed == [CLOSE_REASON]
    assert built.rules == ["backoff.pause"] * 4 + ["backoff.strikes"]


def test_connection_errors_end_the_visit(crawl: Any, run_instantly: Any) -> None:
    async def cut(request: Request) -> Response:
        raise DownloadFailedError("connection reset")

    built = crawl(cut)

    async def work() -> None:
        for n in range(2):
            with pytest.raises((DownloadFailedError, DownloadTimeoutError, IgnoreRequest)):
                await built.download(Request(HOME + str(n)))

    run_instantly(work())
    assert built.gaps() == pytest.approx([60.0, 120.0, 240.0])
    assert built.closed == [CLOSE_REASON]  # the fourth pause, 480 s, is longer than a visit waits


@pytest.mark.parametrize(("answered", "closed"), [((), [TIMEOUTS_REASON]), ((2,), [])])
def test_three_timeouts_in_a_row_end_the_visit_without_retries(crawl, run_instantly, answered, closed) -> None:
    async def drip(request: Request) -> Response:
        if request.url[-1] in map(str, answered):
            return Response(request.url)
        raise DownloadTimeoutError("took longer than 60 seconds")

    built = crawl(drip)

    async def work() -> None:
        for n in range(3):
            try:
                await built.download(Request(HOME + str(n)))
            except DownloadTimeoutError:
                continue

    run_instantly(work())
    assert len(built.log) == 3
    assert built.closed == closed


def test_errors_of_other_hosts_do_not_end_the_visit(crawl: Any, run_instantly: Any, answers: Any) -> None:
    built = crawl(answers(status=503, retry_after="3600"))
    run_instantly(built.once(Request("http://elsewhere.example/robots.txt")))
    assert built.closed == []


def test_good_responses_are_not_recorded(crawl: Any, run_instantly: Any, answers: Any) -> None:
    built = crawl(answers())
    run_instantly(built.download(Request(HOME)))
    assert built.rules == []
