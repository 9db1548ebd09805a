"""A crawl begun by hand: whose turn it is on the politeness key, and what stays when its process is killed."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest

from crawler.schedule.manual_lease import Turn, TurnLost
from crawler.schedule.worker_config import TERMS
from crawler.store import Store
from crawler.store.visits import Outcome, VisitHeld

KEY = "paper.localhost"

TAKES_IT = f"""
import sys, time
from crawler.schedule.worker_config import TERMS
from crawler.schedule.manual_lease import Turn
from crawler.store import Store
with Store.open(sys.argv[1]) as store:
    Turn.take(store.visits, "paper", "{KEY}", TERMS)
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
    turn = Turn.take(visits, "paper", KEY, TERMS)
    mine = rf"process {os.getpid()} on \S+ since .* UTC — wait for its end, or end it with `broadsheet schedule pause"
    with pytest.raises(VisitHeld, match=f"^paper is visited already: {mine} paper --stop`$"):
        Turn.take(visits, "paper", KEY, TERMS)
    with pytest.raises(VisitHeld, match=f"^other is visited already: paper, which shares its pace, by {mine}"):
        Turn.take(visits, "other", KEY, TERMS)
    assert turn.renew()
    assert [node.id for node in visits.nodes()] == [turn.visit.node], "who was refused is not entered"
    turn.end(Outcome.DONE, None)
    assert visits.nodes() == []
    [told] = visits.history()
    assert (told.site, told.reason, told.outcome) == ("paper", "hand", Outcome.DONE)
    Turn.take(visits, "other", KEY, TERMS)


def test_what_is_planned_waits_for_a_turn_and_a_turn_for_who_is_at_work(visits):
    assert visits.plan("paper", KEY)
    turn = Turn.take(visits, "paper", KEY, TERMS)
    worker = visits.join(1)
    assert visits.claim(worker, ["paper"]) is None
    turn.end(Outcome.DONE, None)
    at_work = visits.claim(worker, ["paper"])
    assert at_work is not None
    with pytest.raises(VisitHeld):
        Turn.take(visits, "paper", KEY, TERMS)
    visits.end(at_work, Outcome.DONE)
    Turn.take(visits, "paper", KEY, TERMS)


def test_the_turn_of_a_killed_process_is_taken_at_once_and_not_tried_again(path, visits):
    with subprocess.Popen([sys.executable, "-c", TAKES_IT, path], stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"taken\n"
        with pytest.raises(VisitHeld, match=f"process {killed.pid} "):
            Turn.take(visits, "paper", KEY, TERMS)
        killed.kill()
    turn = Turn.take(visits, "paper", KEY, TERMS)
    lost, mine = sorted(visits.history(), key=lambda one: one.id)
    assert (lost.outcome, lost.state) == (Outcome.LOST, "ended")
    assert lost.error is not None
    assert lost.error.startswith(f"process {killed.pid} on ")
    assert mine.id == turn.visit.id


def test_a_turn_ends_when_it_is_told_to_and_when_it_was_silent_for_too_long(visits):
    turn = Turn.take(visits, "paper", KEY, TERMS)
    visits.cancel(["paper"])
    assert not turn.renew(), "told to stop"
    visits.take_over(timedelta(0), TERMS.attempts)
    with pytest.raises(TurnLost, match="given to others"):
        turn.renew()


def test_old_visits_are_forgotten_but_for_a_sites_last_and_what_is_not_ended(visits):
    for site in ["paper"] * 5 + ["other"]:
        Turn.take(visits, site, KEY, TERMS).end(Outcome.DONE, None)
    running = Turn.take(visits, "paper", KEY, TERMS)
    visits.plan("third", "third.localhost")
    assert visits.forget_old(timedelta(days=1), 2) == 0, "none is as old"
    assert visits.forget_old(timedelta(0), 2) == 4
    left = [(one.site, one.state) for one in visits.history()]
    assert sorted(left) == [("other", "ended"), ("paper", "ended"), ("paper", "running"), ("third", "queued")]
    assert running.renew()
