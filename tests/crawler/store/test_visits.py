"""The visit queue on SQLite and PostgreSQL: leases, politeness keys, and the visits of lost workers."""

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, make_url, text

from crawler.store import Store
from crawler.store.schedules import Schedule
from crawler.store.visits import Outcome

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LEASE_TIME = timedelta(seconds=30)


def make_schedule(site: str, key: str | None = None, cadence: str = "0 * * * *") -> Schedule:
    return Schedule(site, key or f"{site}.localhost", cadence, "UTC", NOW, paused=False, next_due=None)


@pytest.fixture
def shared_store(location):
    with Store.open(location) as opened:
        yield opened


def add_schedules(store: Store, *sites: str, due: datetime = NOW) -> None:
    store.schedules.put(make_schedule(site) for site in sites)
    for one in store.schedules.list_unplanned():
        store.schedules.set_next(one, due, after=None)


def age_heartbeat(store: Store, node: str, seconds: float) -> None:
    """Make the last heartbeat of a worker older, since the database's clock cannot be set."""
    engine = create_engine(store._database.engine.url)
    older = f"UPDATE nodes SET beat = {'datetime(beat, :by)' if engine.dialect.name == 'sqlite' else 'beat + :by'}"
    by = f"{-seconds} seconds" if engine.dialect.name == "sqlite" else timedelta(seconds=-seconds)
    with engine.begin() as connection:
        connection.execute(text(f"{older} WHERE id = :node"), {"by": by, "node": node})
    engine.dispose()


def test_due_time_is_planned_and_run_once(shared_store):
    store = shared_store
    add_schedules(store, "paper")
    assert store.visits.plan_due(NOW - HOUR, ["paper"]) == 0
    assert store.visits.plan_due(NOW, ["other"]) == 0
    assert store.visits.plan_due(NOW + 5 * HOUR, ["paper"]) == 1
    assert store.visits.plan_due(NOW + 5 * HOUR, ["paper"]) == 0
    node = store.visits.join(2)
    visit = store.visits.lease_next(node, ["paper"])
    assert (visit.due, visit.reason, visit.attempt, visit.node) == (NOW, "schedule", 1, node)
    assert store.visits.lease_next(node, ["paper"]) is None
    assert store.schedules.list_unplanned() == []  # while it runs
    assert store.visits.end(visit, Outcome.DONE)
    assert [one.site for one in store.schedules.list_unplanned()] == ["paper"]
    [visit] = store.visits.history()
    assert (visit.state, visit.outcome, visit.node) == ("ended", "done", None)


def test_outdated_next_due_time_is_not_stored(shared_store):
    store = shared_store
    add_schedules(store, "paper")
    store.visits.plan_due(NOW, ["paper"])
    node = store.visits.join(1)
    visit = store.visits.lease_next(node, ["paper"])
    store.visits.end(visit, Outcome.DONE)
    [plan] = store.schedules.list_unplanned()
    store.schedules.set_next(plan, NOW, after=None)  # a slow worker that did not know about the visit
    assert store.schedules.all()[0].next_due is None
    store.schedules.set_next(plan, NOW + HOUR, after=visit.id)
    assert store.schedules.all()[0].next_due == NOW + HOUR


def test_only_one_visit_runs_per_politeness_key(shared_store):
    store = shared_store
    for site in ("east", "west"):
        assert store.visits.plan(site, "same.test")
        assert not store.visits.plan(site, "same.test")
    one, two = store.visits.join(2), store.visits.join(2)
    first = store.visits.lease_next(one, ["east", "west"])
    assert store.visits.lease_next(two, ["east", "west"]) is None
    store.visits.end(first, Outcome.DONE)
    assert store.visits.lease_next(two, ["east", "west"]).site == {"east": "west", "west": "east"}[first.site]


def test_worker_leases_only_visits_of_its_sites(shared_store):
    shared_store.visits.plan("paper", "paper.test")
    node = shared_store.visits.join(1)
    assert shared_store.visits.lease_next(node, ["other"]) is None
    assert shared_store.visits.lease_next("a worker that never joined", ["paper"]) is None
    assert shared_store.visits.lease_next(node, ["paper"]).site == "paper"


def test_late_updates_of_silent_worker_are_ignored(shared_store):
    store = shared_store
    store.visits.plan("paper", "paper.test")
    frozen, other = store.visits.join(1), store.visits.join(1)
    held = store.visits.lease_next(frozen, ["paper"])
    run = store.runs.start("paper", started=NOW, visit_id=held.id, attempt=held.attempt)
    age_heartbeat(store, frozen, 20)
    assert store.visits.reclaim(LEASE_TIME, 4) == []
    age_heartbeat(store, frozen, 11)
    assert [one.id for one in store.visits.reclaim(LEASE_TIME, 4)] == [held.id]
    assert store.visits.reclaim(LEASE_TIME, 4) == []
    [lost] = store.runs.list()
    assert (lost.id, lost.outcome) == (run, "interrupted")
    assert lost.error.endswith("died or lost contact")
    again = store.visits.lease_next(other, ["paper"])
    assert (again.id, again.attempt) == (held.id, 2)
    assert store.visits.renew(frozen, 1) == {}  # it wakes up
    assert not store.visits.end(held, Outcome.DONE)
    assert list(store.visits.renew(other, 1)) == [held.id]
    assert store.visits.end(again, Outcome.DONE)
    assert [one.outcome for one in store.visits.history()] == ["done"]


def test_visit_of_dead_local_worker_is_released_immediately(shared_store, location):
    script = (
        "import sys; from crawler.store import Store\n"
        "visits = Store.open(sys.argv[1]).visits; visits.plan('paper', 'k')\n"
        "print(visits.lease_next(visits.join(1), ['paper']).id)"
    )
    subprocess.run([sys.executable, "-c", script, location], check=True, capture_output=True, timeout=60)
    assert [one.site for one in shared_store.visits.reclaim(timedelta(days=1), 4)] == ["paper"]


def test_visit_is_interrupted_after_its_last_attempt(shared_store):
    store = shared_store
    store.visits.plan("paper", "paper.test")
    for attempt in (1, 2, 3):
        node = store.visits.join(1)
        assert store.visits.lease_next(node, ["paper"]).attempt == attempt
        age_heartbeat(store, node, 60)
        store.visits.reclaim(LEASE_TIME, 3)
    [visit] = store.visits.history()
    assert (visit.state, visit.outcome) == ("ended", "interrupted")
    assert "lost contact" in visit.error
    assert store.visits.lease_next(store.visits.join(1), ["paper"]) is None


def test_completed_visit_of_dead_worker_is_not_repeated(shared_store):
    store = shared_store
    store.visits.plan("paper", "paper.test")
    node = store.visits.join(1)
    visit = store.visits.lease_next(node, ["paper"])
    run = store.runs.start("paper", started=NOW, visit_id=visit.id, attempt=visit.attempt)
    store.runs.finish(run, ended=NOW, outcome="done")
    age_heartbeat(store, node, 60)
    assert [one.id for one in store.visits.reclaim(LEASE_TIME, 3)] == [visit.id]
    assert (store.visits.latest()["paper"].state, store.visits.latest()["paper"].outcome) == ("ended", "done")


def test_next_attempt_waits_for_its_delay(shared_store):
    store = shared_store
    store.visits.plan("paper", "paper.test")
    node = store.visits.join(1)
    visit = store.visits.lease_next(node, ["paper"])
    assert store.visits.end(visit, Outcome.FAILED, "no route", again=HOUR)
    assert store.visits.lease_next(node, ["paper"]) is None
    assert not store.visits.plan("paper", "paper.test")
    [visit] = store.visits.history()
    assert (visit.state, visit.outcome, visit.error) == ("queued", "failed", "no route")
    assert visit.not_before - store.visits.now() > 0.9 * HOUR


def test_cancel_ends_queued_visits_and_stops_running_ones(shared_store):
    store = shared_store
    node = store.visits.join(1)
    store.visits.plan("paper", "paper.test")
    running = store.visits.lease_next(node, ["paper"])
    store.visits.plan("other", "other.test")
    assert store.visits.cancel(["paper", "other", "third"]) == 2
    assert store.visits.latest()["other"].outcome == "stopped"
    assert store.visits.renew(node, 1)[running.id].stop_wanted
    store.visits.end(running, Outcome.FAILED, "half-way", again=HOUR)  # a cancelled visit is not attempted again
    assert store.visits.latest()["paper"].state == "ended"


def test_missed_visit_of_paused_site_is_made_up_for_on_resume(shared_store):
    store = shared_store
    add_schedules(store, "paper", "other")
    store.schedules.set_paused(["paper"], True)
    store.schedules.put([make_schedule("paper"), make_schedule("other")])
    assert store.visits.plan_due(NOW + HOUR, ["paper", "other"]) == 1
    store.schedules.set_paused(["paper"], False)
    assert store.visits.plan_due(NOW + HOUR, ["paper", "other"]) == 1


def test_changed_cadence_resets_the_next_due_time(shared_store):
    store = shared_store
    add_schedules(store, "paper")
    store.schedules.put([make_schedule("paper")])
    assert store.schedules.all()[0].next_due == NOW
    store.schedules.put([make_schedule("paper", cadence="adaptive")])
    assert (store.schedules.all()[0].next_due, store.schedules.all()[0].cadence) == (None, "adaptive")


def test_silent_worker_is_listed_for_a_day(shared_store):
    store = shared_store
    node = store.visits.join(3)
    store.visits.plan("paper", "paper.test")
    store.visits.lease_next(node, ["paper"])
    [visit] = store.visits.nodes()
    assert (visit.id, visit.slots, visit.running) == (node, 3, 1)
    age_heartbeat(store, node, 90)
    assert store.visits.nodes()[0].age > timedelta(seconds=89)
    age_heartbeat(store, node, 100_000)
    store.visits.join(1)
    assert node not in {one.id for one in store.visits.nodes()}  # deleted, and its visit is released below
    assert len(store.visits.reclaim(LEASE_TIME, 4)) == 1
    assert store.visits.renew(node, 3) == {}  # it wakes up and may lease again
    assert store.visits.lease_next(node, ["paper"]).attempt == 2


def test_concurrent_workers_lease_each_visit_once(location):
    sites = [f"site_{n}" for n in range(12)]
    with Store.open(location) as store:
        add_schedules(store, *sites)
    leased: list[str] = []

    def work() -> None:
        with Store.open(location) as store:
            node = store.visits.join(12)
            store.visits.plan_due(NOW, sites)
            while visit := store.visits.lease_next(node, sites):
                leased.append(visit.site)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(leased) == sorted(sites)


def test_database_refuses_two_running_visits_per_key(shared_store):
    engine = create_engine(make_url(shared_store._database.engine.url))
    row = (
        "INSERT INTO visits (site, key, due, reason, state, attempt, not_before, stop_wanted) "
        "VALUES (:site, 'k', '2026-03-01', 'x', 'running', 1, '2026-03-01', 0)"
    )
    with pytest.raises(Exception, match=r"(?i)unique"), engine.begin() as connection:  # noqa: PT012
        connection.execute(text(row), {"site": "a"})
        connection.execute(text(row), {"site": "b"})
    engine.dispose()


YEAR = 365 * 86_400.0


def move_visits(store: Store, seconds: float) -> None:
    """Move the times of all visits, as if the database's clock had been wrong."""
    engine = create_engine(store._database.engine.url)
    is_sqlite = engine.dialect.name == "sqlite"
    by = f"{seconds} seconds" if is_sqlite else timedelta(seconds=seconds)
    with engine.begin() as connection:
        for column in ("not_before", "started", "ended", "due"):
            moved = f"datetime({column}, :by)" if is_sqlite else f"{column} + :by"
            connection.execute(text(f"UPDATE visits SET {column} = {moved}"), {"by": by})
    engine.dispose()


def test_wait_from_a_clock_that_ran_ahead_is_ignored(shared_store):
    store = shared_store
    store.visits.plan("paper", "paper.localhost")
    node = store.visits.join(1)
    move_visits(store, 3600)
    assert store.visits.lease_next(node, ["paper"]) is None
    move_visits(store, YEAR)
    assert store.visits.lease_next(node, ["paper"]).site == "paper"


def test_heartbeat_from_a_clock_that_ran_ahead_does_not_keep_a_visit(shared_store):
    store = shared_store
    store.visits.plan("paper", "paper.localhost")
    node = store.visits.join(1)
    store.visits.lease_next(node, ["paper"])
    age_heartbeat(store, node, -20)
    assert store.visits.reclaim(LEASE_TIME, 4) == []
    age_heartbeat(store, node, -YEAR)
    assert [visit.site for visit in store.visits.reclaim(LEASE_TIME, 4)] == ["paper"]


def test_due_time_after_a_visit_in_the_future_is_forgotten(shared_store):
    store = shared_store
    store.schedules.put([make_schedule("paper"), make_schedule("other")])
    store.visits.plan("paper", "paper.localhost")
    node = store.visits.join(1)
    visit = store.visits.lease_next(node, ["paper"])
    store.visits.end(visit, Outcome.DONE)
    for one in store.schedules.list_unplanned():
        after = visit.id if one.site == "paper" else None
        store.schedules.set_next(one, store.visits.now() + timedelta(days=400), after=after)
    store.schedules.forget_future(store.visits.now())
    assert store.schedules.list_unplanned() == []
    move_visits(store, YEAR)
    store.schedules.forget_future(store.visits.now())
    assert [one.site for one in store.schedules.list_unplanned()] == ["paper"]
