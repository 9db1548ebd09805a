"""Host states shared by all crawls: one lease at a time, and no state is lost."""

import subprocess
import sys

import pytest

from crawler.store import Store
from crawler.store.hosts import HostLease
from crawler.store.lease_owner import is_dead, new_lease_owner

KEY, NOW = "paper.example", 1_800_000_000.0


def test_one_crawl_at_a_time_has_the_lease(location: str) -> None:
    with Store.open(location) as one, Store.open(location) as two:
        assert one.hosts.lease(KEY, now=NOW, until=NOW + 90) == HostLease(None, was_interrupted=False)
        assert two.hosts.lease(KEY, now=NOW, until=NOW + 90) is None
        assert two.hosts.lease("other.example", now=NOW, until=NOW + 90) is not None
        assert one.hosts.release(KEY, lambda state: f"after {state}") == "after None"
        assert two.hosts.lease(KEY, now=NOW, until=NOW + 90) == HostLease("after None", was_interrupted=False)


def test_lease_expires_and_next_owner_is_informed(location: str) -> None:
    with Store.open(location) as one, Store.open(location) as two:
        one.hosts.lease(KEY, now=NOW, until=NOW + 90)
        assert two.hosts.lease(KEY, now=NOW + 89, until=NOW + 200) is None
        assert two.hosts.lease(KEY, now=NOW + 90, until=NOW + 200) == HostLease(None, was_interrupted=True)
        one.hosts.release(
            KEY, lambda state: "late"
        )  # its lease has passed to another crawl, but the state still changes
        with Store.open(location) as three:
            assert three.hosts.lease(KEY, now=NOW + 91, until=NOW + 200) is None
        assert one.hosts.get_state(KEY) == "late"


def test_changing_a_state_does_not_affect_the_lease(location: str) -> None:
    with Store.open(location) as one, Store.open(location) as two:
        one.hosts.lease(KEY, now=NOW, until=NOW + 90)
        assert two.hosts.change(KEY, lambda state: "slower") == "slower"
        assert two.hosts.lease(KEY, now=NOW, until=NOW + 90) is None


CRASH = """
import os, sys
from crawler.store import Store
Store.open(sys.argv[1]).hosts.lease(sys.argv[2], now=float(sys.argv[3]), until=float(sys.argv[3]) + 90)
os.kill(os.getpid(), 9)
"""


def test_lease_of_killed_crawl_ends_immediately(location: str) -> None:
    killed = subprocess.run([sys.executable, "-c", CRASH, location, KEY, str(NOW)], check=False)
    assert killed.returncode == -9
    with Store.open(location) as store:
        assert store.hosts.lease(KEY, now=NOW + 1, until=NOW + 90) == HostLease(None, was_interrupted=True)


def test_only_dead_processes_of_this_machine_are_dead_owners() -> None:
    assert not is_dead(new_lease_owner())
    assert not is_dead("elsewhere/boot/1#999999999#abc")
    machine = new_lease_owner().split("#")[0]
    assert is_dead(f"{machine}#999999999#abc")
    assert not is_dead("nonsense")


@pytest.mark.parametrize("state", ["{}", "新" * 300_000])
def test_robots_states_are_replaced(location: str, state: str) -> None:
    with Store.open(location) as one:
        assert one.hosts.get_robots("http://a:80") is None
        one.hosts.save_robots("http://a:80", "old")
        one.hosts.save_robots("http://a:80", state)
    with Store.open(location) as two:
        assert two.hosts.get_robots("http://a:80") == state


def test_lease_longer_than_possible_is_ignored(location: str) -> None:
    year = 365 * 86_400.0
    with Store.open(location) as one, Store.open(location) as two:
        one.hosts.lease(KEY, now=NOW + year, until=NOW + year + 90)
        assert two.hosts.lease(KEY, now=NOW, until=NOW + 90) == HostLease(None, was_interrupted=True)


def test_only_stale_leases_are_ended(location: str) -> None:
    with Store.open(location) as one, Store.open(location) as two:
        assert not two.hosts.end_stale_lease(KEY, now=NOW)
        one.hosts.lease(KEY, now=NOW, until=NOW + 90)
        assert not two.hosts.end_stale_lease(KEY, now=NOW)
        assert two.hosts.end_stale_lease(KEY, now=NOW + 100)
        assert not two.hosts.end_stale_lease(KEY, now=NOW + 100)
