"""Politeness counted at failing servers; benchmarks/politeness_counted.py is the long run."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from crawler.demo.exchanges import Exchange

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "politeness_counted.py"
HOST = "www.town0.localhost"


@pytest.fixture(scope="module")
def counted() -> ModuleType:
    spec = importlib.util.spec_from_file_location("politeness_counted", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_two_crawls_of_failing_portals_and_a_kill() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--portals", "7", "--pages", "5", "--kills", "1", "--patience", "100"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    figures = json.loads(done.stdout)
    assert (figures["short"], figures["forbidden"], figures["largest_parallel"]) == ([], [], 1)
    assert figures["polite"] is True
    assert figures["kills"] == 1
    assert figures["requests"] > 40
    assert figures["across"] > 0
    assert {"301", "302", "429", "503"} <= set(figures["statuses"])


def exchange(path: str, started: float, took: float = 0.01, status: int = 200, sent: bytes = b"") -> Exchange:
    return Exchange(host=HOST, method="GET", path=path, started=started, ended=started + took, status=status,
                    connection=1, request=b"", sent=sent)  # fmt: skip


CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n"


@pytest.mark.parametrize(
    ("log", "wrong"),
    [
        pytest.param([exchange("/1", 0.0), exchange("/2", 0.06)], "", id="the delay is kept"),
        pytest.param([exchange("/1", 0.0), exchange("/2", 0.03)], "short", id="a gap shorter than the delay"),
        pytest.param([exchange("/1", 0.0, 0.2), exchange("/2", 0.4)], "short", id="a slow answer"),
        pytest.param([exchange("/1", 0.0, status=429), exchange("/2", 1.9)], "short", id="Retry-After"),
        pytest.param([exchange("/1", 0.0, status=503), exchange("/2", 0.3)], "short", id="a back-off"),
        pytest.param([exchange("/1", 0.0, sent=CUT), exchange("/2", 0.3)], "short", id="a connection error"),
        pytest.param(
            [exchange("/1", 0.0, status=503), exchange("/2", 1.0), exchange("/3", 1.06)], "short", id="slowed down"
        ),
        pytest.param([exchange("/1", 0.0, 0.5), exchange("/2", 0.1)], "parallel", id="two at once"),
        pytest.param([exchange("/private/1", 0.0)], "forbidden", id="a forbidden path"),
    ],
)
def test_checker_finds_each_violation(counted: ModuleType, log: list[Exchange], wrong: str) -> None:
    count = counted.check_log(log, {HOST: counted.Town(0, 2, 2)}, [])
    assert count.is_polite is not bool(wrong)
    assert bool(count.short) == (wrong in ("short", "parallel"))
    assert bool(count.forbidden) == (wrong == "forbidden")
    assert (count.largest_parallel > 1) == (wrong == "parallel")


def test_responses_that_no_crawl_read_are_not_binding(counted: ModuleType) -> None:
    log = [exchange("/1", 0.0, status=429), exchange("/2", 1.0)]
    towns = {HOST: counted.Town(0, 2, 2)}
    assert counted.check_log(log, towns, [0.05]).is_polite
    assert not counted.check_log(log, towns, [0.9]).is_polite


def test_only_the_rules_of_a_closed_portal_are_requested(counted: ModuleType) -> None:
    shut = counted.Town(3, 4, 2)
    log = [Exchange(host=shut.host, method="GET", path="/", started=0.0, ended=0.1, status=200, connection=1,
                    request=b"", sent=b"")]  # fmt: skip
    assert counted.check_log(log, {shut.host: shut}, []).forbidden == [f"{shut.host}/"]
