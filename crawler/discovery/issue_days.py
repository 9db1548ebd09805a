"""The days of a digital paper: which issues a visit requests, newest first."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import islice

from crawler.sites.issue_url import days_back

#: Days back to which a missing issue is requested again, since it may appear late.
RECHECKED = 3
#: Days in a row without an issue at which the walk ends, with a first day of the paper and without one.
MAX_GAP, MAX_GAP_WITHOUT_SINCE = 60, 10
#: Without a first day, a walk that has found only a few issues ends earlier: after twice the longest gap between them.
_FEW, _MIN_GAP = range(2, 20), 3
#: Recent days in a row without an issue that are a fault, longer than any holiday.
MISSING_RUN = 10
#: Issues that wait in the queue while older ones are walked to.
AHEAD = 2
#: Days that are looked up together.
_BATCH = 400


class IssueState(StrEnum):
    """The state of an issue. A `FRESH` one was read on its own day, when it may not have been complete."""

    FRESH = "fresh"
    READ = "read"
    MISSING = "missing"
    QUEUED = "queued"


@dataclass(frozen=True, slots=True)
class IssueToRead:
    """An issue to request; `is_again` if it was requested before."""

    day: date
    is_again: bool = False


class IssueWalk:
    """The walk from `today` back to the day `oldest`, if that is known.

    `find_states` returns the states of days that earlier visits requested. The issues of the last days are requested
    again if they were missing or read on their own day; others once only.
    """

    def __init__(
        self, today: date, oldest: date | None, find_states: Callable[[Sequence[date]], Mapping[date, IssueState]]
    ) -> None:
        self._today = today
        self._days = days_back(today, oldest)
        self._find_states = find_states
        self._has_oldest = oldest is not None
        self._gap = self._longest_gap = self._issues = 0
        self._missing: set[date] = set()
        self._waiting: set[date] = set()
        self._to_read = self._walk()
        self._newest: date | None = None

    @property
    def has_issues(self) -> bool:
        """True if there ever was an issue."""
        return self._newest is not None

    def is_recent(self, day: date) -> bool:
        """True if the issue of `day` is requested early in a visit, even again."""
        return day >= self._today - timedelta(days=RECHECKED)

    def is_newest(self, day: date) -> bool:
        """True if no newer issue is known."""
        return self._newest is None or day >= self._newest

    def begin(self) -> list[IssueToRead]:
        """Return the first issues to request, newest first."""
        return list(islice(self._to_read, RECHECKED + 1 + AHEAD))

    def note(self, day: date, *, is_found: bool) -> list[IssueToRead]:
        """Note if there is an issue of a day that was requested. Return the older issue to request now, if any."""
        self._waiting.discard(day)
        self._note(day, is_missing=not is_found)
        return list(islice(self._to_read, 1 if len(self._waiting) < AHEAD else 0))

    @property
    def missing_run(self) -> int:
        """The number of days in a row, from today back, that have no issue."""
        return next(run for run, day in enumerate(days_back(self._today, None)) if day not in self._missing)

    @property
    def _max_gap(self) -> int:
        if self._has_oldest:
            return MAX_GAP
        usual = _MIN_GAP if self._issues in _FEW else MAX_GAP_WITHOUT_SINCE
        return max(usual, 2 * self._longest_gap)

    def _note(self, day: date, *, is_missing: bool) -> None:
        if is_missing:
            self._missing.add(day)
            self._gap += 1
        else:
            self._missing.discard(day)
            self._longest_gap = max(self._longest_gap, self._gap if self._issues else 0)
            self._gap = 0
            self._issues += 1
            self._newest = max(day, self._newest or day)

    def _walk(self) -> Iterator[IssueToRead]:
        while batch := list(islice(self._days, _BATCH)):
            states = self._find_states(batch)
            for day in batch:
                if self._gap >= self._max_gap:
                    return
                state = states.get(day)
                if state is IssueState.QUEUED:
                    self._waiting.add(day)
                elif state is None or (self.is_recent(day) and state is not IssueState.READ):
                    self._waiting.add(day)
                    yield IssueToRead(day, is_again=state is not None)
                else:
                    self._note(day, is_missing=state is IssueState.MISSING)
