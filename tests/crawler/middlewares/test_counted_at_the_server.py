"""Politeness counted at a misbehaving server: gaps, parallel requests, forbidden pages."""

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from crawler.demo.exchanges import Exchange, peak_parallel
from crawler.demo.messages import Reply, Request
from crawler.demo.portal import Portal
from crawler.demo.server import DemoServer
from crawler.politeness.decision import Verdict
from crawler.politeness.ledger import read_ledger

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).with_name("polite_crawl.py")

DELAY, BACKOFF, SLACK = 0.02, 0.15, 0.002
HOSTS = [f"www.town{n}.localhost" for n in range(12)]
PAGES = 12


class Town(Portal):
    """A host on which every other page fails in a way that depends on its number."""

    title = "town"

    def __init__(self, number: int) -> None:
        super().__init__()
        self.name = self.host = HOSTS[number]  # type: ignore[misc]
        self.number = number
        self.seen: set[str] = set()
        self.forbidden = ("/private/",)
        self.articles_ = ()

    @property
    def articles(self) -> Any:
        return self.articles_

    def find(self, request: Request) -> Reply | None:
        if request.path == "/robots.txt":
            return self.robots(request)
        first = request.path not in self.seen
        self.seen.add(request.path)
        return self.page(request, int(request.path.rpartition("/")[2] or 0), first)

    def robots(self, request: Request) -> Reply:
        rules = Reply(body=b"User-agent: *\nDisallow: /private/\n")
        match self.number % 5:
            case 1:
                other = HOSTS[(self.number + 7) % len(HOSTS)]
                return Reply(status=301, headers=(("Location", f"http://{other}:{request.port}/rules/0"),))
            case 2:
                return Reply(body=rules.body, chunked=7, delay=0.03)
            case 3 if self.number == 3:
                return Reply(status=503, body=b"User-agent: *\nAllow: /\n")
        return rules

    def page(self, request: Request, number: int, first: bool) -> Reply:
        plain = Reply(headers=(("Content-Type", "text/html"),), body=b"<p>news</p>")
        if request.path.startswith("/rules/"):
            return Reply(body=b"User-agent: *\nDisallow: /private/\n")
        match (number + self.number) % 12:
            case 1:
                other = HOSTS[(self.number + 1) % len(HOSTS)]
                return Reply(status=302, headers=(("Location", f"http://{other}:{request.port}/moved/100"),))
            case 3 if first:
                return Reply(status=429, headers=(("Retry-After", "1"),))
            case 5 if first and self.number % 2:
                return Reply(status=503)
            case 6 if first and not self.number % 2:
                return Reply(body=b"cut", length=50, cut_after=3)
            case 7 if first:
                return Reply(status=500)
            case 9:
                return Reply(status=302, headers=(("Location", "/private/1"),))
            case 10:
                return Reply(body=b"slow", delay=0.03)
        return plain


def start(starts: Iterable[str], folder: Path, data: Path | None = None, **settings: Any) -> subprocess.Popen[str]:
    order = {
        "starts": list(starts),
        "hosts": ["localhost"],
        "delay": DELAY,
        "folder": str(folder),
        "data": str(data) if data else None,
        "settings": {"BROADSHEET_BACKOFF": BACKOFF, **settings},
    }
    command = [sys.executable, str(SCRIPT), json.dumps(order)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str]) -> Any:
    out, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors[-3000:]
    return json.loads(out.splitlines()[-1])


def crawl(starts: Iterable[str], folder: Path, data: Path | None = None, **settings: Any) -> Any:
    return finish(start(starts, folder, data, **settings))


def required_gap(exchange: Exchange) -> float:
    """Return the smallest permitted gap after `exchange`, in seconds."""
    if exchange.status == 429:
        return 1.0
    if exchange.status == 503 or b"Content-Length: 50" in exchange.sent:
        return BACKOFF
    return DELAY


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("crawl")
    with DemoServer([Town(n) for n in range(len(HOSTS))]) as server:
        starts = [f"http://{host}:{server.port}/{n}" for n in range(PAGES) for host in HOSTS]
        starts += [f"http://{host}:{server.port}/private/2" for host in HOSTS]
        result = crawl(starts, folder)
        result["log"] = list(server.log)
        result["trespasses"] = server.forbidden_requests()
        result["ledger"] = list(read_ledger(folder / "ledger.jsonl"))
    return result


def test_gaps_are_long_enough_and_no_requests_are_parallel(run: Any) -> None:
    short = []
    for host in HOSTS:
        mine = sorted((one for one in run["log"] if one.host == host), key=lambda one: one.started)
        assert peak_parallel(mine) <= 1, host
        for before, after in itertools.pairwise(mine):
            gap = after.started - before.ended
            if gap < required_gap(before) - SLACK:
                short.append((host, before.path, before.status, after.path, round(gap, 4)))
    assert short == []
    assert len(run["log"]) > 90
    assert {301, 302, 429, 500, 503} <= {one.status for one in run["log"]}  # the server did misbehave


def test_hosts_are_crawled_side_by_side(run: Any) -> None:
    assert peak_parallel(run["log"]) > 1


def test_nothing_forbidden_is_fetched(run: Any) -> None:
    assert run["trespasses"] == []
    held = [one.path for one in run["log"] if one.host == HOSTS[3]]
    assert held == ["/robots.txt"] + [path for path in held[1:] if path.startswith(("/robots.txt", "/rules"))]


def test_every_request_has_an_outcome(run: Any) -> None:
    answers = run["answers"]
    assert sum(one == "200" for one in answers.values()) > 90
    assert set(answers.values()) <= {"200", "RequestRefused", "RequestHeld"}
    assert sum(value == "RequestRefused" for value in answers.values()) >= len(HOSTS) - 1


def test_ledger_names_the_reasons(run: Any) -> None:
    rules = {decision.rule for decision in run["ledger"]}
    assert {"robots.disallow", "robots.unreachable", "backoff.pause"} <= rules
    assert all(decision.verdict is not Verdict.ALLOWED for decision in run["ledger"])


def test_counts_of_crawl_and_server_agree(run: Any) -> None:
    for host in HOSTS:
        key = host.removeprefix("www.")
        assert run["stats"][f"politeness/requests/{key}"] == sum(one.host == host for one in run["log"])


class Endless(Town):
    """A host whose robots.txt never ends."""

    def robots(self, request: Request) -> Reply:
        line = b"Disallow: /private/\n" + b"# nothing more to say\n" * 1000
        return Reply(body=b"User-agent: *\n" + line, never_ending=True, drip=0.0)


def test_endless_robots_txt_is_cut_and_applied(tmp_path: Path) -> None:
    with DemoServer([Endless(0)]) as server:
        result = crawl([server.url(HOSTS[0], "/private/0"), server.url(HOSTS[0], "/0")], tmp_path, DOWNLOAD_TIMEOUT=20)
        assert server.forbidden_requests() == []
    assert result["answers"][f"http://{HOSTS[0]}:{server.port}/0"] == "200"


class Tired(Town):
    """A host that asks for a pause of an hour at its third page."""

    def page(self, request: Request, number: int, first: bool) -> Reply:
        return Reply(status=429, headers=(("Retry-After", "3600"),)) if number == 3 else Reply(body=b"news")


def test_long_pause_ends_the_visit_at_once(tmp_path: Path) -> None:
    with DemoServer([Tired(0)]) as server:
        result = crawl([server.url(HOSTS[0], f"/{n}") for n in range(30)], tmp_path, CONCURRENT_REQUESTS=4)
        paths = [one.path for one in server.log]
    assert result["stats"]["finish_reason"] == "host_backoff"
    assert paths[-1] == "/3"
    assert result["stats"]["elapsed_time_seconds"] < 10


class Plain(Town):
    """A host without errors and with slow pages."""

    def page(self, request: Request, number: int, first: bool) -> Reply:
        return Reply(body=b"news", delay=0.01)


def test_two_concurrent_crawls_share_one_throttle(tmp_path: Path) -> None:
    hosts = HOSTS[4:6]
    with DemoServer([Plain(4), Plain(5)]) as server:
        starts = [server.url(host, f"/{n}") for n in range(8) for host in hosts]
        both = [start(starts, tmp_path / str(n), tmp_path / "data") for n in range(2)]
        results = [finish(process) for process in both]
        log = list(server.log)
    assert all(set(result["answers"].values()) == {"200"} for result in results)
    for host in hosts:
        mine = sorted((one for one in log if one.host == host), key=lambda one: one.started)
        assert len(mine) in (17, 18)  # robots.txt once, or twice if both request it at the same moment
        assert peak_parallel(mine) == 1
        assert min(after.started - before.ended for before, after in itertools.pairwise(mine)) >= DELAY - SLACK


def test_hosts_on_a_shared_server_share_its_throttle(tmp_path: Path) -> None:
    hosts = HOSTS[4:6]
    with DemoServer([Plain(4), Plain(5)]) as server:
        starts = [server.url(host, f"/{n}") for n in range(6) for host in hosts]
        result = crawl(starts, tmp_path, SHARED_SERVERS={"one.example": hosts})
        log = sorted(server.log, key=lambda one: one.started)
    assert set(result["answers"].values()) == {"200"}
    assert {one.host for one in log} == set(hosts)
    assert peak_parallel(log) == 1
    assert min(after.started - before.ended for before, after in itertools.pairwise(log)) >= DELAY - SLACK
    assert result["stats"]["politeness/requests/one.example"] == len(log)


class Watched(Tired):
    """A host that asks for a pause of two seconds at its third page."""

    def page(self, request: Request, number: int, first: bool) -> Reply:
        return Reply(status=429, headers=(("Retry-After", "2"),)) if number == 3 and first else Reply(body=b"news")


def test_next_crawl_waits_out_the_pause_of_a_killed_one(tmp_path: Path) -> None:
    with DemoServer([Watched(0)]) as server:
        starts = [server.url(HOSTS[0], f"/{n}") for n in range(8)]
        first = start(starts, tmp_path, tmp_path / "data", CONCURRENT_REQUESTS=1)
        deadline = time.monotonic() + 30
        while not any(one.status == 429 for one in tuple(server.log)) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.1)  # until the crawl has read the response
        first.kill()
        first.communicate()
        result = crawl(starts, tmp_path, tmp_path / "data")
        log = sorted(server.log, key=lambda one: one.started)
    assert set(result["answers"].values()) == {"200"}
    refused = next(n for n, one in enumerate(log) if one.status == 429)
    assert log[refused + 1].started - log[refused].ended >= 2.0 - SLACK
    assert [one.path for one in log].count("/robots.txt") == 1  # known from the first crawl


class Stalled(Town):
    """A host with one slow page."""

    def page(self, request: Request, number: int, first: bool) -> Reply:
        return Reply(body=b"news", delay=3.0 if first and number == 1 else 0.0)


def test_next_crawl_takes_over_the_lease_of_a_killed_one(tmp_path: Path) -> None:
    with DemoServer([Stalled(0)]) as server:
        starts = [server.url(HOSTS[0], f"/{n}") for n in (1, 2, 3)]
        first = start(starts, tmp_path, tmp_path / "data", CONCURRENT_REQUESTS=1)
        portal = server.portals[HOSTS[0]]
        assert isinstance(portal, Stalled)
        deadline = time.monotonic() + 30
        while "/1" not in portal.seen and time.monotonic() < deadline:
            time.sleep(0.01)
        first.kill()
        first.communicate()
        started = time.monotonic()
        result = crawl(starts, tmp_path, tmp_path / "data")
    assert set(result["answers"].values()) == {"200"}
    assert time.monotonic() - started < 20  # less than the lease lasts
