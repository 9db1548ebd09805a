"""The throttle: one request at a time, a delay after the end of the last response."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy import Request
from scrapy.exceptions import DownloadFailedError
from scrapy.http import Response

from crawler.closing import close_spider
from crawler.middlewares.refusals import RequestHeld, VisitEnding
from crawler.middlewares.throttle import ThrottleMiddleware
from crawler.politeness.host_states import SharedThrottles
from crawler.store import Store

A, B = "http://www.paper.example/", "http://other.example/"
"""Two hosts of different politeness keys."""


@pytest.fixture
def throttled(fake_crawl: Callable[..., Any]) -> Callable[..., Any]:
    def build(server: Any, **changes: Any) -> Any:
        built = fake_crawl(server, **changes)
        built.throttle = ThrottleMiddleware(built.politeness, (DownloadFailedError,))
        built.build(built.throttle)
        return built

    return build


def is_idle(built: Any) -> bool:
    """True if no slot is in use or waited for."""
    return not built.throttle._in_progress and not any(host.lock.locked() for host in built.throttle._keys.values())


def test_requests_of_a_key_are_made_one_after_the_other(throttled: Any, run_instantly: Any, answers: Any) -> None:
    built = throttled(answers(took=0.1))
    hosts = ["http://www.paper.example/", "http://img.paper.example/", "https://paper.example/"]

    async def work() -> None:
        await asyncio.gather(*(built.once(Request(hosts[n % 3] + str(n))) for n in range(7)))

    run_instantly(work())
    assert len(built.log) == 7
    assert min(built.gaps()) >= 2.0 - 1e-6
    assert max(built.gaps()) < 2.1
    assert is_idle(built)


def test_other_keys_do_not_wait(throttled: Any, run_instantly: Any, answers: Any) -> None:
    built = throttled(answers(took=1.0))

    async def work() -> None:
        await asyncio.gather(built.once(Request(A)), built.once(Request(B)))

    run_instantly(work())
    assert [exchange.started for exchange in built.log] == [0.0, 0.0]


def test_delay_starts_at_the_end_of_a_slow_response(throttled: Any, run_instantly: Any, answers: Any) -> None:
    built = throttled(answers(took=3.0))

    async def work() -> None:
        await asyncio.gather(*(built.once(Request(A + str(n))) for n in range(3)))

    run_instantly(work())
    assert built.gaps() == pytest.approx([15.0, 15.0])  # five times what the server needs


def test_scrapys_slot_from_before_a_redirect_is_dropped(throttled: Any, run_instantly: Any, answers: Any) -> None:
    built = throttled(answers())
    request = Request(A, meta={"download_slot": "elsewhere.example"})
    run_instantly(built.once(request))
    assert "download_slot" not in request.meta


@pytest.mark.parametrize("asked", [4, 30])
def test_retry_after_is_kept_exactly(throttled: Any, run_instantly: Any, answers: Any, asked: int) -> None:
    built = throttled(answers(took=0.0, status=429, retry_after=str(asked)))

    async def work() -> None:
        await built.once(Request(A))
        await built.once(Request(A))

    run_instantly(work())
    assert built.gaps() == pytest.approx([max(asked, 4.0)], abs=0.001)  # the delay of 2 s is doubled


def test_long_pause_holds_requests_at_once(throttled: Any, run_instantly: Any, answers: Any) -> None:
    built = throttled(answers(status=503, retry_after="3600"))

    async def work() -> None:
        await built.once(Request(A))
        with pytest.raises(RequestHeld, match="Retry-After: 3600"):
            await built.once(Request(A))

    run_instantly(work())
    assert len(built.log) == 1
    assert built.rules == ["pace.paused"]
    assert is_idle(built)


def test_connection_error_pauses_the_host(throttled: Any, run_instantly: Any) -> None:
    async def cut(request: Request) -> Response:
        raise DownloadFailedError("cut")

    built = throttled(cut)

    async def work() -> None:
        for _ in range(2):
            with pytest.raises(DownloadFailedError):
                await built.once(Request(A))

    run_instantly(work())
    assert built.gaps() == pytest.approx([60.0])
    assert built.politeness.hosts.throttles.get("paper.example").strikes == 2
    assert is_idle(built)


def test_errors_of_our_own_are_not_strikes(throttled: Any, run_instantly: Any) -> None:
    async def broken(request: Request) -> Response:
        raise RuntimeError("disk full")

    built = throttled(broken)

    async def work() -> None:
        with pytest.raises(RuntimeError):
            await built.once(Request(A))

    run_instantly(work())
    assert built.politeness.hosts.throttles.get("paper.example").strikes == 0
    assert is_idle(built)


def test_cancelled_request_leaves_the_queue(throttled: Any, run_instantly: Any, answers: Any) -> None:
    built = throttled(answers(took=0.1))

    async def work() -> None:
        tasks = [asyncio.ensure_future(built.once(Request(A + str(n)))) for n in range(4)]
        await asyncio.sleep(1.0)
        tasks[1].cancel()  # first in the queue, waiting for the delay
        tasks[2].cancel()  # second in the queue
        await asyncio.gather(*tasks, return_exceptions=True)

    run_instantly(work())
    assert [exchange.url[-1] for exchange in built.log] == ["0", "3"]
    assert built.gaps() == pytest.approx([2.0])
    assert is_idle(built)


def test_request_cancelled_in_progress_keeps_its_slot_until_the_transfer_ends(
    throttled: Any, run_instantly: Any, answers: Any
) -> None:
    built = throttled(answers(took=5.0))

    async def work() -> None:
        task = asyncio.ensure_future(built.once(Request(A)))
        await asyncio.sleep(1.0)
        task.cancel()
        await built.once(Request(A + "next"))

    run_instantly(work())
    assert built.log[0].ended == pytest.approx(5.0)
    assert built.gaps() == pytest.approx([25.0])
    assert is_idle(built)


def close_by_scrapy(built: Any) -> None:
    built.crawler.engine.needs_backout = lambda: True


def close_by_the_project(built: Any) -> None:
    close_spider(built.crawler, "archive_failed")


@pytest.mark.parametrize("close", [close_by_scrapy, close_by_the_project])
def test_closing_the_spider_drops_waiting_requests(
    throttled: Any, run_instantly: Any, answers: Any, close: Any
) -> None:
    built = throttled(answers(took=0.1), delay=1000.0)

    async def work() -> list[Any]:
        tasks = [asyncio.ensure_future(built.once(Request(A + str(n)))) for n in range(4)]
        await asyncio.sleep(10.0)
        close(built)
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = run_instantly(work())
    assert isinstance(results[0], Response)
    assert [type(result) for result in results[1:]] == [VisitEnding] * 3
    assert is_idle(built)


def test_two_crawls_that_need_each_others_hosts_do_not_deadlock(
    throttled: Any, run_instantly: Any, answers: Any, tmp_path: Any
) -> None:
    with Store.open(tmp_path / "db.sqlite3") as first, Store.open(tmp_path / "db.sqlite3") as second:
        crawls = []
        for store in (first, second):
            built = throttled(answers(took=0.1), hosts=("paper.example", "other.example"))
            built.politeness.hosts.throttles = SharedThrottles(store.hosts)
            crawls.append(built)

        async def visit(built: Any, *urls: str) -> float:
            for url in urls:
                await built.once(Request(url))
            return asyncio.get_running_loop().time()

        async def work() -> list[float]:
            return await asyncio.gather(visit(crawls[0], A, B), visit(crawls[1], B, A))

        assert max(run_instantly(work())) < 10.0
    exchanges = sorted((one for built in crawls for one in built.log if one.url == A), key=lambda one: one.started)
    assert exchanges[1].started - exchanges[0].ended >= 2.0 - 1e-6


OUTCOMES = st.sampled_from(["200", "200", "200", "404", "429", "503", "cut", "break"])
STEPS = st.lists(
    st.tuples(
        st.sampled_from([A, "http://img.paper.example/", B]),
        OUTCOMES,
        st.floats(0.0, 3.0),  # duration of the transfer
        st.floats(0.0, 20.0),  # time of the request
        st.none() | st.floats(0.0, 30.0),  # time of its cancellation
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS)
def test_no_gap_is_too_short_and_no_slot_is_lost(instant: Any, steps: list[Any]) -> None:
    fates = {f"{host}{n}": (outcome, took) for n, (host, outcome, took, *_) in enumerate(steps)}

    async def serve(request: Request) -> Response:
        outcome, took = fates[request.url]
        await asyncio.sleep(took)
        if outcome == "cut":
            raise DownloadFailedError("cut")
        if outcome == "break":
            raise RuntimeError("broken")
        return Response(request.url, status=int(outcome))

    built = instant.fake_crawl(serve, max_pause=100_000.0)
    built.throttle = ThrottleMiddleware(built.politeness, (DownloadFailedError,))
    built.build(built.throttle)

    async def ask(n: int) -> None:
        host, _, _, begin, _ = steps[n]
        await asyncio.sleep(begin)
        await built.once(Request(f"{host}{n}"))

    async def work() -> None:
        tasks = [asyncio.ensure_future(ask(n)) for n in range(len(steps))]
        loop = asyncio.get_running_loop()
        for task, step in zip(tasks, steps, strict=True):
            if step[4] is not None:
                loop.call_later(step[4], task.cancel)
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(10.0)  # transfers of cancelled requests end by themselves

    instant.run_instantly(work())
    for key in ("paper.example", "other.example"):
        mine = [exchange for exchange in built.log if key in exchange.url]
        for before, after in itertools.pairwise(mine):
            assert after.started - before.ended >= 2.0 - 1e-6
            if fates[before.url][0] in ("429", "503"):
                assert after.started - before.ended >= 60.0 - 1e-6
    assert is_idle(built)
