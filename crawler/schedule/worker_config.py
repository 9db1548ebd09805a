"""What all that make visits on one database keep to."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Terms:
    """What the workers on one database keep to; all must be given the same.

    Every `beat` a worker says that it lives. Its crawls go on for two thirds of `patience` after its last word, and
    after `patience` its visits are others': 5 and 30 seconds leave a dead worker's site alone for 36 at most. A visit
    that failed is tried again after `retry`, then after four times as long and so on, `attempts` times in all.
    Every `look` the worker looks for what is due; every `reread` it reads the site files anew and forgets the ended
    visits that are older than `kept` and not among the last `kept_of_a_site`.
    """

    beat: timedelta = timedelta(seconds=5)
    patience: timedelta = timedelta(seconds=30)
    look: timedelta = timedelta(seconds=1)
    reread: timedelta = timedelta(seconds=30)
    retry: timedelta = timedelta(minutes=1)
    attempts: int = 4
    kept: timedelta = timedelta(days=90)
    kept_of_a_site: int = 200

    def wait_before(self, attempt: int) -> timedelta | None:
        """How long to wait after the failure of `attempt` (from 1); ``None`` when it was the last."""
        return self.retry * 4 ** (attempt - 1) if attempt < self.attempts else None


#: The terms of every process, unless a test says otherwise.
TERMS = Terms()
