"""The worker: takes planned visits and runs each in a process of its own."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from crawler.schedule.child import Child
from crawler.schedule.planner import Planner
from crawler.schedule.worker_config import Terms
from crawler.sites import Site, SiteError
from crawler.store import Run, Store, StoreError
from crawler.store.lease_owner import in_words
from crawler.store.visits import Outcome, Visit

logger = logging.getLogger(__name__)

#: Exit code of a crawl whose command line or settings are wrong: another attempt would end the same way.
WRONG_USE = 2


#: Starts the crawl of a visit, which may go on until a monotonic time at first.
Launch = Callable[[Visit, float], Awaitable[Child]]


class Worker:
    """Runs up to `slots` visits of the sites it knows at once; with a `planner`, plans what is due as well.

    To be run in the main thread. A database that is away for a while is waited for: crawls that cannot be vouched for
    end meanwhile, and are made again.
    """

    def __init__(
        self,
        store: Store,
        read_sites: Callable[[], Mapping[str, Site]],
        launch: Launch,
        *,
        slots: int,
        terms: Terms,
        planner: Callable[[Mapping[str, Site]], Planner] | None = None,
    ) -> None:
        self._store = store
        self._read_sites = read_sites
        self._launch = launch
        self._slots = slots
        self._terms = terms
        self._sites = read_sites()
        self._planner = planner(self._sites) if planner else None
        self._crawls: dict[int, tuple[Visit, Child]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False

    async def run(self) -> None:
        """Work until `stop` is called and all crawls have ended."""
        self._node = self._store.visits.join(self._slots)
        self._deadline = self._next_beat = self._next_reread = time.monotonic()
        logger.info("worker with %d slots: %s", self._slots, in_words(self._node))
        while not self._stopping or self._tasks:
            try:
                await self._step()
            except StoreError as error:
                logger.error("%s; going on when it is back", error)
            self._wake.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._terms.look.total_seconds())
        self._store.visits.leave(self._node)

    def stop(self) -> None:
        """Claim nothing more and ask the running crawls to end; the second time, end them at once."""
        for _, child in self._crawls.values():
            child.kill() if self._stopping else child.stop()
        self._stopping = True
        self._wake.set()

    @property
    def running(self) -> list[Visit]:
        """The visits running here."""
        return [visit for visit, _ in self._crawls.values()]

    async def _step(self) -> None:
        now = time.monotonic()
        if now >= self._next_beat:
            self._beat(now)
        if self._stopping:
            return
        if now >= self._next_reread:
            self._reread(now)
        for lost in self._store.visits.take_over(self._terms.patience, self._terms.attempts):
            logger.warning("%s: attempt %d taken over, %s is no more", lost.site, lost.attempt, in_words(lost.node))
        if self._planner:
            self._planner.plan()
        while len(self._tasks) < self._slots and time.monotonic() < self._deadline:
            visit = self._store.visits.claim(self._node, list(self._sites))
            if visit is None:
                break
            await self._begin(visit)

    def _beat(self, now: float) -> None:
        """Say that this worker lives. A crawl goes on only while the database has taken that word of late."""
        held = self._store.visits.renew(self._node, self._slots)
        self._next_beat = now + self._terms.beat.total_seconds()
        self._deadline = now + self._terms.patience.total_seconds() * 2 / 3
        for visit, child in self._crawls.values():
            mine = held.get(visit.id)
            if mine is None or mine.attempt != visit.attempt:
                child.kill()
            elif mine.stop_wanted and not visit.stop_wanted:
                child.stop()
                self._crawls[visit.id] = (mine, child)
            else:
                child.hold_until(self._deadline)

    def _reread(self, now: float) -> None:
        self._next_reread = now + self._terms.reread.total_seconds()
        self._store.visits.forget_old(self._terms.kept, self._terms.kept_of_a_site)
        try:
            sites = self._read_sites()
        except SiteError as error:
            logger.error("%s; the site files are used as they were", error)
            return
        self._sites = sites
        if self._planner:
            self._planner.keep(sites)

    async def _begin(self, visit: Visit) -> None:
        logger.info("%s: attempt %d", visit.site, visit.attempt)
        try:
            child = await self._launch(visit, self._deadline)
        except OSError as error:  # no more processes or memory here
            logger.error("%s: the crawl cannot be started: %s", visit.site, error)
            again = self._terms.wait_before(visit.attempt)
            self._store.visits.end(visit, Outcome.FAILED, f"the crawl cannot be started: {error}", again=again)
            return
        self._crawls[visit.id] = (visit, child)
        if self._stopping:  # it was told to stop while the crawl was started
            child.stop()
        task = asyncio.create_task(self._follow(visit, child))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            logger.error("%s", error, exc_info=error)

    async def _follow(self, visit: Visit, child: Child) -> None:
        """Wait for a crawl's end and note it, for as long as the database needs to take the note; a worker that is
        to end leaves it to those that take the visit over."""
        code = await child.wait()
        visit, _ = self._crawls.pop(visit.id)
        while True:
            try:
                self._note(visit, code, child.last_words)
                return
            except StoreError as error:
                logger.error("%s: its end cannot be noted: %s", visit.site, error)
                if self._stopping:
                    return
                await asyncio.sleep(self._terms.beat.total_seconds())

    def _note(self, visit: Visit, code: int, words: str) -> None:
        run = self._store.runs.of_attempt(visit.id, visit.attempt)
        outcome, error = how_it_ended(run, code, words, stopped=self._stopping or visit.stop_wanted)
        again = self._again(visit, outcome, code)
        if not self._store.visits.end(visit, outcome, error, again=again):
            return  # it was taken over, with the run that belonged to it
        logger.info("%s: %s%s", visit.site, outcome, f": {error}" if error else "")
        if run is None:
            started = visit.started or datetime.now(UTC)
            numbers = {"visit_id": visit.id, "attempt": visit.attempt}
            self._finish(self._store.runs.start(visit.site, started=started, **numbers), outcome, error)
        elif run.ended is None:
            self._finish(run.id, outcome, error)

    def _finish(self, run_id: int, outcome: Outcome, error: str | None) -> None:
        self._store.runs.finish(run_id, ended=datetime.now(UTC), outcome=outcome, error=error)

    def _again(self, visit: Visit, outcome: Outcome, code: int) -> timedelta | None:
        if outcome is Outcome.STOPPED:  # by this worker's end: the visit goes on where there is a worker
            return timedelta(0) if self._stopping else None
        if outcome is Outcome.DONE or code == WRONG_USE:
            return None
        return self._terms.wait_before(visit.attempt)


def how_it_ended(run: Run | None, code: int, words: str, *, stopped: bool) -> tuple[Outcome, str | None]:
    """An attempt's outcome and the error's text, by what the crawl noted itself; where it died without a word, by its
    exit code and the last words on its standard error."""
    if run is not None and run.outcome is not None:
        return Outcome(run.outcome), run.error
    if stopped and code:
        return Outcome.STOPPED, "shutdown"
    if code < 0:
        return Outcome.LOST, f"the crawl was ended by signal {-code}" + (f": {words}" if words else "")
    return Outcome.FAILED, words or f"the crawl ended with exit code {code} and without a word"
