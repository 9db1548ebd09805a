"""Mistakes of Scrapy, Heritrix, StormCrawler, news-crawl and Zeno, one test each.

Those that must be counted at the server are in ``test_counted_at_the_server`` and
``tests/end_to_end/test_politeness_counted``.
"""

import asyncio
import itertools
import random
from pathlib import Path
from typing import Any

import pytest
from scrapy import Request
from scrapy.downloadermiddlewares.redirect import RedirectMiddleware
from scrapy.exceptions import DownloadFailedError
from scrapy.http import Response

from crawler.fetch_context import FetchContext
from crawler.middlewares.conditional_get import ConditionalGetMiddleware
from crawler.middlewares.refusals import RequestHeld, RequestRefused
from crawler.middlewares.retry_after import RetryAfterMiddleware
from crawler.middlewares.robots import RobotsMiddleware
from crawler.middlewares.scope import ScopeMiddleware
from crawler.middlewares.throttle import ThrottleMiddleware
from crawler.politeness.delays import HostThrottle, ThrottlePolicy
from crawler.politeness.host_states import SharedRobotsStates, SharedThrottles
from crawler.politeness.keys import origin_of, politeness_key
from crawler.politeness.opt_outs import TdmRules, find_opt_outs
from crawler.politeness.robots import PARSE_LIMIT, parse
from crawler.politeness.robots_policy import DAY, RobotsState
from crawler.store import Store
from settings import base, live

HOME = "http://www.paper.example/"
ROBOTS = HOME + "robots.txt"
SHUT, OPEN = b"User-agent: *\nDisallow: /\n", b"User-agent: *\nAllow: /\n"
POLICY = ThrottlePolicy(delay=3.0)


@pytest.fixture
def outcome_of(fake_crawl: Any, run_instantly: Any) -> Any:
    """Requests the home page with the given response for robots.txt: ``allowed``, ``refused`` or ``held``."""

    def outcome(status: int | Exception, body: bytes = b"", **headers: str) -> str:
        async def serve(request: Request) -> Response:
            await asyncio.sleep(0.1)
            if request.url != ROBOTS:
                return Response(request.url, body=b"news")
            if isinstance(status, Exception):
                raise status
            return Response(request.url, status=status, body=body, headers=headers)

        built = fake_crawl(serve)
        politeness = built.politeness
        built.build(
            ScopeMiddleware(politeness),
            RobotsMiddleware(politeness),
            RedirectMiddleware.from_crawler(built.crawler),
            RetryAfterMiddleware(politeness),
            ThrottleMiddleware(politeness, (DownloadFailedError,)),
        )

        async def work() -> str:
            try:
                await built.download(Request(HOME))
            except RequestRefused:
                return "refused"
            except RequestHeld:
                return "held"
            return "allowed"

        return str(run_instantly(work()))

    return outcome


ROBOTS_ROWS = [
    pytest.param(503, OPEN, "held", id="Scrapy: robots 503, body parsed as rules"),
    pytest.param(500, OPEN, "held", id="Heritrix: robots 5xx is a full allow"),
    pytest.param(300, OPEN, "held", id="Heritrix: robots 3xx is a full allow"),
    pytest.param(429, OPEN, "held", id="Scrapy: robots 429 allowed"),
    pytest.param(DownloadFailedError("cut"), b"", "held", id="Scrapy, StormCrawler: robots connection dropped"),
    pytest.param(404, SHUT, "allowed", id="Scrapy: robots 404 whose body disallows, blocked"),
    pytest.param(403, SHUT, "allowed", id="robots 403"),
    pytest.param(200, b"<html><body>Welcome</body></html>", "allowed", id="robots 200 HTML page"),
    pytest.param(200, b"\xef\xbb\xbf" + SHUT, "refused", id="robots BOM"),
    pytest.param(304, b"", "held", id="robots 304 without a conditional request"),
]


@pytest.mark.parametrize(("status", "body", "expected"), ROBOTS_ROWS)
def test_response_for_robots_txt_decides_on_the_page(outcome_of: Any, status: Any, body: bytes, expected: str) -> None:
    assert outcome_of(status, body) == expected


def test_scrapy_no_500_kib_limit() -> None:
    late = SHUT.removesuffix(b"Disallow: /\n") + b"# more\n" * (PARSE_LIMIT // 7 + 1) + b"Disallow: /\n"
    assert parse(late, "Broadsheet").allowed(HOME)
    early = SHUT + b"# more\n" * PARSE_LIMIT
    assert not parse(early, "Broadsheet").allowed(HOME)


def test_scrapy_cache_never_expires() -> None:
    state = RobotsState(origin="http://a.example:80").after_response(status=200, body=SHUT, now=0.0)
    assert not state.is_due(DAY - 1)
    assert state.is_due(DAY)


def test_scrapy_http_and_https_share_rules() -> None:
    assert len({origin_of(url) for url in ("http://a.example/", "https://a.example/", "http://a.example:8080/")}) == 3


def test_scrapy_the_whole_user_agent_header_is_handed_to_the_parser() -> None:
    assert base.USER_AGENT.startswith("Broadsheet/")
    assert parse(b"User-agent: Mozilla\nDisallow: /", base.ROBOTS_TOKEN).allowed(HOME)


def test_protego_token_match_is_a_prefix_match() -> None:
    assert not parse(b"User-agent: Broad\nAllow: /\nUser-agent: *\nDisallow: /", "Broadsheet").allowed(HOME)
    assert not parse(b"User-agent: Broadsheet/2.1\nDisallow: /", "Broadsheet").allowed(HOME)


def test_protego_unknown_line_splits_the_group() -> None:
    assert not parse(b"User-agent: Broadsheet\nFoo: bar\nUser-agent: Other\nDisallow: /", "Broadsheet").allowed(HOME)


@pytest.mark.parametrize(
    "asked", [3.0, 120.0, 300.0], ids=["StormCrawler to 30 s", "news-crawl 120 s", "Heritrix 300 s"]
)
def test_crawl_delay_that_others_ignore_or_cut(asked: float) -> None:
    assert HostThrottle(last_end=0.0).with_crawl_delay(HOME, asked).ready_at(POLICY, 0.0) == asked


def test_news_crawl_a_shorter_crawl_delay_shortens_nothing() -> None:
    assert HostThrottle(last_end=0.0).with_crawl_delay(HOME, 0.5).ready_at(POLICY, 0.0) == 3.0


def test_scrapy_jitter_shortens_the_delay() -> None:
    waits = [HostThrottle(last_end=0.0).ready_at(POLICY, random.random()) for _ in range(200)]
    assert 3.0 <= min(waits) <= max(waits) <= 3.3


def test_scrapy_autothrottle_is_no_back_off() -> None:
    throttle = HostThrottle()
    for n in range(6):
        throttle = throttle.after_fetch(POLICY, started=0.0, ended=0.0, status=429)
        assert throttle.delay(POLICY) == 3.0 * 2 ** (n + 1)
    assert throttle.paused_until == 60.0 * 2**5


def test_zeno_pause_is_capped_at_half_a_minute() -> None:
    throttle = HostThrottle()
    for _ in range(12):
        throttle = throttle.after_fetch(POLICY, started=0.0, ended=0.0, status=503)
    assert throttle.paused_until == 6 * 3600


@pytest.mark.parametrize("status", [429, 503])
def test_scrapy_retry_after_ignored(status: int) -> None:
    throttle = HostThrottle().after_fetch(POLICY, started=100.0, ended=100.0, status=status, retry_after="400")
    assert throttle.paused_until == 500.0


def test_heritrix_delay_of_slow_servers_is_capped_at_half_a_minute() -> None:
    throttle = HostThrottle().after_fetch(POLICY, started=0.0, ended=20.0, status=200)
    assert throttle.delay(POLICY) == 100.0


def test_scrapy_cross_host_redirect_keeps_the_slot(fake_crawl: Any, run_instantly: Any) -> None:
    """Two pages redirect to one host: it gets the requests one after the other, a delay apart."""

    async def serve(request: Request) -> Response:
        await asyncio.sleep(0.1)
        if request.url.startswith(HOME):
            place = f"http://other.example/{request.url[-1]}"
            return Response(request.url, status=302, headers={"Location": place})
        return Response(request.url, body=b"news")

    built = fake_crawl(serve, hosts=("paper.example", "other.example"))
    built.build(RedirectMiddleware.from_crawler(built.crawler), ThrottleMiddleware(built.politeness, ()))

    async def work() -> None:
        requests = [Request(f"{HOME}{n}", meta={"download_slot": "www.paper.example"}) for n in range(3)]
        await asyncio.gather(*(built.download(request) for request in requests))

    run_instantly(work())
    there = sorted((one for one in built.log if "other" in one.url), key=lambda one: one.started)
    assert len(there) == 3
    assert all(after.started - before.ended >= 2.0 - 1e-6 for before, after in itertools.pairwise(there))


def test_scrapy_slots_are_of_hosts_not_of_domains() -> None:
    assert politeness_key("http://www.paper.example/") == politeness_key("https://news.paper.example:8443/")


def test_scrapy_two_crawlers_on_one_host_do_not_see_each_other(tmp_path: Path) -> None:
    with Store.open(tmp_path / "db") as one, Store.open(tmp_path / "db") as two:
        assert SharedThrottles(one.hosts).lease("paper.example", now=0.0, until=90.0) is not None
        assert SharedThrottles(two.hosts).lease("paper.example", now=1.0, until=91.0) is None


def test_scrapy_idle_slots_are_forgotten_after_a_minute(tmp_path: Path) -> None:
    with Store.open(tmp_path / "db") as store:
        throttles = SharedThrottles(store.hosts)
        throttles.change(
            "paper.example", lambda throttle: throttle.after_fetch(POLICY, started=0.0, ended=0.0, status=429)
        )
        later = SharedThrottles(store.hosts).lease("paper.example", now=3600.0, until=3690.0)
    assert later is not None
    assert later.delay(POLICY) == 6.0


def test_scrapy_remote_control_and_telnet_are_on() -> None:
    assert (base.TELNETCONSOLE_ENABLED, base.REMOTE_CONTROL_ENABLED) == (False, False)


def test_scrapys_own_robots_and_offsite_are_off_and_the_throttle_is_innermost() -> None:
    order = {name: place for name, place in live.DOWNLOADER_MIDDLEWARES.items() if place is not None}
    assert live.DOWNLOADER_MIDDLEWARES["scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware"] is None
    assert max(order, key=order.__getitem__) == "crawler.middlewares.throttle.ThrottleMiddleware"


def test_scrapy_obey_is_off_by_default() -> None:
    assert live.DOWNLOADER_MIDDLEWARES["crawler.middlewares.robots.RobotsMiddleware"] is not None


def test_scrapy_robots_cache_is_neither_shared_nor_kept(tmp_path: Path) -> None:
    place = origin_of(HOME)
    with Store.open(tmp_path / "db") as one:
        SharedRobotsStates(one.hosts).put(RobotsState(origin=place).after_response(status=200, body=SHUT, now=0.0))
    with Store.open(tmp_path / "db") as two:
        state = SharedRobotsStates(two.hosts).get(place)
    assert (state.decide(HOME, "broadsheet", 1.0).rule, state.is_due(1.0)) == ("robots.disallow", False)


def test_scrapy_conditional_get_needs_its_own_cache_of_bodies() -> None:
    request = Request(HOME, meta=FetchContext(validators=('"a"', None)).as_meta())
    ConditionalGetMiddleware().process_request(request)
    assert request.headers["If-None-Match"] == b'"a"'
    assert live.DOWNLOADER_MIDDLEWARES["crawler.middlewares.conditional_get.ConditionalGetMiddleware"] is not None
    assert not getattr(live, "HTTPCACHE_ENABLED", False)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        pytest.param([(b"X-Robots-Tag", b"noarchive")], b"", id="X-Robots-Tag"),
        pytest.param([], b'<meta name="robots" content="noarchive">', id="meta robots"),
        pytest.param([(b"tdm-reservation", b"1")], b"", id="TDMRep header"),
    ],
)
def test_scrapy_opt_outs_of_pages_are_not_read(headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    assert len(find_opt_outs(headers, body, "broadsheet")) == 1


def test_scrapy_tdmrep_json_is_not_read() -> None:
    rules = TdmRules.parse(b'[{"location": "/news/*", "tdm-reservation": 1}]')
    assert rules.find_opt_out(HOME + "news/1") is not None
    assert rules.find_opt_out(HOME) is None


@pytest.mark.parametrize(
    ("body", "path"),
    [
        pytest.param(b"User-agent: *\nAllow: /\nDisallow: /shut\n", "shut", id="urllib, rerp: the first match wins"),
        pytest.param(b"User-agent: *\rDisallow: /shut\r", "shut", id="robotspy: a bare CR ends no line"),
        pytest.param(b"\xef\xbbUser-agent: *\nDisallow: /shut\n", "shut", id="fast-robotstxt: part of a BOM"),
        pytest.param(b"User-agent: Broadsheet Bar\nDisallow: /shut\n", "shut", id="Protego: words after the token"),
        pytest.param(b"User-agent: Broadsheet/2.1\nDisallow: /shut\n", "shut", id="Protego: a version after the token"),
        pytest.param(b"User-agent: *\nfoo: bar\nUser-agent: x\nDisallow: /shut\n", "shut", id="Protego: unknown line"),
    ],
)
def test_cases_that_other_parsers_allow(body: bytes, path: str) -> None:
    rules = parse(body, "broadsheet")
    assert not rules.allowed(HOME + path)
    assert rules.allowed(HOME)


def test_protego_matches_product_tokens_by_their_beginning() -> None:
    rules = parse(b"User-agent: broad\nAllow: /\nUser-agent: *\nDisallow: /\n", "broadsheet")
    assert not rules.allowed(HOME)
