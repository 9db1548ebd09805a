"""The article's dates: those printed near the title, checked against the metadata and completed from it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone

from msgspec import Struct
from msgspec.structs import replace

from crawler.extraction.clean.placement import Placement, locate_article
from crawler.extraction.data.tables import language
from crawler.extraction.document import Document
from crawler.extraction.evidence import make_evidence
from crawler.extraction.fields.clock_grammar import load_zone
from crawler.extraction.fields.date_candidates import WEAK, DateCandidate, DateReader
from crawler.extraction.fields.date_grammar import PrintedDate
from crawler.extraction.fields.timezone_inference import infer_day_order, infer_zone
from crawler.items import Evidence

#: Largest difference between the clocks of two zones, and the unit of such differences.
_MAX_OFFSET, _OFFSET_STEP = timedelta(hours=14), timedelta(minutes=15)
#: Longest line that is left out of the story because it has a date.
_LONGEST_DATELINE = 80


class Dates(Struct, frozen=True):
    """The day or time of publication and of the last change, each ISO 8601, with their evidence.

    `date` is given to `date_precision` (``second``, ``minute``, ``day``); a time has its offset if that is known, a day
    has none. `line` is the index of the line the date is printed in. `lines` are the indexes of short lines with dates,
    which are not part of the story.
    """

    date: str | None = None
    date_precision: str | None = None
    date_modified: str | None = None
    evidence: Evidence | None = None
    modified_evidence: Evidence | None = None
    line: int | None = None
    lines: frozenset[int] = frozenset()


def find_dates(document: Document, *, timezone: str | None = None, placement: Placement | None = None) -> Dates:
    """Return the article's dates. Printed dates beat metadata, which adds a missing year, offset or time of day.

    `timezone` is the site's zone by its tz database name. `placement` locates the article on the page; the default is
    found from the page's lines, without the title.
    """
    return DateSelector(document, timezone, placement or locate_article(document.lines, None)).find_dates()


class DateSelector:
    """Selects the article's dates from the candidates on one page."""

    def __init__(self, document: Document, timezone: str | None, placement: Placement) -> None:
        self.document = document
        self.reader = DateReader(document, placement, infer_day_order(document))
        self.zone = infer_zone(document, timezone)
        self.zone_is_given = timezone is not None and load_zone(timezone) is not None
        self.stated = list(self.reader.read_metadata())
        self.changes = list(self.reader.read_metadata_changes())

    def list_candidates(self) -> list[tuple[DateCandidate, str]]:
        """Return every candidate with its ISO 8601 text, which is empty if the year is not known; for the trace."""
        printed = sorted(self.reader.read_printed(), key=lambda c: -c.score) if self.document.lines else []
        others = (self.reader.read_scripts(), self.reader.read_url())
        found = [*printed, *self.stated, *self.changes, *(c for c in others if c)]
        return [(c, self._format((self._add_year(c) or c).printed)[0]) for c in found]

    def find_dates(self) -> Dates:
        """Return the dates of the article."""
        printed = sorted(self.reader.read_printed(), key=lambda c: -c.score) if self.document.lines else []
        published = [c for c in printed if not c.modified and not self._is_change(c)]
        changed = [c for c in printed if c not in published]
        best = (
            self._choose([self._order_by_time_element(c, printed) for c in published if c.score >= WEAK])
            or next(iter(self.stated), None)
            or self._choose(published)
            or self.reader.read_scripts()
            or self.reader.read_misspelt_metadata()
            or self._choose(changed)
            or self.reader.read_url()
            or (self.reader.read_relative(self.zone) if self.document.lines else None)
        )
        datelines = frozenset(c.line for c in printed if c.line is not None and self._is_dateline(c.line))
        if best is None:
            return Dates(lines=datelines)
        text, precision = self._format(best.printed)
        modified = next((c for c in (*self.changes, *changed) if c is not best and c.printed.year), None)
        others = [
            (c.rule, self._format(c.printed)[0]) for c in (*published[:3], *self.stated[:3]) if c.rule != best.rule
        ]
        return Dates(
            date=text,
            date_precision=precision,
            date_modified=self._format(modified.printed)[0] if modified else None,
            evidence=make_evidence(
                best.rule, best.place, best.text, tuple((rule, value) for rule, value in others if value)
            ),
            modified_evidence=make_evidence(modified.rule, modified.place, modified.text) if modified else None,
            line=best.line,
            lines=datelines,
        )

    def _choose(self, printed: list[DateCandidate]) -> DateCandidate | None:
        """Return the first candidate whose year is printed or can be inferred, reconciled with the metadata."""
        for candidate in printed:
            dated = self._add_year(candidate)
            if dated is not None:
                return self._reconcile(dated)
        return None

    def _is_change(self, candidate: DateCandidate) -> bool:
        """True if an unlabelled printed time equals the stated last change and is well after the stated publication."""
        if candidate.printed.hour is None or candidate.is_labelled:
            return False
        zone = self.zone or next((c.printed.zone for c in self.stated if c.printed.zone), None) or UTC
        moment = candidate.printed.moment(zone)
        published = next((c.printed.moment(zone) for c in self.stated if c.is_standard and c.printed.hour), None)
        modified = next((c.printed.moment(zone) for c in self.changes if c.printed.hour is not None), None)
        if moment is None or published is None or modified is None:
            return False
        return abs(modified - moment) < timedelta(minutes=3) and moment - published > timedelta(minutes=3)

    def _add_year(self, candidate: DateCandidate) -> DateCandidate | None:
        """Return the candidate with a missing year taken from the page, or ``None`` if the page does not give it."""
        printed = candidate.printed
        if printed.year is not None:
            return candidate
        for year in self._likely_years(printed):
            dated = replace(printed, year=year)
            if year is not None and dated.calendar_day:
                return replace(candidate, printed=dated, rule=candidate.rule + ".year")
        return None

    def _likely_years(self, printed: PrintedDate) -> Iterator[int | None]:
        """Yield possible years of a date printed without one, the likeliest first; scripts are searched late."""
        yield from (c.printed.year for c in (*self.stated, *self.changes))
        if scripted := self.reader.read_scripts():
            yield scripted.printed.year
        yield self.reader.read_url_year()
        if captured := self.document.captured_at:
            later = (printed.month, printed.day) > (captured.month, captured.day)
            yield captured.year - 1 if later else captured.year

    def _reconcile(self, candidate: DateCandidate) -> DateCandidate:
        """Complete the printed date from metadata of the same day; if the days differ, return the likelier of both."""
        trusted = [c for c in self.stated if c.is_standard]
        if not trusted:
            return candidate
        same_day = next((c for c in trusted if self._same_day(candidate.printed, c.printed)), None)
        if same_day is None:
            swapped = self._swap_day_and_month(candidate)
            same_day = next((c for c in trusted if swapped and self._same_day(swapped.printed, c.printed)), None)
            candidate = swapped if swapped and same_day else candidate
        if same_day is None:
            is_reliable = candidate.is_labelled or language(self.document.language).stories.printed_date_wins
            return candidate if is_reliable else trusted[0]
        if candidate.printed.hour is not None:
            return replace(candidate, printed=self._add_offset(candidate.printed, same_day.printed))
        if same_day.printed.hour is None or self._is_midnight(same_day.printed):
            return candidate
        return replace(candidate, printed=same_day.printed, rule=f"{candidate.rule}+{same_day.rule}")

    def _same_day(self, printed: PrintedDate, stated: PrintedDate) -> bool:
        """True if both can be on one day: in the page's zone, or up to a day apart if no zone is known."""
        zone = self.zone or UTC
        one, other = printed.moment(zone), stated.moment(zone)
        if one is None or other is None:
            return False
        if printed.hour is None and self.zone is not None:
            return one.date() in (other.date(), other.astimezone(zone).date())
        if printed.hour is None:
            return abs((one.date() - other.date()).days) <= 1
        return abs(one - other) <= _MAX_OFFSET

    def _order_by_time_element(self, candidate: DateCandidate, printed: list[DateCandidate]) -> DateCandidate:
        """Return a date of figures (06/04) in the order of the ``time`` element on the same line, if it has one."""
        stated = [c.printed for c in printed if c.rule.endswith(".time") and c.line == candidate.line]
        if not stated or candidate.rule.endswith(".time") or any(self._same_day(candidate.printed, c) for c in stated):
            return candidate
        swapped = self._swap_day_and_month(candidate)
        return swapped if swapped and any(self._same_day(swapped.printed, c) for c in stated) else candidate

    def _swap_day_and_month(self, candidate: DateCandidate) -> DateCandidate | None:
        """Return the candidate with day and month exchanged (03/05 and 05/03), or ``None`` if that is not a date."""
        printed = candidate.printed
        if printed.day > 12 or self.reader.order == "ymd":
            return None
        return replace(candidate, printed=replace(printed, month=printed.day, day=printed.month))

    def _add_offset(self, printed: PrintedDate, stated: PrintedDate) -> PrintedDate:
        """Return the printed time with the offset at which it is the stated instant, if the page's zone is unknown."""
        if printed.zone is not None or self.zone_is_given or stated.zone is None or stated.hour is None:
            return printed
        instant = stated.moment(UTC)
        wall = printed.moment(UTC)
        if instant is None or wall is None:
            return printed
        offset = instant.utcoffset()
        is_same_clock = abs(wall - instant.replace(tzinfo=UTC)) < timedelta(minutes=2)
        if offset and is_same_clock:  # with offset 0 the "Z" may be wrong
            return replace(printed, zone=stated.zone)
        if self.zone is not None:
            return printed
        gap = wall.replace(second=0) - instant.astimezone(UTC).replace(second=0, microsecond=0)
        steps = gap / _OFFSET_STEP
        if steps == int(steps) and abs(gap) <= _MAX_OFFSET:
            return replace(printed, zone=fixed_zone(gap), second=printed.second)
        return replace(printed, zone=stated.zone)

    @staticmethod
    def _is_midnight(stated: PrintedDate) -> bool:
        return (stated.hour, stated.minute, stated.second or 0) == (0, 0, 0)

    def _is_dateline(self, index: int) -> bool:
        return len(self.document.lines[index].text) <= _LONGEST_DATELINE

    def _format(self, printed: PrintedDate) -> tuple[str, str]:
        """Return the date in ISO 8601 and its precision; the text is empty if the date has no year."""
        day = printed.calendar_day
        if day is None:
            return "", "day"
        if printed.hour is None or (self._is_midnight(printed) and printed.start == 0 and printed.zone is not None):
            return day.isoformat(), "day"
        moment = printed.moment(self.zone or UTC)
        if moment is None:
            return "", "day"
        if self.zone is None and printed.zone is None:
            moment = moment.replace(tzinfo=None)  # no offset is known, and none is invented
        if self.zone is not None and printed.zone is not None:
            moment = _astimezone(moment, self.zone)
        return moment.isoformat(timespec="minutes" if printed.second is None else "seconds"), printed.precision


def _astimezone(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError):  # the first or last day of the calendar
        return moment
