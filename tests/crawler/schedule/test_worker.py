"""The worker: how it handles the end of its crawls, and its own."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawler.items import Article, Provenance
from crawler.schedule.child import Child
from crawler.schedule.planner import Planner
from crawler.schedule.worker import Worker, classify_exit
from crawler.schedule.worker_config import WorkerConfig
from crawler.sites import Site
from crawler.store import Run, Store, StoreError
from crawler.store.visits import Outcome, VisitQueue

pytestmark = pytest.mark.slow  # processes and time limits

NOW = datetime(2026, 3, 1, tzinfo=UTC)

CONFIG = WorkerConfig(
    heartbeat=timedelta(seconds=0.1), poll=timedelta(seconds=0.05), first_retry=timedelta(0), max_attempts=3
)

NOTE = """
import os, signal, sys, time
from datetime import UTC, datetime
from crawler.store import Store
store = Store.open(sys.argv[1])
run = store.runs.start("paper", started=datetime.now(UTC), visit_id=int(sys.argv[2]), attempt=int(sys.argv[3]))
def note(outcome, error=None):
    store.runs.finish(run, ended=datetime.now(UTC), outcome=outcome, error=error)
"""

BEGIN = """
import os, signal, sys, time
def ready():
    open(sys.argv[1] + ".ready", "w").close()
"""

#: Scripts that replace the crawl, by name.
SCRIPTS = {
    "done": NOTE + "note('done')",
    "refused": "print('broadsheet: there is no contact', file=sys.stderr); sys.exit(2)",
    "broken": "print('first', file=sys.stderr); print('broadsheet: no route', file=sys.stderr); sys.exit(1)",
    "killed": "os.kill(os.getpid(), 9)",
    "endless": NOTE
    + "signal.signal(15, lambda *_: (note('stopped', 'shutdown'), sys.exit(130))); ready(); time.sleep(60)",
    "deaf": NOTE + "ready(); time.sleep(60)",
    "stubborn": "signal.signal(15, signal.SIG_IGN); ready(); time.sleep(60)",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "broadsheet.sqlite3"


@pytest.fixture
def store(path):
    with Store.open(path) as opened:
        yield opened


def site(**values) -> Site:
    return Site(name="paper", home="http://paper.localhost/", hosts=("paper.localhost",), cadence="manual", **values)


def worker_of(store: Store, path: Path, script: str, **options) -> Worker:
    def launch(visit, until):
        command = [sys.executable, "-c", BEGIN + SCRIPTS[script], str(path), str(visit.id), str(visit.attempt)]
        return Child.start(command, {})

    return Worker(store, lambda: {"paper": site()}, launch, **{"slots": 1, "config": CONFIG, **options})


def run_until(worker: Worker, is_done) -> None:
    """Run `worker` until `is_done` returns True, then stop it."""

    async def main() -> None:
        running = asyncio.create_task(worker.run())
        while not is_done():  # noqa: ASYNC110 (another process is waited for)
            await asyncio.sleep(0.05)
        worker.stop()
        await running

    asyncio.run(asyncio.wait_for(main(), 60))


def ended(store: Store):
    return lambda: store.visits.latest()["paper"].state == "ended"


@pytest.mark.parametrize(
    ("script", "outcome", "attempts", "error"),
    [
        ("done", "done", 1, None),
        ("refused", "failed", 1, "broadsheet: there is no contact"),
        ("broken", "failed", 3, "broadsheet: no route"),
        ("killed", "interrupted", 3, "the crawl was killed by signal 9"),
    ],
)
def test_end_of_a_crawl_is_recorded(store, path, script, outcome, attempts, error):
    store.visits.plan("paper", "paper.localhost")
    run_until(worker_of(store, path, script), ended(store))
    [visit] = store.visits.history()
    assert (visit.outcome, visit.attempt, visit.error) == (outcome, attempts, error)
    runs = store.runs.list()
    assert [(run.visit_id, run.outcome, run.error) for run in runs] == [(visit.id, outcome, error)] * attempts
    assert all(run.ended for run in runs)
    assert store.visits.nodes() == []  # the worker has left


def test_stopped_worker_requeues_its_visit(store, path):
    store.visits.plan("paper", "paper.localhost")
    run_until(worker_of(store, path, "endless"), Path(f"{path}.ready").exists)
    [visit] = store.visits.history()
    assert (visit.state, visit.outcome) == ("queued", "stopped")
    assert [run.outcome for run in store.runs.list()] == ["stopped"]
    run_until(worker_of(store, path, "done"), ended(store))
    assert store.visits.latest()["paper"].outcome == "done"


def test_second_stop_kills_the_crawls(store, path):
    store.visits.plan("paper", "paper.localhost")
    worker = worker_of(store, path, "stubborn")

    ready, stopped = Path(f"{path}.ready").exists, []

    def stop_once() -> bool:
        if ready() and not stopped:
            worker.stop()
            stopped.append(len(worker.running))
        return bool(stopped)

    run_until(worker, stop_once)
    assert stopped == [1]
    assert [run.outcome for run in store.runs.list()] == ["stopped"]
    assert store.visits.latest()["paper"].state == "queued"


def test_cancelled_visit_is_stopped_and_not_repeated(store, path):
    store.visits.plan("paper", "paper.localhost")

    def cancelled() -> bool:
        if Path(f"{path}.ready").exists():
            store.visits.cancel(["paper"])
        return ended(store)()

    run_until(worker_of(store, path, "endless"), cancelled)
    assert store.visits.latest()["paper"].outcome == "stopped"


def test_crawl_of_reclaimed_visit_is_killed(store, path):
    store.visits.plan("paper", "paper.localhost")
    other = Store.open(path)
    reclaimed = []

    def reclaim() -> bool:
        if Path(f"{path}.ready").exists() and not reclaimed:
            reclaimed.extend(other.visits.reclaim(timedelta(seconds=-1), max_attempts=1))
        return bool(reclaimed) and not worker.running

    worker = worker_of(store, path, "deaf")
    run_until(worker, reclaim)
    other.close()
    [run] = store.runs.list()
    assert run.outcome == "interrupted"
    assert run.error.endswith("died or lost contact")
    assert store.visits.latest()["paper"].outcome == "interrupted"


def test_worker_waits_during_a_database_outage(store, path, monkeypatch):
    store.visits.plan("paper", "paper.localhost")
    failures = iter(range(3))
    renew = VisitQueue.renew

    def away(queue, node, slots):
        if next(failures, None) is not None:
            raise StoreError("the server is gone")
        return renew(queue, node, slots)

    monkeypatch.setattr(VisitQueue, "renew", away)
    run_until(worker_of(store, path, "done"), ended(store))
    assert store.visits.latest()["paper"].outcome == "done"


def test_crawl_that_cannot_start_is_retried_then_fails(store, path):
    store.visits.plan("paper", "paper.localhost")

    async def launch(visit, until):
        raise BlockingIOError(11, "no more processes")

    run_until(Worker(store, lambda: {"paper": site()}, launch, slots=1, config=CONFIG), ended(store))
    [visit] = store.visits.history()
    assert (visit.outcome, visit.attempt) == ("failed", 3)
    assert "no more processes" in visit.error


def test_exits_are_classified():
    run = Run(1, "paper", NOW, NOW, "failed", {}, "no route")
    assert classify_exit(run, 1, "words", stopped=False) == (Outcome.FAILED, "no route")
    assert classify_exit(None, 3, "", stopped=False)[1] == "the crawl ended with exit code 3 and no error message"
    assert classify_exit(None, -9, "MemoryError", stopped=False) == (
        Outcome.INTERRUPTED,
        "the crawl was killed by signal 9: MemoryError",
    )
    assert classify_exit(None, -15, "", stopped=True)[0] is Outcome.STOPPED


def test_planner_makes_up_for_missed_visits_once_and_respects_hours(store):
    now = [NOW]
    hourly = Site(name="paper", home="http://paper.localhost/", cadence="0 * * * *")
    night = Site(name="night", home="http://night.localhost/", cadence="0 * * * *", hours="22:00-06:00")
    planner = Planner(store, {"paper": hourly, "night": night}, clock=lambda _: now[0])
    now[0] = NOW + timedelta(hours=9, minutes=30)
    assert planner.plan_due_visits() == 2  # both were due at 01:00
    assert planner.plan_due_visits() == 0
    node = store.visits.join(2)
    for _ in range(2):
        visit = store.visits.lease_next(node, ["paper", "night"])
        behind = NOW - timedelta(days=1)  # the clock of the crawl's machine, which must not affect planning
        run = store.runs.start(visit.site, started=behind, visit_id=visit.id, attempt=1)
        store.runs.finish(run, ended=behind, outcome="done")
        store.visits.end(visit, Outcome.DONE)
    assert planner.plan_due_visits() == 0
    due = {plan.site: plan.next_due for plan in store.schedules.all()}
    assert due == {"paper": NOW + timedelta(hours=10), "night": NOW + timedelta(hours=22)}


def test_planner_learns_from_new_articles_on_lists(store):
    now = [NOW]
    planner = Planner(store, {"paper": Site(name="paper", home="http://paper.localhost/")}, clock=lambda _: now[0])
    assert planner.plan_due_visits() == 1
    node = store.visits.join(1)
    waits = []
    for _ in range(8):
        visit = store.visits.lease_next(node, ["paper"])
        run = store.runs.start("paper", started=now[0], visit_id=visit.id, attempt=1)
        store.runs.finish(run, ended=now[0], outcome="done", stats={"portal/new/http://paper.localhost/feed": 6})
        store.visits.end(visit, Outcome.DONE)
        planner.plan_due_visits()
        due = store.schedules.all()[0].next_due
        waits.append(due - now[0])
        now[0] = due
        assert planner.plan_due_visits() == 1
    assert timedelta(minutes=27) < waits[0] < timedelta(minutes=33)
    assert waits[-1] < timedelta(hours=1)


@pytest.mark.parametrize(("reread", "hours"), [((timedelta(hours=7),), 7), ((timedelta(minutes=5),), 1), ((), 40)])
def test_quiet_site_is_visited_when_articles_are_due_to_be_read_again(store, reread, hours):
    paper = Site(name="paper", home="http://paper.localhost/", reread=reread)
    planner = Planner(store, {"paper": paper})
    planner.plan_due_visits()
    visit = store.visits.lease_next(store.visits.join(1), ["paper"])
    now = store.visits.now()
    for number, past in enumerate((timedelta(days=2), timedelta(days=1), timedelta(0))):
        run = store.runs.start("paper", started=now - past, visit_id=None if past else visit.id, attempt=1)
        store.runs.finish(run, ended=now - past, outcome="done")
        at = f"{now:%Y-%m-%dT%H:%M:%SZ}"
        provenance = Provenance(f"r{number}", "a.warc.gz", number, "sha1:A", at)
        store.articles.save(Article(url=f"{paper.home}{number}", site="paper", body="Open.", provenance=provenance))
    store.visits.end(visit, Outcome.DONE)
    planner.plan_due_visits()
    wait = store.schedules.all()[0].next_due - now
    assert timedelta(hours=hours) - timedelta(minutes=1) < wait < timedelta(hours=1.3 * hours)


@pytest.mark.slow
def test_rounds_of_killed_workers():
    script = Path(__file__).with_name("schedule_rounds.py")
    done = subprocess.run(
        [sys.executable, script, "--sites", "2", "--kills", "1", "--speed", "900", "--seed", "5"],
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "0 overlaps, 0 orphans" in done.stdout
