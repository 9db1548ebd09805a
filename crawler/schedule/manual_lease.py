"""The turn of a visit that no worker makes: held on its politeness key as a worker holds its visits."""

import time
from typing import Self

from crawler.schedule.worker_config import Terms
from crawler.store import StoreError
from crawler.store.visits import Outcome, Visit, VisitHeld, VisitQueue


class TurnLost(StoreError):
    """A visit was not heard of in time, and must end."""


class Turn:
    """The visit of a person's own crawl, for as long as others hear that it lives.

    Of a process that was killed another on this machine sees at once that it is no more, all others when it has been
    silent for as long as a worker may be.
    """

    def __init__(self, visits: VisitQueue, node: str, visit: Visit, terms: Terms) -> None:
        self._visits, self._node, self._terms = visits, node, terms
        self.visit = visit
        self._heard()

    @classmethod
    def take(cls, visits: VisitQueue, site: str, key: str, terms: Terms) -> Self:
        """Begin a visit of `site`, having taken theirs from those that are no more. Raises VisitHeld while another
        visit is at work on `key`."""
        visits.take_over(terms.patience, terms.attempts)
        node = visits.join(0)
        try:
            return cls(visits, node, visits.begin(node, site, key), terms)
        except VisitHeld:
            visits.leave(node)
            raise

    def renew(self) -> bool:
        """Say that it lives; whether it may go on, ``False`` where it is told to stop. To be called every `Terms.beat`.

        Raises TurnLost when others may be at work in its place.
        """
        try:
            held = self._visits.renew(self._node, 0).get(self.visit.id)
        except StoreError as error:  # away for a while: waited for, as workers do
            if time.monotonic() > self._deadline:
                raise TurnLost(f"its turn could not be renewed: {error}") from error
            return True
        if held is None:
            raise TurnLost("it was silent for so long that its turn was given to others")
        self._heard()
        return not held.stop_wanted

    def end(self, outcome: Outcome, error: str | None) -> None:
        """Give the key free."""
        self._visits.end(self.visit, outcome, error)
        self._visits.leave(self._node)

    def _heard(self) -> None:
        self._deadline = time.monotonic() + self._terms.patience.total_seconds() * 2 / 3
