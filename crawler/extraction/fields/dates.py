"""The article's dates: what the page prints by its title, checked and completed by what its metadata states."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import timezone as fixed_zone

from msgspec import Struct
from msgspec.structs import replace

from crawler.extraction.clean.placement import Placement, locate_article
from crawler.extraction.document import Document
from crawler.extraction.evidence import make_evidence
from crawler.extraction.fields.clock_grammar import named_zone
from crawler.extraction.fields.date_candidates import WEAK, DateCandidate, DateReader
from crawler.extraction.fields.date_grammar import PrintedDate
from crawler.extraction.fields.timezone_inference import order_of, zone_of
from crawler.items import Evidence

#: Widest distance of one instant's clocks in two zones, and the steps in which zones differ.
_WIDEST, _STEP = timedelta(hours=14), timedelta(minutes=15)
#: Longest line that holds nothing but a date, its label and what else a head line has.
_LONGEST_DATELINE = 80


class Dates(Struct, frozen=True):
    """The article's day or moment of publication and of its last change, each ISO 8601, with why they are that.

    `date` is at `date_precision` (``second``, ``minute``, ``day``); a moment has its offset, a day is bare. `lines` are
    the lines that hold nothing but dates and labels, so that they are no part of the story.
    """

    date: str | None = None
    date_precision: str | None = None
    date_modified: str | None = None
    evidence: Evidence | None = None
    modified_evidence: Evidence | None = None
    line: int | None = None
    lines: frozenset[int] = frozenset()


def find_dates(document: Document, *, timezone: str | None = None, placement: Placement | None = None) -> Dates:
    """The article's dates. What is printed beats metadata; metadata gives a missing year, offset or time of day.

    `placement` says where the article lies; left out, the page's lines alone tell it.
    """
    return _Choice(document, timezone, placement or locate_article(document.lines, None)).dates()


class _Choice:
    """The choice among the dates of one page."""

    def __init__(self, document: Document, timezone: str | None, placement: Placement) -> None:
        self.document = document
        self.reader = DateReader(document, placement, order_of(document))
        self.zone = zone_of(document, timezone)
        self.zone_is_given = timezone is not None and named_zone(timezone) is not None
        self.stated = list(self.reader.stated())
        self.changes = list(self.reader.stated_changes())

    def dates(self) -> Dates:
        printed = sorted(self.reader.printed(), key=lambda c: -c.score) if self.document.lines else []
        published = [c for c in printed if not c.modified and not self._is_change(c)]
        changed = [c for c in printed if c not in published]
        best = (
            self._best([c for c in published if c.score >= WEAK])
            or next(iter(self.stated), None)
            or self._best(published)
            or self.reader.scripted()
            or self._best(changed)
            or self.reader.in_url()
            or (self.reader.relative(self.zone) if self.zone and self.document.lines else None)
        )
        datelines = frozenset(c.line for c in printed if c.line is not None and self._is_short(c.line))
        if best is None:
            return Dates(lines=datelines)
        text, precision = self._iso(best.printed)
        modified = next((c for c in (*self.changes, *changed) if c is not best and c.printed.year), None)
        others = [(c.rule, self._iso(c.printed)[0]) for c in (*published[:3], *self.stated[:3]) if c.rule != best.rule]
        return Dates(
            date=text,
            date_precision=precision,
            date_modified=self._iso(modified.printed)[0] if modified else None,
            evidence=make_evidence(
                best.rule, best.place, best.text, tuple((rule, value) for rule, value in others if value)
            ),
            modified_evidence=make_evidence(modified.rule, modified.place, modified.text) if modified else None,
            line=best.line,
            lines=datelines,
        )

    def _best(self, printed: list[DateCandidate]) -> DateCandidate | None:
        """The first of the printed dates that has a year or can be given one, held against the metadata."""
        for candidate in printed:
            dated = self._with_year(candidate)
            if dated is not None:
                return self._reconciled(dated)
        return None

    def _is_change(self, candidate: DateCandidate) -> bool:
        """Whether an unlabelled printed moment is the stated last change, well after the stated publication."""
        if candidate.printed.hour is None or candidate.is_labelled:
            return False
        zone = self.zone or next((c.printed.zone for c in self.stated if c.printed.zone), None) or UTC
        moment = candidate.printed.moment(zone)
        published = next((c.printed.moment(zone) for c in self.stated if c.is_standard and c.printed.hour), None)
        modified = next((c.printed.moment(zone) for c in self.changes if c.printed.hour is not None), None)
        if moment is None or published is None or modified is None:
            return False
        return abs(modified - moment) < timedelta(minutes=3) and moment - published > timedelta(minutes=3)

    def _with_year(self, candidate: DateCandidate) -> DateCandidate | None:
        """The candidate with the year that its print leaves out; ``None`` when nothing on the page tells it."""
        printed = candidate.printed
        if printed.year is not None:
            return candidate
        for year in self._likely_years(printed):
            dated = replace(printed, year=year)
            if year is not None and dated.calendar_day:
                return replace(candidate, printed=dated, rule=candidate.rule + ".year")
        return None

    def _likely_years(self, printed: PrintedDate) -> Iterator[int | None]:
        """Years of a date that prints none, the likeliest first; scripts are searched where metadata tells nothing."""
        yield from (c.printed.year for c in (*self.stated, *self.changes))
        if scripted := self.reader.scripted():
            yield scripted.printed.year
        yield self.reader.url_year()
        if captured := self.document.captured_at:
            later = (printed.month, printed.day) > (captured.month, captured.day)
            yield captured.year - 1 if later else captured.year

    def _reconciled(self, candidate: DateCandidate) -> DateCandidate:
        """The printed date against the metadata: completed where both are of one day, else the likelier one."""
        trusted = [c for c in self.stated if c.is_standard]
        if not trusted:
            return candidate
        same_day = next((c for c in trusted if self._same_day(candidate.printed, c.printed)), None)
        if same_day is None:
            swapped = self._swapped(candidate)
            same_day = next((c for c in trusted if swapped and self._same_day(swapped.printed, c.printed)), None)
            candidate = swapped if swapped and same_day else candidate
        if same_day is None:
            strong = self.document.language in ("zh", "ja", "ko") or candidate.is_labelled
            return candidate if strong else trusted[0]
        if candidate.printed.hour is not None:
            return replace(candidate, printed=self._with_offset(candidate.printed, same_day.printed))
        if same_day.printed.hour is None or self._is_midnight(same_day.printed):
            return candidate
        return replace(candidate, printed=same_day.printed, rule=f"{candidate.rule}+{same_day.rule}")

    def _same_day(self, printed: PrintedDate, stated: PrintedDate) -> bool:
        """Whether both can be of one day: in the page's zone, or within a day of each other where no zone is known."""
        own = self.zone or UTC
        one, other = printed.moment(own), stated.moment(own)
        if one is None or other is None:
            return False
        if printed.hour is None and self.zone is not None:
            return one.date() in (other.date(), other.astimezone(own).date())
        if printed.hour is None:
            return abs((one.date() - other.date()).days) <= 1
        return abs(one - other) <= _WIDEST

    def _swapped(self, candidate: DateCandidate) -> DateCandidate | None:
        """The candidate with day and month changed places (03/05 or 05/03), where that can be."""
        printed = candidate.printed
        if printed.day > 12 or self.reader.order == "ymd":
            return None
        return replace(candidate, printed=replace(printed, month=printed.day, day=printed.month))

    def _with_offset(self, printed: PrintedDate, stated: PrintedDate) -> PrintedDate:
        """The printed time with the offset that makes it the stated instant, where no zone of the page is known."""
        if printed.zone is not None or self.zone_is_given or stated.zone is None or stated.hour is None:
            return printed
        instant = stated.moment(UTC)
        wall = printed.moment(UTC)
        if instant is None or wall is None:
            return printed
        offset = instant.utcoffset()
        if offset and abs(wall - instant.replace(tzinfo=UTC)) < timedelta(minutes=2):  # the same clock, not a false "Z"
            return replace(printed, zone=stated.zone)
        if self.zone is not None:
            return printed
        gap = wall.replace(second=0) - instant.astimezone(UTC).replace(second=0, microsecond=0)
        quarters = gap / _STEP
        if quarters == int(quarters) and abs(gap) <= _WIDEST:
            return replace(printed, zone=fixed_zone(gap), second=printed.second)
        return replace(printed, zone=stated.zone)

    @staticmethod
    def _is_midnight(stated: PrintedDate) -> bool:
        return (stated.hour, stated.minute, stated.second or 0) == (0, 0, 0)

    def _is_short(self, index: int) -> bool:
        return len(self.document.lines[index].text) <= _LONGEST_DATELINE

    # --- print -----------------------------------------------------------------------------------------------

    def _iso(self, printed: PrintedDate) -> tuple[str, str]:
        """(ISO 8601 text, precision); an empty text where the date has no year."""
        day = printed.calendar_day
        if day is None:
            return "", "day"
        if printed.hour is None or (self._is_midnight(printed) and printed.start == 0 and printed.zone is not None):
            return day.isoformat(), "day"
        moment = printed.moment(self.zone or UTC)
        if moment is None:
            return "", "day"
        if self.zone is not None and printed.zone is not None:
            moment = _astimezone(moment, self.zone)
        return moment.isoformat(timespec="minutes" if printed.second is None else "seconds"), printed.precision


def _astimezone(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except (OverflowError, ValueError):  # the first and the last day of the calendar
        return moment
