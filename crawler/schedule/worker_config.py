"""The timing and limits shared by all processes that run visits on one database."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """The timing and limits of workers. All workers on one database must use the same values.

    A worker sends a heartbeat every `heartbeat`. Its crawls may go on for two thirds of `lease_time` after the last
    one, and its visits are reclaimed after `lease_time`: with 5 and 30 seconds, the site of a dead worker is left
    alone for at most 36 seconds. A failed visit is tried again after `first_retry`, then after four times as long, and
    so on, up to `max_attempts` attempts. A worker looks for due visits every `poll`. Every `reload` it reads the site
    files again and deletes ended visits older than `retention`, except the latest `keep_latest` of each site.
    """

    heartbeat: timedelta = timedelta(seconds=5)
    lease_time: timedelta = timedelta(seconds=30)
    poll: timedelta = timedelta(seconds=1)
    reload: timedelta = timedelta(seconds=30)
    first_retry: timedelta = timedelta(minutes=1)
    max_attempts: int = 4
    retention: timedelta = timedelta(days=90)
    keep_latest: int = 200

    @property
    def renewal_limit(self) -> float:
        """Seconds after a heartbeat during which crawls may go on. Less than `lease_time`, so that none overlap."""
        return self.lease_time.total_seconds() * 2 / 3

    def retry_delay(self, attempt: int) -> timedelta | None:
        """Return the delay after the failure of `attempt` (counted from 1), or None if it was the last."""
        return self.first_retry * 4 ** (attempt - 1) if attempt < self.max_attempts else None


#: The configuration of every process outside tests.
DEFAULT_CONFIG = WorkerConfig()
