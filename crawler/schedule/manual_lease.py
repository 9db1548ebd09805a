"""The lease of a manual crawl: it holds its politeness key in the same way as a worker's visits do."""

import time
from typing import Self

from crawler.schedule.worker_config import WorkerConfig
from crawler.store import StoreError
from crawler.store.visits import KeyBusy, Outcome, Visit, VisitQueue


class LeaseLost(StoreError):
    """The lease expired because it was not renewed in time. The crawl must end."""


class ManualLease:
    """The visit of a manual crawl, leased until it ends or stops sending heartbeats.

    If the process is killed, other processes of this machine notice immediately; other machines notice when the lease
    time is over.
    """

    def __init__(self, visits: VisitQueue, node: str, visit: Visit, config: WorkerConfig) -> None:
        self._visits, self._node, self._config = visits, node, config
        self.visit = visit
        self._extend_deadline()

    @classmethod
    def acquire(cls, visits: VisitQueue, site: str, key: str, config: WorkerConfig) -> Self:
        """Begin a visit of `site`, after reclaiming the visits of dead nodes.

        Raises KeyBusy while another visit is running on `key`.
        """
        visits.reclaim(config.lease_time, config.max_attempts)
        node = visits.join(0)
        try:
            return cls(visits, node, visits.begin_manual(node, site, key), config)
        except KeyBusy:
            visits.leave(node)
            raise

    def renew(self) -> bool:
        """Send a heartbeat; to be called every `WorkerConfig.heartbeat`. Return False if the crawl is to stop.

        Raises LeaseLost if the lease may have passed to another crawl.
        """
        try:
            held = self._visits.renew(self._node, 0).get(self.visit.id)
        except StoreError as error:  # a short outage of the database is tolerated, as workers do
            if time.monotonic() > self._deadline:
                raise LeaseLost(f"the crawl's lease could not be renewed: {error}") from error
            return True
        if held is None:
            raise LeaseLost("the crawl's lease expired, since it sent no heartbeat in time")
        self._extend_deadline()
        return not held.stop_wanted

    def end(self, outcome: Outcome, error: str | None) -> None:
        """End the visit, which releases its politeness key."""
        self._visits.end(self.visit, outcome, error)
        self._visits.leave(self._node)

    def _extend_deadline(self) -> None:
        self._deadline = time.monotonic() + self._config.renewal_limit
