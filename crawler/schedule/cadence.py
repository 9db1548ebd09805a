"""When a site is due: a pure function of its cadence and the visits before."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from cronsim import CronSim

from crawler.schedule.change_rate import PastVisit, new_a_day

_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class Cadence(Protocol):
    """When visits are due."""

    def due(self, history: Sequence[PastVisit], since: datetime) -> datetime | None:
        """When the next visit is due, after the visits of `history` in their order, under a cadence that holds since
        `since`; it may lie in the past. ``None`` for never."""

    def in_words(self) -> str:
        """The cadence for people."""


@dataclass(frozen=True, slots=True)
class Manual:
    """Visits are only made when someone asks for one."""

    def due(self, history: Sequence[PastVisit], since: datetime) -> datetime | None:
        return None

    def in_words(self) -> str:
        return "by hand"


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron line in a zone's local time. As in Debian's cron, a time of day that a change of the clocks leaves out is
    made up right after it, and one that comes twice counts once."""

    line: str
    zone: ZoneInfo

    def due(self, history: Sequence[PastVisit], since: datetime) -> datetime | None:
        """The first time of the line after the last visit began, or after `since` when there was none: of all that
        were missed, one is made up."""
        after = max(since, history[-1].started) if history else since
        found = next(CronSim(self.line, after.astimezone(self.zone)), None)
        return found.astimezone(UTC) if found else None

    def in_words(self) -> str:
        return f"{CronSim(self.line, _ANY_DAY).explain()} ({self.zone.key})"


@dataclass(frozen=True, slots=True)
class Adaptive:
    """As often as a site's list pages bring something new: due when the first of them should hold `wanted` new
    articles, not before `shortest` and not after `longest`. `site` spreads sites that would all be due at once."""

    site: str
    wanted: float = 1.0
    shortest: timedelta = timedelta(minutes=15)
    longest: timedelta = timedelta(days=2)
    #: The second visit: it tells a busy portal from a quiet one, of which the first knows nothing.
    second: timedelta = timedelta(minutes=30)

    def due(self, history: Sequence[PastVisit], since: datetime) -> datetime | None:
        """At once the first time; after failures ever later, up to `longest`."""
        if not history:
            return since
        last = history[-1].started
        failures = next((n for n, visit in enumerate(reversed(history)) if visit.new is not None), len(history))
        if failures:
            return last + self._spread(min(self.second * 2 ** min(failures - 1, 20), self.longest), last)
        if sum(visit.new is not None for visit in history) == 1:
            return last + self.second
        rate = max(new_a_day(history).values(), default=0.0)
        wait = (
            timedelta(days=self.wanted / rate)
            if rate * self.longest / timedelta(days=1) > self.wanted
            else self.longest
        )
        return last + self._spread(max(wait, self.shortest), last)

    def in_words(self) -> str:
        return "adaptive: as often as it brings something new"

    def _spread(self, wait: timedelta, last: datetime) -> timedelta:
        """`wait`, up to a tenth shorter or longer, but not beyond the bounds: by the site and its last visit."""
        share = zlib.crc32(f"{self.site} {last.isoformat()}".encode()) / 0xFFFFFFFF
        return min(max(wait * (0.9 + 0.2 * share), self.shortest), self.longest)


def read_cadence(text: str, zone: str, site: str) -> Cadence:
    """The cadence a site file names: ``adaptive``, ``manual`` or a cron line of five fields in the site's zone."""
    if text == "adaptive":
        return Adaptive(site)
    if text == "manual":
        return Manual()
    return Cron(text, ZoneInfo(zone))
