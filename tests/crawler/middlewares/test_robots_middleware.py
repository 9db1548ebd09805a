"""The middleware that applies robots.txt."""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.downloadermiddlewares.retry import RetryMiddleware
from scrapy.exceptions import DownloadFailedError
from scrapy.http import Response

from crawler.middlewares.conditional_get import ConditionalGetMiddleware
from crawler.middlewares.refusals import RequestHeld, RequestRefused
from crawler.middlewares.robots import RobotsMiddleware, long_crawl_delay
from crawler.middlewares.scope import ScopeMiddleware
from crawler.middlewares.throttle import ThrottleMiddleware

HOME = "http://www.paper.example/"
PRIVATE = HOME + "private/x"
RULES = b"User-agent: *\nDisallow: /private/\n"

Answer = tuple[int, bytes, dict[str, str]]


@pytest.fixture
def crawl(fake_crawl: Callable[..., Any]) -> Callable[..., Any]:
    """A crawl with scope, robots, redirects and throttle, whose server answers from a table of URLs."""

    def build(table: dict[str, Answer | Exception], took: float = 0.1, **changes: Any) -> Any:
        async def serve(request: Request) -> Response:
            await asyncio.sleep(took)
            answer = table.get(request.url, (200, b"page", {}))
            if isinstance(answer, Exception):
                raise answer
            status, body, headers = answer
            return Response(request.url, status=status, body=body, headers=headers)

        built = fake_crawl(serve, **changes)
        redirects = RedirectMiddleware(built.crawler.settings)
        redirects.crawler = built.crawler
        retries = RetryMiddleware(built.crawler.settings)
        retries.crawler = built.crawler
        built.table = table
        built.build(
            ScopeMiddleware(built.politeness),
            RobotsMiddleware(built.politeness),
            retries,
            ConditionalGetMiddleware(),
            redirects,
            ThrottleMiddleware(built.politeness, (DownloadFailedError,)),
        )
        return built

    return build


def urls(built: Any) -> list[str]:
    return [exchange.url for exchange in built.log]


def test_rules_are_fetched_first_throttled_and_applied(crawl: Any, run_instantly: Any) -> None:
    built = crawl({HOME + "robots.txt": (200, RULES, {})})

    async def work() -> None:
        await built.download(Request(HOME))
        with pytest.raises(RequestRefused, match="line 2: Disallow: /private/"):
            await built.download(Request(PRIVATE))

    run_instantly(work())
    assert urls(built) == [HOME + "robots.txt", HOME]
    assert built.gaps()[0] >= 2.0 - 1e-6
    assert built.rules == ["robots.disallow"]
    assert built.crawler.stats.get_value("politeness/refused/robots.disallow") == 1


def test_concurrent_requests_share_one_fetch(crawl: Any, run_instantly: Any) -> None:
    built = crawl({HOME + "robots.txt": (200, RULES, {})})

    async def work() -> None:
        await asyncio.gather(*(built.download(Request(HOME + str(n))) for n in range(4)))

    run_instantly(work())
    assert urls(built).count(HOME + "robots.txt") == 1


def test_cancelled_request_does_not_stop_the_others(crawl: Any, run_instantly: Any) -> None:
    built = crawl({HOME + "robots.txt": (200, RULES, {})}, took=5.0)

    async def work() -> Any:
        first = asyncio.ensure_future(built.download(Request(HOME + "1")))
        second = asyncio.ensure_future(built.download(Request(HOME + "2")))
        await asyncio.sleep(1.0)
        first.cancel()
        return await second

    assert run_instantly(work()).status == 200
    assert urls(built) == [HOME + "robots.txt", HOME + "2"]


def test_schemes_and_ports_have_their_own_rules(crawl: Any, run_instantly: Any) -> None:
    secure, other = "https://www.paper.example/", "http://www.paper.example:8080/"
    built = crawl({HOME + "robots.txt": (404, b"", {}), secure + "robots.txt": (200, RULES, {})})

    async def work() -> None:
        await built.download(Request(PRIVATE))
        with pytest.raises(RequestRefused):
            await built.download(Request(secure + "private/x"))
        await built.download(Request(other))

    run_instantly(work())
    assert [url for url in urls(built) if "robots" in url] == [base + "robots.txt" for base in (HOME, secure, other)]


@pytest.mark.parametrize(
    "trouble",
    [
        pytest.param((503, b"User-agent: *\nAllow: /", {}), id="robots 503"),
        pytest.param((429, b"User-agent: *\nAllow: /", {}), id="robots 429"),
        pytest.param(DownloadFailedError("cut"), id="robots connection dropped"),
        pytest.param((302, b"", {"Location": "ftp://www.paper.example/robots.txt"}), id="robots redirected to ftp"),
        pytest.param((302, b"", {"Location": "http://169.254.169.254/robots.txt"}), id="robots redirected inside"),
        pytest.param((302, b"", {"Location": HOME + "robots.txt"}), id="robots redirected in a ring"),
    ],
)
def test_unreadable_rules_hold_the_host(crawl: Any, run_instantly: Any, trouble: Any) -> None:
    built = crawl({HOME + "robots.txt": trouble})

    async def work() -> None:
        for _ in range(2):
            with pytest.raises(RequestHeld):
                await built.download(Request(HOME))

    run_instantly(work())
    assert HOME not in urls(built)
    assert "robots.unreachable" in built.rules
    assert len(set(urls(built))) == 1
    assert len(urls(built)) in (1, 11)  # once, or ten redirects in a ring; no retries


def test_failed_fetch_is_repeated_after_five_minutes(crawl: Any, run_instantly: Any) -> None:
    built = crawl({HOME + "robots.txt": (500, b"", {})})

    async def work() -> None:
        with pytest.raises(RequestHeld):
            await built.download(Request(HOME))
        built.table[HOME + "robots.txt"] = (200, RULES, {})
        await asyncio.sleep(290.0)
        with pytest.raises(RequestHeld):
            await built.download(Request(HOME))
        await asyncio.sleep(11.0)
        await built.download(Request(HOME))

    run_instantly(work())
    assert urls(built) == [HOME + "robots.txt", HOME + "robots.txt", HOME]


def test_copy_is_fetched_again_after_a_day(crawl: Any, run_instantly: Any) -> None:
    built = crawl({HOME + "robots.txt": (200, b"", {})})

    async def work() -> None:
        await built.download(Request(PRIVATE))
        built.table[HOME + "robots.txt"] = (200, RULES, {})
        await asyncio.sleep(86_000.0)
        await built.download(Request(PRIVATE))
        await asyncio.sleep(500.0)
        with pytest.raises(RequestRefused):
            await built.download(Request(PRIVATE))

    run_instantly(work())


def test_unchanged_copy_is_renewed_without_its_body(crawl: Any, run_instantly: Any) -> None:
    robots = HOME + "robots.txt"
    built = crawl({robots: (200, RULES, {"ETag": '"v1"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"})})

    async def work() -> None:
        await built.download(Request(HOME))
        built.table[robots] = (304, b"", {})
        for _ in range(2):  # a renewed copy can be renewed again
            await asyncio.sleep(24 * 3600)
            with pytest.raises(RequestRefused, match="line 2"):
                await built.download(Request(PRIVATE))
        built.table[robots] = (200, b"User-agent: *\nAllow: /\n", {})
        await asyncio.sleep(24 * 3600)
        await built.download(Request(PRIVATE))

    run_instantly(work())
    sent = [one.request.headers for one in built.log if one.url == robots]
    assert [one.get("If-None-Match") for one in sent] == [None, b'"v1"', b'"v1"', b'"v1"']
    assert sent[1]["If-Modified-Since"] == b"Mon, 01 Jan 2024 00:00:00 GMT"
    state = built.politeness.hosts.robots.get("http://www.paper.example:80")
    assert (state.validators, state.failures) == (None, 0)


def test_validators_of_a_redirect_target_are_not_kept(crawl: Any, run_instantly: Any) -> None:
    moved = (301, b"", {"Location": HOME + "rules.txt"})
    built = crawl({HOME + "robots.txt": moved, HOME + "rules.txt": (200, RULES, {"ETag": '"v1"'})})
    run_instantly(built.download(Request(HOME)))
    assert built.politeness.hosts.robots.get("http://www.paper.example:80").validators is None


def test_five_redirects_across_hosts_are_followed_each_throttled(crawl: Any, run_instantly: Any) -> None:
    hops = [HOME + "robots.txt", *(f"http://host{n}.example/r" for n in range(4)), "http://host0.example/rules"]
    table: dict[str, Any] = {here: (301, b"", {"Location": there}) for here, there in itertools.pairwise(hops)}
    built = crawl({**table, hops[-1]: (200, RULES, {})})

    async def work() -> None:
        with pytest.raises(RequestRefused):
            await built.download(Request(PRIVATE))

    run_instantly(work())
    assert urls(built) == hops
    assert built.log[5].started - built.log[1].ended >= 2.0 - 1e-6


def test_pages_are_not_redirected_off_the_site(crawl: Any, run_instantly: Any) -> None:
    built = crawl({HOME + "robots.txt": (404, b"", {}), HOME: (302, b"", {"Location": "http://elsewhere.example/"})})

    async def work() -> None:
        with pytest.raises(RequestRefused, match="not one of the site's hosts"):
            await built.download(Request(HOME))

    run_instantly(work())
    assert urls(built) == [HOME + "robots.txt", HOME]


HOURLY = b"User-agent: *\nCrawl-delay: 3600\n"


def test_crawl_delay_of_an_hour_is_announced_before_the_first_page(crawl: Any, run_instantly: Any) -> None:
    built, announced = crawl({HOME + "robots.txt": (200, HOURLY, {})}), []

    def note(origin: str, delay: float, pages: int) -> None:
        announced.append((origin, delay, urls(built)))

    built.crawler.signals.connect(note, long_crawl_delay)

    async def work() -> None:
        await built.download(Request(HOME))
        await built.download(Request(HOME + "2"))

    run_instantly(work())
    assert announced == [("http://www.paper.example:80", 3600.0, [HOME + "robots.txt"])]
    assert built.gaps()[0] >= 3600.0


def test_host_with_a_longer_crawl_delay_than_allowed_is_not_requested(crawl: Any, run_instantly: Any) -> None:
    built = crawl({HOME + "robots.txt": (200, HOURLY, {})})
    built.politeness.config = replace(built.politeness.config, max_crawl_delay=120.0)

    async def work() -> None:
        with pytest.raises(RequestHeld, match="asks for 3600 s between requests"):
            await built.download(Request(HOME))

    run_instantly(work())
    assert urls(built) == [HOME + "robots.txt"]


def test_crawl_delay_applies_from_the_first_page(crawl: Any, run_instantly: Any) -> None:
    built = crawl({HOME + "robots.txt": (200, b"User-agent: *\nCrawl-delay: 30\n", {})})

    async def work() -> None:
        await asyncio.gather(*(built.download(Request(HOME + str(n))) for n in range(3)))

    run_instantly(work())
    assert built.gaps() == pytest.approx([30.0] * 3)
    assert built.rules == ["robots.crawl_delay"]


def test_pause_of_a_host_is_not_a_failure_of_its_rules(crawl: Any, run_instantly: Any) -> None:
    built = crawl({HOME + "robots.txt": (200, RULES, {}), HOME: (503, b"", {"Retry-After": "90000"})})

    async def work() -> None:
        await built.once(Request(HOME))
        with pytest.raises(RequestHeld, match="Retry-After"):
            await built.download(Request("https://www.paper.example/"))

    run_instantly(work())
    assert built.politeness.hosts.robots.get("https://www.paper.example:443").failures == 0


def test_endless_file_is_cut() -> None:
    """Only the cut, by Scrapy's signal; test_counted_at_the_server has the whole crawl."""
    from types import SimpleNamespace

    from scrapy.exceptions import StopDownload

    from crawler.fetch_context import FetchContext
    from crawler.middlewares.robots import WIRE_LIMIT

    middleware = RobotsMiddleware(SimpleNamespace())  # type: ignore[arg-type]
    page, rules = Request(HOME), Request(HOME + "robots.txt", meta=FetchContext(robots_of="x").as_meta())
    middleware.limit_size(b"x" * (WIRE_LIMIT + 1), page)
    middleware.limit_size(b"x" * WIRE_LIMIT, rules)
    with pytest.raises(StopDownload) as cut:
        middleware.limit_size(b"x", rules)
    assert cut.value.fail is False
