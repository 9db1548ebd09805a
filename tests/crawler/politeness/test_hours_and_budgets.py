"""Hours of the day, and the budgets of a visit and of a day."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from crawler.politeness.budgets import BLOCK, DayBudget, VisitBudget
from crawler.politeness.errors import PolitenessError
from crawler.politeness.hours import Hours
from crawler.politeness.keys import politeness_key, shared_servers
from crawler.store import Store

LHASA = "Asia/Shanghai"


def at(text: str) -> float:
    return datetime.fromisoformat(f"2026-03-{text}").replace(tzinfo=ZoneInfo(LHASA)).timestamp()


@pytest.mark.parametrize(
    ("span", "now", "opens"),
    [
        ("06:00-23:00", "05T06:00", "05T06:00"),
        ("06:00-23:00", "05T22:59:59", "05T22:59:59"),
        ("06:00-23:00", "05T23:00", "06T06:00"),
        ("06:00-23:00", "05T05:59", "05T06:00"),
        ("22:00-06:00", "05T23:30", "05T23:30"),
        ("22:00-06:00", "05T05:59", "05T05:59"),
        ("22:00-06:00", "05T06:00", "05T22:00"),
        ("22:00-24:00", "05T23:59", "05T23:59"),
        ("22:00-24:00", "05T00:00", "05T22:00"),
    ],
)
def test_hours_open_and_close_in_local_time(span: str, now: str, opens: str) -> None:
    hours = Hours.parse(span, LHASA)
    assert hours.opens_at(at(now)) == at(opens)
    assert hours.is_open(at(now)) is (now == opens)


@pytest.mark.parametrize("span", ["6-23", "06:00-06:00", "06:00-24:30", "25:00-26:00", ""])
def test_invalid_spans_are_errors(span: str) -> None:
    with pytest.raises(ValueError, match=r"span|begins"):
        Hours.parse(span, LHASA)


@pytest.mark.parametrize(
    ("taken", "rule"),
    [
        ({"pages": 9, "received_bytes": 99, "seconds": 59.0}, None),
        ({"pages": 10, "received_bytes": 0, "seconds": 0.0}, "budget.pages"),
        ({"pages": 0, "received_bytes": 100, "seconds": 0.0}, "budget.bytes"),
        ({"pages": 0, "received_bytes": 0, "seconds": 60.0}, "budget.minutes"),
    ],
)
def test_reached_limit_of_a_visit(taken: dict, rule: str | None) -> None:
    found = VisitBudget(pages=10, max_bytes=100, seconds=60.0).find_reached_limit(**taken)
    assert (found and found[0]) == rule


def test_day_budget_is_shared_and_starts_at_local_midnight(tmp_path: Path) -> None:
    with Store.open(tmp_path / "db.sqlite3") as one, Store.open(tmp_path / "db.sqlite3") as two:
        first, second = (DayBudget(store.hosts, "paper", BLOCK + 10, LHASA) for store in (one, two))
        assert all(first.take(at("05T12:00")) for _ in range(5))
        assert [second.take(at("05T12:00")) for _ in range(11)] == [True] * 10 + [False]
        first.close()  # returns the pages it had reserved and not taken
        assert second.take(at("05T23:59"))
        assert [second.take(at("06T00:00")) for _ in range(BLOCK + 11)] == [True] * (BLOCK + 10) + [False]


def test_killed_visit_loses_one_block_of_the_day_budget(tmp_path: Path) -> None:
    with Store.open(tmp_path / "db.sqlite3") as store:
        DayBudget(store.hosts, "paper", 100, LHASA).take(at("05T12:00"))
        after = DayBudget(store.hosts, "paper", 100, LHASA)
        assert sum(after.take(at("05T12:00")) for _ in range(200)) == 100 - BLOCK


def test_hosts_on_one_server_share_a_key() -> None:
    servers = shared_servers({"cms": ["paper.example", "www.daily.example"]})
    keys = [politeness_key(f"http://{host}/", servers) for host in ("news.paper.example", "daily.example", "a.example")]
    assert keys == ["cms", "cms", "a.example"]
    with pytest.raises(PolitenessError, match=r"daily\.example is on cms and on other"):
        shared_servers({"cms": ["daily.example"], "other": ["daily.example"]})
