"""The grammar of printed dates: every day and time of day that stands in a text, in any of the usual tongues.

Nothing is decided here about which date is the article's; a `PrintedDate` only says what stands where.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from crawler.extraction.data.date_words import MONTHS
from crawler.extraction.fields.clock_grammar import clock_beside, zone_of

#: Which number comes first where a date is figures alone: 24/05/03, 03/05/24 or 05/03/24.
DayOrder = Literal["ymd", "dmy", "mdy"]

_FIRST_YEAR, _LAST_YEAR = 1900, 2100


class PrintedDate(Struct, frozen=True):
    """A day, perhaps with a time of day, as a text states it. `year` and `zone` are ``None`` when it does not say."""

    year: int | None
    month: int
    day: int
    hour: int | None = None
    minute: int = 0
    second: int | None = None
    zone: tzinfo | None = None
    start: int = 0
    end: int = 0

    @property
    def precision(self) -> str:
        """``second``, ``minute`` or ``day``: how much of the moment the text states."""
        if self.hour is None:
            return "day"
        return "minute" if self.second is None else "second"

    @property
    def calendar_day(self) -> date | None:
        """The day in the calendar, or ``None`` without a year or where the year has no such day (29 February)."""
        if self.year is None:
            return None
        try:
            return date(self.year, self.month, self.day)
        except ValueError:
            return None

    def moment(self, zone: tzinfo) -> datetime | None:
        """The instant, its own zone before the given one; midnight where no time is stated; ``None`` without a year."""
        day = self.calendar_day
        if day is None:
            return None
        clock = (self.hour or 0, self.minute, self.second or 0)
        return datetime(day.year, day.month, day.day, *clock, tzinfo=self.zone or zone)


# --- days --------------------------------------------------------------------------------------------------------

# A day of two figures may run straight into the time: "2019-09-0713:43".
_D = r"(?P<d>[0-3]\d(?=\d{1,2}:\d{2})|\d{1,2}(?!\d))"
_Y, _M = r"(?P<y>\d{4})", r"(?P<m>\d{1,2})"
_YY = r"(?P<yy>\d{2})"

_HAN_FIGURES = "〇零○一二三四五六七八九十"

_CJK_DAYS = (
    rf"(?<!\d){_Y}\s?[年년]\s?{_M}\s?[月월]\s?(?P<d>\d{{1,2}})\s?[日号號일]?",
    rf"(?P<era>令和|平成|民国|民國)\s?(?P<n>\d{{1,3}}|元)\s?年\s?{_M}\s?月\s?(?P<d>\d{{1,2}})\s?日",
    rf"(?P<hy>[{_HAN_FIGURES}]{{4}})年(?P<hm>[{_HAN_FIGURES}]{{1,2}})月(?P<hd>[{_HAN_FIGURES}]{{1,3}})日",
    rf"(?<!\d){_YY}\s?年\s?{_M}\s?月\s?(?P<d>\d{{1,2}})\s?[日号號]",
    rf"(?<!\d){_M}\s?[月월]\s?(?P<d>\d{{1,2}})\s?[日号號일]",
)
_FIGURE_DAYS = (
    rf"(?<![\d.]){_Y}\s?(?P<sep>[-/.‐‑–])\s?{_M}\s?(?P=sep)\s?{_D}",
    rf"(?<!\d){_Y}\s{{1,2}}{_M}\s?[-/.]\s?(?P<d>\d{{1,2}})(?![\d:])",
    rf"(?<![\d./:-])(?P<d>\d{{1,2}})\s{_Y}\s?[-/.]\s?{_M}(?![\d./:-])",
    rf"(?<![\d./:-])(?P<a>\d{{1,2}})\s?(?P<sep>[-/.])\s?(?P<b>\d{{1,2}})\s?(?P=sep)\s?{_Y}(?!\d)",
    r"(?<![\d./:-])(?P<a>\d{1,2})(?P<sep>[-/.])(?P<b>\d{1,2})(?P=sep)"
    r"(?P<c>\d{2}(?=\d{2}:\d{2})|\d{2}(?![\d./:-]))",
    r"(?<![\d./:-])(?P<a>\d{1,2})[-/](?P<b>\d{2}(?=\d{2}:\d{2})|\d{1,2}(?=[\s,，]{1,3}\d{1,2}:\d{2}))",
)


def _named_days() -> tuple[str, ...]:
    """Days with the month's name in them: any word will do here, the tables say whether it names a month."""
    name = r"(?<![^\W\d_])(?P<name>[^\W\d_][^\s\d,;:|/()\[\]،–-]*)"
    ordinal = r"(?:st|nd|rd|th|er|[ºª°.]|日)?"
    of = r"(?:(?:de|del|di|of|the|den|ng)\s|d['’])?"
    year = rf"(?:\s?(?:[,،/-]|de|del|di|of|год[а]?)?\s?(?:{_Y}(?!\d)|['’-]{_YY}(?!\d)))"
    return (
        rf"(?<!\d){_Y}\.?\s?(?:gada|m\.|г\.|,|-|de)?\s{{0,2}}{of}{name}\s?(?P<d>\d{{1,2}})(?![\d:])",
        rf"(?<!\d){_Y}\.?\s?gada\s(?P<d>\d{{1,2}})\.?\s{name}",
        rf"(?<![\d:])(?P<d>\d{{1,2}}){ordinal}\s?[-/,]?\s?{of}{name}{year}?",
        rf"{name}\s?(?:the\s)?(?P<d>\d{{1,2}})(?![\d:]){ordinal}(?:\s?[,،]?\s?{_Y}(?!\d))?",
    )


_VIETNAMESE_DAY = r"(?<!\d)(?P<d>\d{1,2})\s?tháng\s(?P<m>\d{1,2})(?:\s?[,/]?\s?(?:năm\s)?(?P<y>\d{4}))?"
# Unix and Java print the year last: "Thu May 2 10:00:00 CST 2024".
_UNIX_MOMENT = re.compile(
    r"\b(?:mon|tue|wed|thu|fri|sat|sun)\s(?P<name>[a-z]{3})\s{1,2}(?P<d>\d{1,2})\s"
    r"(?P<h>\d{2}):(?P<mi>\d{2}):(?P<s>\d{2})\s(?:(?P<zone>[a-z]{3,4})\s)?(?P<y>\d{4})\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=64)
def _months(language: str) -> dict[str, int]:
    """Month word -> number, the page's own language before the others where two share a word."""
    numbers: dict[str, int] = {}
    for code in (language, *MONTHS):
        for number, spellings in enumerate(MONTHS.get(code, "").split(), start=1):
            for word in spellings.split("|"):
                numbers.setdefault(word.rstrip("."), number)
    return numbers


#: Days by what they are written in, each kind with what every day of it has, looked for before its patterns.
_CJK_PATTERNS = tuple(re.compile(pattern) for pattern in _CJK_DAYS)
_FIGURE_PATTERNS = tuple(re.compile(pattern) for pattern in _FIGURE_DAYS)
_PLAIN_KINDS = (
    (re.compile(r"[月월]"), _CJK_PATTERNS),
    (re.compile(r"\d\s?[-/.‐‑–]\s?\d"), _FIGURE_PATTERNS),
)
_NAMED_DAYS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (*_named_days(), _VIETNAMESE_DAY))
_ERAS = {"令和": 2018, "平成": 1988, "民国": 1911, "民國": 1911}


def _full_year(two_figures: int) -> int:
    return 2000 + two_figures if two_figures < 70 else 1900 + two_figures


def _han_number(figures: str) -> int:
    values = {figure: value for value, figure in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0}
    if "十" not in figures:
        return int("".join(str(values[figure]) for figure in figures))
    tens, _, ones = figures.partition("十")
    return (values.get(tens, 1) if tens else 1) * 10 + (values.get(ones, 0) if ones else 0)


def _ordered(a: int, b: int, order: DayOrder) -> tuple[int, int]:
    """Month and day of two figures: the page's order unless only the other one is in the calendar."""
    month, day = (a, b) if order in ("mdy", "ymd") else (b, a)
    return (day, month) if month > 12 >= day else (month, day)


def _day_of(match: re.Match[str], numbers: dict[str, int], order: DayOrder) -> tuple[int | None, int, int]:
    """(year or None, month, day) of a match of any of the day patterns."""
    got = {key: value for key, value in match.groupdict().items() if value}
    if "hy" in got:
        return _han_number(got["hy"]), _han_number(got["hm"]), _han_number(got["hd"])
    if "era" in got:
        return _ERAS[got["era"]] + (1 if got["n"] == "元" else int(got["n"])), int(got["m"]), int(got["d"])
    year = int(got["y"]) if "y" in got else _full_year(int(got["yy"])) if "yy" in got else None
    if "c" in got:
        a, b, c = int(got["a"]), int(got["b"]), int(got["c"])
        if order == "ymd":
            return _full_year(a), b, c
        return _full_year(c), *_ordered(a, b, order)
    if "a" in got:
        # with the year behind them two figures are never year-month-day order
        dm: DayOrder = "dmy" if order == "ymd" and year is not None else order
        return year, *_ordered(int(got["a"]), int(got["b"]), dm)
    month = numbers.get(got["name"].lower().rstrip("."), 0) if "name" in got else int(got["m"])
    return year, month, int(got["d"])


# --- texts --------------------------------------------------------------------------------------------------------


_FIGURE = re.compile(r"[\d〇○]")
_WORD = re.compile(r"[^\W\d_][^\s\d.,;:|/()\[\]،'’–-]*")
_MONTH_WORDS = frozenset({"tháng", *(word.partition(".")[0] for word in _months(""))})


def _names_a_month(text: str) -> bool:
    """Whether a word of the text is a month's name in any tongue, or begins as one that has a dot within."""
    return not _MONTH_WORDS.isdisjoint(_WORD.findall(text.lower()))


def _day_matches(text: str, language: str, order: DayOrder) -> Iterator[PrintedDate]:
    numbers = _months(language)
    patterns = [pattern for sign, kind in _PLAIN_KINDS if sign.search(text) for pattern in kind]
    for pattern in (*patterns, *(_NAMED_DAYS if _names_a_month(text) else ())):
        for match in pattern.finditer(text):
            year, month, day = _day_of(match, numbers, order)
            if year is not None and 2443 <= year <= 2643:  # Buddhist era, as Thai pages print it
                year -= 543
            if not (1 <= month <= 12 and 1 <= day <= 31) or (
                year is not None and not _FIRST_YEAR <= year <= _LAST_YEAR
            ):
                continue
            found = PrintedDate(year, month, day, start=match.start(), end=match.end())
            if year is None or found.calendar_day:
                yield found


def _unix_matches(text: str, language: str) -> Iterator[PrintedDate]:
    if text.count(":") < 2:
        return
    numbers = _months("en")
    for match in _UNIX_MOMENT.finditer(text):
        month = numbers.get(match["name"].lower())
        hour, minute, second = int(match["h"]), int(match["mi"]), int(match["s"])
        if month is None or hour > 23 or minute > 59 or second > 59:
            continue
        zone = zone_of(match["zone"], language)
        found = PrintedDate(
            int(match["y"]), month, int(match["d"]), hour, minute, second, zone, match.start(), match.end()
        )
        if found.calendar_day:
            yield found


def _with_clock(found: PrintedDate, text: str, low: int, language: str) -> PrintedDate:
    """The same day with the time of day that is printed beside it."""
    clock = clock_beside(text, found.start, found.end, low, language)
    if clock is None:
        return found
    start, end = min(found.start, clock.start), max(found.end, clock.end)
    return replace(
        found, hour=clock.hour, minute=clock.minute, second=clock.second, zone=clock.zone, start=start, end=end
    )


def read_dates(text: str, *, language: str = "", order: DayOrder = "dmy") -> tuple[PrintedDate, ...]:
    """Every date printed in `text`, in order, with its time of day and zone where they stand beside it.

    `language` (a primary subtag) decides between month words two tongues share; `order` between 03/05 and 05/03.
    """
    if not _FIGURE.search(text):
        return ()
    return _known_dates(text, language, order) if len(text) <= _KNOWN else _dates(text, language, order)


def _dates(text: str, language: str, order: DayOrder) -> tuple[PrintedDate, ...]:
    days = sorted(
        [*_unix_matches(text, language), *_day_matches(text, language, order)],
        key=lambda found: (found.start, found.year is None, -found.end),
    )
    out: list[PrintedDate] = []
    low = 0
    for found in days:
        if found.start < low:
            continue
        whole = found if found.hour is not None else _with_clock(found, text, low, language)
        out.append(whole)
        low = whole.end
    return tuple(out)


#: The dates of a head's lines are asked for more than once; characters of a text up to which they are kept.
_known_dates, _KNOWN = lru_cache(maxsize=500)(_dates), 200

_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T_ ]?(\d{2}):?(\d{2})(?::?(\d{2}))?)?\s?(Z|[+-]\d{2}:?\d{2})?")

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?")


def read_machine_date(value: str, *, language: str = "", order: DayOrder = "dmy") -> PrintedDate | None:
    """The one date of a machine-readable value: ISO 8601 (also compact), RFC 5322, Unix seconds or milliseconds.

    Sloppy values (a printed date in a meta tag) are read as text. ``None`` when there is none.
    """
    text = value.strip()[:80]
    if re.fullmatch(r"1\d{9}(?:\d{3})?", text):
        moment = datetime.fromtimestamp(int(text[:10]), tz=UTC)
        return _printed(moment)
    compact = _COMPACT.fullmatch(text)
    if compact:
        year, month, day, hour, minute, second = (int(group) if group else None for group in compact.groups()[:6])
        try:
            moment = datetime(year or 0, month or 0, day or 0, hour or 0, minute or 0, second or 0)  # noqa: DTZ001
        except ValueError:
            return None
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            return None
        zone = zone_of(compact[7])
        return PrintedDate(moment.year, moment.month, moment.day, hour, minute or 0, second, zone)
    if (iso := _ISO.fullmatch(text)) and (exact := _exact(iso, language)):
        return exact
    found = read_dates(text, language=language, order=order)
    return found[0] if found else None


def _exact(iso: re.Match[str], language: str) -> PrintedDate | None:
    """The moment of a sound ISO 8601 value; ``None`` where no calendar or clock shows it."""
    year, month, day, hour, minute, second = (int(group) if group else None for group in iso.groups()[:6])
    try:
        moment = datetime(year or 0, month or 0, day or 0, hour or 0, minute or 0, second or 0)  # noqa: DTZ001
    except ValueError:
        return None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    zone = zone_of(iso[7], language)
    return PrintedDate(moment.year, moment.month, moment.day, hour, minute or 0, second, zone, 0, iso.end())


def _printed(moment: datetime) -> PrintedDate:
    clock = (moment.hour, moment.minute, moment.second)
    return PrintedDate(moment.year, moment.month, moment.day, *clock, zone=moment.tzinfo)
