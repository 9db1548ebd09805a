"""A crawl begun by hand: whose turn it is on the politeness key, and what stays when its process is killed."""

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

TAKES_IT = f"""
import sys, time
from crawler.schedule.worker_config import DEFAULT_CONFIG
from crawler.schedule.manual_lease import ManualLease
from crawler.store import Store
with Store.open(sys.argv[1]) as store:
    ManualLease.acquire(store.visits, "paper", "{KEY}", DEFAULT_CONFIG)
    print("taken", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "db")


@pytest.fixture
def visits(path):
    with Store.open(path) as store:
        yield store.visits


def test_a_key_has_one_turn_which_its_end_gives_free(visits):
    turn = ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
    mine = (
        rf"process {os.getpid()} on \S+ since .* UTC — wait until it ends, or stop it with `broadsheet schedule pause"
    )
    with pytest.raises(KeyBusy, match=f"^paper is already being visited: {mine} paper --stop`$"):
        ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
    with pytest.raises(
        KeyBusy, match=f"^other is already being visited: paper, which shares its politeness key, in {mine}"
    ):
        ManualLease.acquire(visits, "other", KEY, DEFAULT_CONFIG)
    assert turn.renew()
    assert [node.id for node in visits.nodes()] == [turn.visit.node], "who was refused is not entered"
    turn.end(Outcome.DONE, None)
    assert visits.nodes() == []
    [told] = visits.history()
    assert (told.site, told.reason, told.outcome) == ("paper", "hand", Outcome.DONE)
    ManualLease.acquire(visits, "other", KEY, DEFAULT_CONFIG)


def test_what_is_planned_waits_for_a_turn_and_a_turn_for_who_is_at_work(visits):
    assert visits.plan("paper", KEY)
    turn = ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
    worker = visits.join(1)
    assert visits.lease_next(worker, ["paper"]) is None
    turn.end(Outcome.DONE, None)
    at_work = visits.lease_next(worker, ["paper"])
    assert at_work is not None
    with pytest.raises(KeyBusy):
        ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
    visits.end(at_work, Outcome.DONE)
    ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)


def test_the_turn_of_a_killed_process_is_taken_at_once_and_not_tried_again(path, visits):
    with subprocess.Popen([sys.executable, "-c", TAKES_IT, path], stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"taken\n"
        with pytest.raises(KeyBusy, match=f"process {killed.pid} "):
            ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
        killed.kill()
    turn = ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
    lost, mine = sorted(visits.history(), key=lambda one: one.id)
    assert (lost.outcome, lost.state) == (Outcome.LOST, "ended")
    assert lost.error is not None
    assert lost.error.startswith(f"lost contact with process {killed.pid} on ")
    assert mine.id == turn.visit.id


def test_a_turn_ends_when_it_is_told_to_and_when_it_was_silent_for_too_long(visits):
    turn = ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
    visits.cancel(["paper"])
    assert not turn.renew(), "told to stop"
    visits.reclaim(timedelta(0), DEFAULT_CONFIG.max_attempts)
    with pytest.raises(LeaseLost, match="lease expired"):
        turn.renew()


def test_old_visits_are_forgotten_but_for_a_sites_last_and_what_is_not_ended(visits):
    for site in ["paper"] * 5 + ["other"]:
        ManualLease.acquire(visits, site, KEY, DEFAULT_CONFIG).end(Outcome.DONE, None)
    running = ManualLease.acquire(visits, "paper", KEY, DEFAULT_CONFIG)
    visits.plan("third", "third.localhost")
    assert visits.delete_old(timedelta(days=1), 2) == 0, "none is as old"
    assert visits.delete_old(timedelta(0), 2) == 4
    left = [(one.site, one.state) for one in visits.history()]
    assert sorted(left) == [("other", "ended"), ("paper", "ended"), ("paper", "running"), ("third", "queued")]
    assert running.renew()
