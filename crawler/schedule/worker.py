"""The worker: leases planned visits and runs each of them in its own process."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from crawler.schedule.child import Child
from crawler.schedule.planner import Planner
from crawler.schedule.worker_config import WorkerConfig
from crawler.sites import Site, SiteError
from crawler.store import Run, Store, StoreError
from crawler.store.lease_owner import describe_owner
from crawler.store.visits import Outcome, Visit

logger = logging.getLogger(__name__)

#: Exit code of a crawl with wrong arguments or settings. Another attempt would fail in the same way.
WRONG_USE = 2

#: Starts the crawl of a visit, which may go on until the given monotonic time, and longer if extended.
Launch = Callable[[Visit, float], Awaitable[Child]]


class Worker:
    """Runs up to `slots` visits of its sites at the same time. With a `planner`, it also plans due visits.

    Run it in the main thread. During an outage of the database the worker waits; its crawls end when their leases can
    no longer be renewed, and are repeated later.
    """

    def __init__(
        self,
        store: Store,
        read_sites: Callable[[], Mapping[str, Site]],
        launch: Launch,
        *,
        slots: int,
        config: WorkerConfig,
        planner: Callable[[Mapping[str, Site]], Planner] | None = None,
    ) -> None:
        self._store = store
        self._read_sites = read_sites
        self._launch = launch
        self._slots = slots
        self._config = config
        self._sites = read_sites()
        self._planner = planner(self._sites) if planner else None
        self._crawls: dict[int, tuple[Visit, Child]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._stopping = False

    async def run(self) -> None:
        """Run visits until `stop` has been called and all crawls have ended."""
        self._node = self._store.visits.join(self._slots)
        self._deadline = self._next_heartbeat = self._next_reload = time.monotonic()
        logger.info("worker with %d slots: %s", self._slots, describe_owner(self._node))
        while not self._stopping or self._tasks:
            try:
                await self._step()
            except StoreError as error:
                logger.error("%s; trying again", error)
            self._wake.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), self._config.poll.total_seconds())
        self._store.visits.leave(self._node)

    def stop(self) -> None:
        """Lease no more visits and ask the running crawls to end. If called again, kill them."""
        for _, child in self._crawls.values():
            child.kill() if self._stopping else child.stop()
        self._stopping = True
        self._wake.set()

    @property
    def running(self) -> list[Visit]:
        """The visits that this worker is running."""
        return [visit for visit, _ in self._crawls.values()]

    async def _step(self) -> None:
        now = time.monotonic()
        if now >= self._next_heartbeat:
            self._send_heartbeat(now)
        if self._stopping:
            return
        if now >= self._next_reload:
            self._reload_sites(now)
        for lost in self._store.visits.reclaim(self._config.lease_time, self._config.max_attempts):
            logger.warning(
                "%s: attempt %d reclaimed: lost contact with %s", lost.site, lost.attempt, describe_owner(lost.node)
            )
        if self._planner:
            self._planner.plan_due_visits()
        while len(self._tasks) < self._slots and time.monotonic() < self._deadline:
            visit = self._store.visits.lease_next(self._node, list(self._sites))
            if visit is None:
                break
            await self._start_crawl(visit)

    def _send_heartbeat(self, now: float) -> None:
        """Send a heartbeat, then extend the crawls whose leases it renewed and kill those whose leases were lost."""
        held = self._store.visits.renew(self._node, self._slots)
        self._next_heartbeat = now + self._config.heartbeat.total_seconds()
        self._deadline = now + self._config.renewal_limit
        for visit, child in self._crawls.values():
            renewed = held.get(visit.id)
            if renewed is None or renewed.attempt != visit.attempt:
                child.kill()
            elif renewed.stop_wanted and not visit.stop_wanted:
                child.stop()
                self._crawls[visit.id] = (renewed, child)
            else:
                child.extend_until(self._deadline)

    def _reload_sites(self, now: float) -> None:
        self._next_reload = now + self._config.reload.total_seconds()
        self._store.visits.delete_old(self._config.retention, self._config.keep_latest)
        try:
            sites = self._read_sites()
        except SiteError as error:
            logger.error("%s; keeping the previous site files", error)
            return
        self._sites = sites
        if self._planner:
            self._planner.update_sites(sites)

    async def _start_crawl(self, visit: Visit) -> None:
        logger.info("%s: attempt %d", visit.site, visit.attempt)
        try:
            child = await self._launch(visit, self._deadline)
        except OSError as error:  # this machine has no free processes or memory
            logger.error("%s: cannot start the crawl: %s", visit.site, error)
            again = self._config.retry_delay(visit.attempt)
            self._store.visits.end(visit, Outcome.FAILED, f"cannot start the crawl: {error}", again=again)
            return
        self._crawls[visit.id] = (visit, child)
        if self._stopping:  # `stop` was called while the crawl was starting
            child.stop()
        task = asyncio.create_task(self._watch(visit, child))
        self._tasks.add(task)
        task.add_done_callback(self._handle_task_end)

    def _handle_task_end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()):
            logger.error("%s", error, exc_info=error)

    async def _watch(self, visit: Visit, child: Child) -> None:
        """Wait for the end of a crawl and record it, retrying while the database is unavailable.

        A stopping worker does not retry: the visit will be reclaimed.
        """
        code = await child.wait()
        visit, _ = self._crawls.pop(visit.id)
        while True:
            try:
                self._record_end(visit, code, child.last_error_line)
                return
            except StoreError as error:
                logger.error("%s: cannot record its end: %s", visit.site, error)
                if self._stopping:
                    return
                await asyncio.sleep(self._config.heartbeat.total_seconds())

    def _record_end(self, visit: Visit, code: int, last_line: str) -> None:
        run = self._store.runs.find_by_attempt(visit.id, visit.attempt)
        outcome, error = classify_exit(run, code, last_line, stopped=self._stopping or visit.stop_wanted)
        again = self._next_delay(visit, outcome, code)
        if not self._store.visits.end(visit, outcome, error, again=again):
            return  # the visit was reclaimed, together with its run
        logger.info("%s: %s%s", visit.site, outcome, f": {error}" if error else "")
        if run is None:
            started = visit.started or datetime.now(UTC)
            numbers = {"visit_id": visit.id, "attempt": visit.attempt}
            self._finish_run(self._store.runs.start(visit.site, started=started, **numbers), outcome, error)
        elif run.ended is None:
            self._finish_run(run.id, outcome, error)

    def _finish_run(self, run_id: int, outcome: Outcome, error: str | None) -> None:
        self._store.runs.finish(run_id, ended=datetime.now(UTC), outcome=outcome, error=error)

    def _next_delay(self, visit: Visit, outcome: Outcome, code: int) -> timedelta | None:
        if outcome is Outcome.STOPPED:  # if this worker is stopping, another one resumes the visit
            return timedelta(0) if self._stopping else None
        if outcome in (Outcome.DONE, Outcome.INCOMPLETE) or code == WRONG_USE:
            return None
        return self._config.retry_delay(visit.attempt)


def classify_exit(run: Run | None, code: int, last_line: str, *, stopped: bool) -> tuple[Outcome, str | None]:
    """Return the outcome and error text of an attempt.

    They are taken from the run that the crawl recorded, or else from its exit code and the last line of its standard
    error.
    """
    if run is not None and run.outcome is not None:
        return Outcome(run.outcome), run.error
    if stopped and code:
        return Outcome.STOPPED, "shutdown"
    if code < 0:
        return Outcome.INTERRUPTED, f"the crawl was killed by signal {-code}" + (f": {last_line}" if last_line else "")
    return Outcome.FAILED, last_line or f"the crawl ended with exit code {code} and no error message"
