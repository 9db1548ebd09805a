"""Manual crawls: their lease on the politeness key, also when the process is killed."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from crawler.schedule.manual_lease import LeaseLost, ManualLease
from crawler.schedule.worker_config import DEFAULT_CONFIG
from crawler.store import Store
from crawler.store.visits import KeyBusy, Outcome

KEY = "paper.localhost"

ACQUIRE = f"""
import sys, time
from crawler.schedule.worker_config import DEFAULT_CONFIG
from crawler.schedule.manual_lease import ManualLease
from crawler.store import Store
with Store.open(sys.argv[1]) as store:
    ManualLease.acquire(store.visits, "paper", "{KEY}", DEFAULT_CONFIG)
    print("acquired", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "db")


@pytest.fixture
def visits(path):
    with Store.open(path) as store:
        yield store.visits


def test_key_is_leased_once_and_released_at_the_end(visits):
    lease = ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
    mine = (
        rf"process {os.getpid()} on \S+ since .* UTC — wait until it ends, or stop it with `broadsheet schedule pause"
    )
    with pytest.raises(KeyBusy, match=f"^paper is already being visited: {mine} paper --stop`$"):
        ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
    with pytest.raises(
        KeyBusy, match=f"^other is already being visited: paper, which shares its politeness key, in {mine}"
    ):
        ManualLease.acquire(visits, "other", KEY, DEFAULT_CONFIG)
    assert lease.renew()
    assert [node.id for node in visits.nodes()] == [lease.visit.node], "a refused crawl is not registered"
    lease.end(Outcome.DONE, None)
    assert visits.nodes() == []
    [visit] = visits.history()
    assert (visit.site, visit.reason, visit.outcome) == ("paper", "hand", Outcome.DONE)
    ManualLease.acquire(visits, "other", KEY, DEFAULT_CONFIG)


def test_planned_visit_and_manual_crawl_wait_for_each_other(visits):
    assert visits.plan("paper", KEY)
    lease = ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
    worker = visits.join(1)
    assert visits.lease_next(worker, ["paper"]) is None
    lease.end(Outcome.DONE, None)
    running = visits.lease_next(worker, ["paper"])
    assert running is not None
    with pytest.raises(KeyBusy):
        ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
    visits.end(running, Outcome.DONE)
    ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)


def test_lease_of_killed_process_is_reclaimed_immediately_without_retry(path, visits):
    with subprocess.Popen([sys.executable, "-c", ACQUIRE, path], stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"acquired\n"
        with pytest.raises(KeyBusy, match=f"process {killed.pid} "):
            ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
        killed.kill()
    lease = ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
    lost, mine = sorted(visits.history(), key=lambda one: one.id)
    assert (lost.outcome, lost.state) == (Outcome.INTERRUPTED, "ended")
    assert lost.error is not None
    assert lost.error.startswith(f"process {killed.pid} on ")
    assert mine.id == lease.visit.id


def test_lease_ends_when_cancelled_and_when_expired(visits):
    lease = ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
    visits.cancel(["paper"])
    assert not lease.renew(), "cancelled"
    visits.reclaim(timedelta(0), DEFAULT_CONFIG.max_attempts)
    with pytest.raises(LeaseLost, match="lease expired"):
        lease.renew()


def test_old_visits_are_deleted_except_the_latest_and_unfinished_ones(visits):
    for site in ["paper"] * 5 + ["other"]:
        ManualLease.acquire(visits, site, KEY, DEFAULT_CONFIG).end(Outcome.DONE, None)
    running = ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
    visits.plan("third", "third.localhost")
    assert visits.delete_old(timedelta(days=1), 2) == 0, "no visit is that old"
    assert visits.delete_old(timedelta(0), 2) == 4
    left = [(one.site, one.state) for one in visits.history()]
    assert sorted(left) == [("other", "ended"), ("paper", "ended"), ("paper", "running"), ("third", "queued")]
    assert running.renew()
