"""Budgets of one visit and of one day of a site."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

#: Pages of the day's budget that a visit reserves at a time; a killed visit loses no more than these.
BLOCK = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitBudget:
    """The limits of one visit; ``None`` is unlimited."""

    pages: int
    max_bytes: int | None = None
    seconds: float | None = None

    def find_reached_limit(self, *, pages: int, received_bytes: int, seconds: float) -> tuple[str, str] | None:
        """Return rule and evidence of a limit that a visit has reached, ``None`` if it may go on."""
        if pages >= self.pages:
            return "budget.pages", f"{pages} of at most {self.pages} pages requested"
        if self.max_bytes is not None and received_bytes >= self.max_bytes:
            return "budget.bytes", f"{received_bytes} of at most {self.max_bytes} bytes received"
        if self.seconds is not None and seconds >= self.seconds:
            return "budget.minutes", f"visiting for {seconds / 60:.1f} of at most {self.seconds / 60:.0f} minutes"
        return None


class TextTable(Protocol):
    """A shared table of texts by key, each changed atomically."""

    def change(self, key: str, change: Callable[[str | None], str | None]) -> str | None: ...


class DayBudget:
    """The page budget of a site for one day in its time zone, shared by all visits on all machines."""

    def __init__(self, table: TextTable, site: str, pages: int, zone: str) -> None:
        self._table = table
        self._key = f"day:{site}"
        self.pages = pages
        self._zone = ZoneInfo(zone)
        self._day = ""
        self._reserved = 0

    def take(self, now: float) -> bool:
        """Use one page of the day at `now` (seconds since the epoch). Return False if no page is left."""
        day = datetime.fromtimestamp(now, self._zone).date().isoformat()
        if day != self._day:
            self._day, self._reserved = day, 0
        if self._reserved == 0:
            self._reserved = self._reserve(day, BLOCK)
        if self._reserved == 0:
            return False
        self._reserved -= 1
        return True

    def close(self) -> None:
        """Give back the reserved pages that were not used."""
        if self._reserved:
            self._reserve(self._day, -self._reserved)
            self._reserved = 0

    def _reserve(self, day: str, wanted: int) -> int:
        granted = 0

        def change(stored: str | None) -> str:
            nonlocal granted
            used = _count_used_pages(stored, day)
            granted = min(wanted, self.pages - used)
            return json.dumps({"day": day, "pages": max(used + granted, 0)})

        self._table.change(self._key, change)
        return max(granted, 0)


def _count_used_pages(stored: str | None, day: str) -> int:
    try:
        values = json.loads(stored or "{}")
        return int(values["pages"]) if values.get("day") == day else 0
    except (ValueError, KeyError, AttributeError, TypeError):  # an unreadable count starts again at zero
        return 0
