"""What one visit, and one day, may take of a site."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

#: Pages of a day's budget that a visit sets aside at a time: a killed visit loses no more of them.
BLOCK = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitBudget:
    """The limits of one visit; ``None`` is none."""

    pages: int
    octets: int | None = None
    seconds: float | None = None

    def spent(self, *, pages: int, octets: int, seconds: float) -> tuple[str, str] | None:
        """Which limit a visit has reached that took so much, as rule and evidence; ``None`` while it may go on."""
        if pages >= self.pages:
            return "budget.pages", f"{pages} pages of at most {self.pages} asked for"
        if self.octets is not None and octets >= self.octets:
            return "budget.bytes", f"{octets} bytes received; {self.octets} may be"
        if self.seconds is not None and seconds >= self.seconds:
            return "budget.minutes", f"visiting for {seconds / 60:.1f} minutes; {self.seconds / 60:.0f} are allowed"
        return None


class Counter(Protocol):
    """A shared book of texts by key, each changed in one step."""

    def change(self, key: str, change: Callable[[str | None], str | None]) -> str | None: ...


class DayBudget:
    """The pages of one day in the site's zone, shared by all visits of all machines."""

    def __init__(self, book: Counter, site: str, pages: int, zone: str) -> None:
        self._book = book
        self._key = f"day:{site}"
        self.pages = pages
        self._zone = ZoneInfo(zone)
        self._day = ""
        self._left = 0

    def take(self, now: float) -> bool:
        """Take one page of the day that `now` (seconds since the epoch) is in; whether there was one left."""
        day = datetime.fromtimestamp(now, self._zone).date().isoformat()
        if day != self._day:
            self._day, self._left = day, 0
        if self._left == 0:
            self._left = self._reserve(day, BLOCK)
        if self._left == 0:
            return False
        self._left -= 1
        return True

    def close(self) -> None:
        """Give back what was set aside and not taken."""
        if self._left:
            self._reserve(self._day, -self._left)
            self._left = 0

    def _reserve(self, day: str, wanted: int) -> int:
        granted = 0

        def change(stored: str | None) -> str:
            nonlocal granted
            used = _used(stored, day)
            granted = min(wanted, self.pages - used)
            return json.dumps({"day": day, "pages": max(used + granted, 0)})

        self._book.change(self._key, change)
        return max(granted, 0)


def _used(stored: str | None, day: str) -> int:
    try:
        values = json.loads(stored or "{}")
        return int(values["pages"]) if values.get("day") == day else 0
    except (ValueError, KeyError, AttributeError, TypeError):  # a count that cannot be read begins anew
        return 0
