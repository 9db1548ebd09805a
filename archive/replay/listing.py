"""Lists of captures: a calendar of those of one URL, and the URLs of a prefix, host or domain, in pages."""

from calendar import Calendar
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import takewhile
from urllib.parse import quote, unquote

from archive.cdxj import IndexEntry
from archive.index import Index
from archive.replay.address import AFTER, ReplayAddress, quote_url
from archive.replay.finder import CaptureFinder
from archive.replay.notice import CalendarCell, CalendarRow, Notice
from archive.replay.periods import end_of_period, start_of_period

#: Captures or URLs listed per page.
PAGE_SIZE = 200

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Period:
    """A time from `start` to before `end`; ``None`` is without bound."""

    start: datetime | None
    end: datetime | None


def period_of(address: ReplayAddress) -> Period:
    """Return the time that the address of a list selects. Raises ValueError if there is no such date."""
    return Period(
        start_of_period(address.timestamp) if address.timestamp else None,
        end_of_period(address.until) if address.until else None,
    )


class CaptureLists:
    """Makes the lists of the captures in `index`, without those that `finder` withholds."""

    def __init__(self, index: Index, finder: CaptureFinder) -> None:
        self._index = index
        self._finder = finder

    def captures(self, address: ReplayAddress) -> Notice | None:
        """Return the calendar of a URL's captures in the period of `address`, and the latest ones; ``None`` if empty.

        Raises ValueError if there is no such date.
        """
        period = period_of(address)
        counts: Counter[date] = Counter()
        for day, url, number in self._index.counts_by_day(address.url, period.start, period.end):
            if not self._finder.is_withheld(url):
                counts[day] += number
        if not counts:
            return None
        captures, following = self._newest_page(address.url, period)
        total = f"{counts.total()} captures" if counts.total() > 1 else "One capture"
        days = dict.fromkeys(str(day) for day in (min(counts), max(counts)))
        more = ""
        if following is not None:
            more = f"{address.timestamp}-{following.timestamp}/{quote_url(address.url)}"
        return Notice(
            200,
            "Captures",
            f"{total}, {' to '.join(days)}.",
            address.url,
            captures,
            of_url=True,
            calendar=tuple(_calendar(counts)) if counts.total() > 1 else (),
            more=more,
        )

    def _newest_page(self, url: str, period: Period) -> tuple[Sequence[IndexEntry], IndexEntry | None]:
        """Return the latest captures in the period, oldest first, and the one before them if there are more.

        Captures in one second are not separated, since the next page begins with a second.
        """
        walk = self._finder.walk(url, period.end, newest_first=True)
        walk = (entry for entry in walk if period.end is None or entry.date < period.end)
        captures: list[IndexEntry] = []
        for entry in takewhile(lambda entry: period.start is None or entry.date >= period.start, walk):
            if len(captures) >= PAGE_SIZE and entry.timestamp != captures[-1].timestamp:
                return captures[::-1], entry
            captures.append(entry)
        return captures[::-1], None

    def urls(self, address: ReplayAddress) -> Notice | None:
        """Return the URLs that the pattern of `address` selects, with their captures in its period; ``None`` if empty.

        Raises ValueError if there is no such date.
        """
        period = period_of(address)
        pattern, _, after = address.url.partition(AFTER)
        host = pattern.partition("://*.")[2].partition("/")[0]
        found = self._index.urls(
            prefix=None if host else pattern.removesuffix("*"),
            host=host or None,
            start=period.start,
            end=period.end,
            after=unquote(after),
            limit=PAGE_SIZE + 1,
        )
        rows = [row for row in found[:PAGE_SIZE] if not self._finder.is_withheld(row.url)]
        if not rows:
            return None
        more = ""
        if len(found) > PAGE_SIZE:
            last = quote(found[PAGE_SIZE - 1].urlkey, safe="")
            more = f"{_period_text(address)}/{quote_url(pattern.removesuffix('*'))}{AFTER}{last}"
        text = f"{'More than ' if len(found) > PAGE_SIZE else ''}{len(rows)} address{'es' if len(rows) > 1 else ''}."
        return Notice(200, "Captured addresses", text, pattern, urls=tuple(rows), more=more)


def _period_text(address: ReplayAddress) -> str:
    return f"{address.timestamp}-{address.until}" if address.timestamp or address.until else "*"


def _day_cell(day: date, number: int) -> CalendarCell:
    return CalendarCell(str(day.day), day.isoformat().replace("-", ""), number)


def _calendar(counts: Counter[date]) -> Iterator[CalendarRow]:
    """Yield the weeks of the month if all captures are in one, else the years with their months."""
    first, last = min(counts), max(counts)
    if (first.year, first.month) == (last.year, last.month):
        for week in Calendar().monthdatescalendar(first.year, first.month):
            yield CalendarRow(
                "", tuple(_day_cell(day, counts[day]) if day.month == first.month else None for day in week)
            )
        return
    by_month: Counter[tuple[int, int]] = Counter()
    for day, number in counts.items():
        by_month[day.year, day.month] += number
    for year in range(first.year, last.year + 1):
        yield CalendarRow(
            f"{year:04}",
            tuple(
                CalendarCell(name, f"{year:04}{month:02}", by_month[year, month])
                for month, name in enumerate(_MONTHS, 1)
            ),
        )
