"""The hours of the day in which a site may be visited."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class Hours:
    """A span of the day in a time zone.

    `opens` and `closes` are minutes from midnight; the span crosses midnight if `closes` is the smaller.
    """

    opens: int
    closes: int
    zone: ZoneInfo

    @classmethod
    def parse(cls, text: str, zone: str) -> "Hours":
        """Parse ``HH:MM-HH:MM``; ``24:00`` is midnight. Raises ValueError for anything else."""
        found = _SPAN.fullmatch(text)
        if found is None or (found[3] == "24" and found[4] != "00"):
            raise ValueError(f"{text!r} is not a span of hours: write it like 22:00-06:00")
        opens, closes = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3))
        if opens == closes % 1440:
            raise ValueError(f"{text!r} begins when it ends: leave it out to allow the whole day")
        return cls(opens, closes, ZoneInfo(zone))

    def is_open(self, now: float) -> bool:
        """True if a request may be made at `now`, seconds since the epoch."""
        minute = self._minute(now)
        if self.opens < self.closes:
            return self.opens <= minute < self.closes
        return minute >= self.opens or minute < self.closes

    def opens_at(self, now: float) -> float:
        """Return when the site may be visited next (seconds since the epoch); `now` if it is open."""
        if self.is_open(now):
            return now
        local = datetime.fromtimestamp(now, self.zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        if self._minute(now) >= self.opens:
            midnight += timedelta(days=1)
        return midnight.replace(hour=self.opens // 60, minute=self.opens % 60).timestamp()

    def _minute(self, now: float) -> int:
        local = datetime.fromtimestamp(now, self.zone)
        return local.hour * 60 + local.minute
