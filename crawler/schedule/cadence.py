"""Cadences: pure functions from a site's past visits to the time of its next one."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from cronsim import CronSim

from crawler.schedule.change_rate import PastVisit, new_articles_per_day

_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class Cadence(Protocol):
    """A rule for the times of visits."""

    def next_due(self, history: Sequence[PastVisit], since: datetime) -> datetime | None:
        """Return the time of the next visit, which may be in the past, or None for never.

        `history` are the past visits, oldest first. `since` is the time the cadence took effect.
        """

    def describe(self) -> str:
        """Return the cadence in words, for display."""


@dataclass(frozen=True, slots=True)
class Manual:
    """No scheduled visits: a user requests each one."""

    def next_due(self, history: Sequence[PastVisit], since: datetime) -> datetime | None:
        return None

    def describe(self) -> str:
        return "by hand"


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression in local time.

    As in Debian's cron, a time skipped by a clock change is made up for right after it, and a repeated time counts
    once.
    """

    line: str
    zone: ZoneInfo

    def next_due(self, history: Sequence[PastVisit], since: datetime) -> datetime | None:
        """Return the first matching time after the start of the last visit, or after `since` without visits.

        If several times were missed, one visit makes up for all of them.
        """
        after = max(since, history[-1].started) if history else since
        found = next(CronSim(self.line, after.astimezone(self.zone)), None)
        return found.astimezone(UTC) if found else None

    def describe(self) -> str:
        return f"{CronSim(self.line, _ANY_DAY).explain()} ({self.zone.key})"


@dataclass(frozen=True, slots=True)
class Adaptive:
    """Visits as often as a site publishes: due when the busiest list page is expected to have `wanted` new articles.

    The wait is at least `shortest` and at most `longest`. `site` seeds a small deviation, so that sites are not all
    due at once.
    """

    site: str
    wanted: float = 1.0
    shortest: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(days=2)
    #: The wait before the second visit. The first visit cannot show whether a portal is busy or quiet.
    second_visit: timedelta = timedelta(minutes=30)

    def next_due(self, history: Sequence[PastVisit], since: datetime) -> datetime | None:
        """Return `since` for the first visit. After failures, back off exponentially up to `longest`."""
        if not history:
            return since
        last = history[-1].started
        failures = next((n for n, visit in enumerate(reversed(history)) if visit.new is not None), len(history))
        if failures:
            return last + self._spread(min(self.second_visit * 2 ** min(failures - 1, 20), self.longest), last)
        if sum(visit.new is not None for visit in history) == 1:
            return last + self.second_visit
        rate = max(new_articles_per_day(history).values(), default=0.0)
        wait = (
            timedelta(days=self.wanted / rate)
            if rate * self.longest / timedelta(days=1) > self.wanted
            else self.longest
        )
        return last + self._spread(max(wait, self.shortest), last)

    def describe(self) -> str:
        return "adaptive: as often as the site publishes"

    def _spread(self, wait: timedelta, last: datetime) -> timedelta:
        """Return `wait` changed by up to 10 %, within the bounds. The change depends on the site and its last visit."""
        share = zlib.crc32(f"{self.site} {last.isoformat()}".encode()) / 0xFFFFFFFF
        return min(max(wait * (0.9 + 0.2 * share), self.shortest), self.longest)


def read_cadence(text: str, zone: str, site: str) -> Cadence:
    """Return the cadence of a site file: ``adaptive``, ``manual``, or a five-field cron expression in `zone`."""
    if text == "adaptive":
        return Adaptive(site)
    if text == "manual":
        return Manual()
    return Cron(text, ZoneInfo(zone))
