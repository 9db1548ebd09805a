"""The grammar of printed dates: finds every day and time of day in a text, in the languages of the tables.

It does not decide which date is the article's; a `PrintedDate` only gives a date and its position.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from crawler.extraction.data.date_words import date_units, date_words, eras, month_numbers, pattern_of, words_pattern
from crawler.extraction.data.tables import by_precedence
from crawler.extraction.data.tables import language as language_table
from crawler.extraction.fields.clock_grammar import find_clock, parse_zone

#: Order of year, month and day in a date of digits only: 24/05/03, 03/05/24 or 05/03/24.
DayOrder = Literal["ymd", "dmy", "mdy"]

_FIRST_YEAR, _LAST_YEAR = 1900, 2100


class PrintedDate(Struct, frozen=True):
    """A day, optionally with a time, printed from `start` to `end`. `year` and `zone` are ``None`` if not printed."""

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
        """``second``, ``minute`` or ``day``: the finest unit that is printed."""
        if self.hour is None:
            return "day"
        return "minute" if self.second is None else "second"

    @property
    def calendar_day(self) -> date | None:
        """The calendar day, or ``None`` without a year or if the year has no such day (29 February)."""
        if self.year is None:
            return None
        try:
            return date(self.year, self.month, self.day)
        except ValueError:
            return None

    def moment(self, zone: tzinfo) -> datetime | None:
        """Return the instant, in the printed zone or else `zone`; midnight without a time; ``None`` without a year."""
        day = self.calendar_day
        if day is None:
            return None
        clock = (self.hour or 0, self.minute, self.second or 0)
        return datetime(day.year, day.month, day.day, *clock, tzinfo=self.zone or zone)


# --- days --------------------------------------------------------------------------------------------------------

# A two-digit day may run straight into the time: "2019-09-0713:43".
_D = r"(?P<d>[0-3]\d(?=\d{1,2}:\d{2})|\d{1,2}(?!\d))"
_Y, _M = r"(?P<y>\d{4})", r"(?P<m>\d{1,2})"
_YY = r"(?P<yy>\d{2})"

_APOSTROPHES = ("'", "’")
#: Figures that are words of one character, with their values from 0 to 10.
_WORD_FIGURES = {
    **dict.fromkeys(date_words(lambda words: words.zeros), 0),
    **{figure: value for _, one in by_precedence() for value, figure in enumerate(one.dates.figures)},
}
_TEN = next(figure for figure, value in _WORD_FIGURES.items() if value == 10)
_ERAS = eras()
_FIRST_YEARS = date_words(lambda words: [words.first_year] if words.first_year else ())


def _days_with_units() -> Iterator[str]:
    """Yield patterns of days with a sign behind each number: 2024年5月3日."""
    of = date_units()
    yield rf"(?<!\d){_Y}\s?[{of.year}]\s?{_M}\s?[{of.month}]\s?(?P<d>\d{{1,2}})\s?[{of.any_day}]?"
    of_era = date_units(lambda words: words.eras)
    yield (
        rf"(?P<era>{words_pattern(_ERAS)})\s?(?P<n>\d{{1,3}}|{words_pattern(_FIRST_YEARS)})\s?[{of_era.year}]"
        rf"\s?{_M}\s?[{of_era.month}]\s?(?P<d>\d{{1,2}})\s?[{of_era.day}]"
    )
    figure, written = f"[{''.join(_WORD_FIGURES)}]", date_units(lambda words: words.figures)
    yield (
        rf"(?P<hy>{figure}{{4}})[{written.year}](?P<hm>{figure}{{1,2}})[{written.month}]"
        rf"(?P<hd>{figure}{{1,3}})[{written.day}]"
    )
    short = date_units(lambda words: words.years_may_be_short)
    yield rf"(?<!\d){_YY}\s?[{short.year}]\s?{_M}\s?[{short.month}]\s?(?P<d>\d{{1,2}})\s?[{short.any_day}]"
    yield rf"(?<!\d){_M}\s?[{of.month}]\s?(?P<d>\d{{1,2}})\s?[{of.any_day}]"


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
    """Return patterns of days with a month name. Any word matches; the tables decide if it is a month."""
    name = r"(?<![^\W\d_])(?P<name>[^\W\d_][^\s\d,;:|/()\[\]،–-]*)"
    ordinal = rf"(?:{pattern_of(lambda words: words.ordinals)}|[°.])?"
    joining = date_words(lambda words: words.between_day_and_month)
    spaced = words_pattern(word for word in joining if not word.endswith(_APOSTROPHES))
    elided = words_pattern(word for word in joining if word.endswith(_APOSTROPHES))
    of = rf"(?:(?:{spaced})\s|{elided})?"
    before_number = pattern_of(lambda words: words.between_month_and_day)
    before_year = pattern_of(lambda words: words.between_month_and_year)
    year = rf"(?:\s?(?:[,،/-]|{before_year})?\s?(?:{_Y}(?!\d)|['’-]{_YY}(?!\d)))"
    before_month = pattern_of(lambda words: words.between_year_and_month)
    before_day = pattern_of(lambda words: words.between_year_and_day)
    return (
        rf"(?<!\d){_Y}\.?\s?(?:{before_month}|,|-)?\s{{0,2}}{of}{name}\s?(?P<d>\d{{1,2}})(?![\d:])",
        rf"(?<!\d){_Y}\.?\s?(?:{before_day})\s(?P<d>\d{{1,2}})\.?\s{name}",
        rf"(?<![\d:])(?P<d>\d{{1,2}}){ordinal}\s?[-/,]?\s?{of}{name}{year}?",
        rf"{name}\s?(?:(?:{before_number})\s)?(?P<d>\d{{1,2}})(?![\d:]){ordinal}(?:\s?[,،]?\s?{_Y}(?!\d))?",
    )


def _numbered_days() -> Iterator[str]:
    """Yield patterns of days in languages whose months are numbered: ngày 3 tháng 5 năm 2024."""
    for _, one in by_precedence():
        if one.dates.month_word:
            month, year = re.escape(one.dates.month_word), re.escape(one.dates.year_word)
            yield rf"(?<!\d)(?P<d>\d{{1,2}})\s?{month}\s(?P<m>\d{{1,2}})(?:\s?[,/]?\s?(?:{year}\s)?(?P<y>\d{{4}}))?"


# Unix and Java print the year last: "Thu May 2 10:00:00 CST 2024".
_UNIX_MOMENT = re.compile(
    r"\b(?:mon|tue|wed|thu|fri|sat|sun)\s(?P<name>[a-z]{3})\s{1,2}(?P<d>\d{1,2})\s"
    r"(?P<h>\d{2}):(?P<mi>\d{2}):(?P<s>\d{2})\s(?:(?P<zone>[a-z]{3,4})\s)?(?P<y>\d{4})\b",
    re.IGNORECASE,
)


#: The first day of the year 979 of the Persian calendar.
_SOLAR_EPOCH = date(1600, 3, 20)

#: Patterns of days, grouped by a sign that every day of the group contains and that is searched first.
_UNIT_PATTERNS = tuple(map(re.compile, _days_with_units()))
_FIGURE_PATTERNS = tuple(re.compile(pattern) for pattern in _FIGURE_DAYS)
_PLAIN_KINDS = (
    (re.compile(f"[{date_units().month}]"), _UNIT_PATTERNS),
    (re.compile(r"\d\s?[-/.‐‑–]\s?\d"), _FIGURE_PATTERNS),
)
_NAMED_DAYS = tuple(re.compile(pattern, re.IGNORECASE) for pattern in (*_named_days(), *_numbered_days()))


@cache
def _patterns_of_language(code: str) -> tuple[re.Pattern[str], ...]:
    """Return the patterns that count only on pages of a language: days written otherwise, years of its own era."""
    words = language_table(code).dates
    patterns = [*words.day_patterns]
    if words.bare_era:
        patterns.append(rf"(?<![\d.])(?P<n>1\d{{2}})(?P<sep>[-/.])(?P<m>\d{{1,2}})(?P=sep){_D}")
    if words.uses_solar_years:
        patterns.append(r"(?<!\d)(?P<sy>[1۱][34۳۴]\d{2})(?P<sep>[-/])(?P<m>\d{1,2})(?P=sep)(?P<d>\d{1,2})(?!\d)")
    return tuple(map(re.compile, patterns))


def _from_solar(year: int, month: int, day: int) -> date | None:
    """Return the Gregorian day of a day of the Persian calendar; its leap years by the cycle of 33 years."""
    if not (1200 <= year <= 1500 and 1 <= month <= 12 and 1 <= day <= 31):
        return None
    elapsed = year - 979
    days = 365 * elapsed + elapsed // 33 * 8 + (elapsed % 33 + 3) // 4
    days += 31 * (month - 1) if month <= 7 else 186 + 30 * (month - 7)
    return _SOLAR_EPOCH + timedelta(days=days + day - 1)


def _full_year(two_figures: int) -> int:
    return 2000 + two_figures if two_figures < 70 else 1900 + two_figures


def _read_word_figures(text: str) -> int:
    """Return a number written figure by figure (二〇二四) or, below 100, with a word for ten (二十四)."""
    if _TEN not in text:
        return int("".join(str(_WORD_FIGURES[figure]) for figure in text))
    tens, _, ones = text.partition(_TEN)
    return (_WORD_FIGURES.get(tens, 1) if tens else 1) * 10 + (_WORD_FIGURES.get(ones, 0) if ones else 0)


def _order_month_and_day(a: int, b: int, order: DayOrder) -> tuple[int, int]:
    """Return month and day from two numbers, in the page's order unless only the other one is possible."""
    month, day = (a, b) if order in ("mdy", "ymd") else (b, a)
    return (day, month) if month > 12 >= day else (month, day)


def _read_solar(got: Mapping[str, str], numbers: Mapping[str, int]) -> tuple[int | None, int, int]:
    """Return year, month and day of a match in the Persian calendar, month 0 if there is no such day."""
    month = numbers[got["name"].lower()] - 12 if "name" in got else int(got["m"])
    day = _from_solar(int(got.get("sy") or got.get("y") or 0), month, int(got["d"]))
    return (day.year, day.month, day.day) if day else (None, 0, 0)


def _day_of(
    match: re.Match[str], numbers: Mapping[str, int], order: DayOrder, code: str
) -> tuple[int | None, int, int]:
    """Return year (or ``None``), month and day from a match of any day pattern."""
    got = {key: value for key, value in match.groupdict().items() if value}
    if "hy" in got:
        return _read_word_figures(got["hy"]), _read_word_figures(got["hm"]), _read_word_figures(got["hd"])
    if "sy" in got or ("name" in got and numbers.get(got["name"].lower(), 0) > 12):
        return _read_solar(got, numbers)
    if "n" in got and "era" not in got:
        return _ERAS[language_table(code).dates.bare_era] + int(got["n"]), int(got["m"]), int(got["d"])
    if "era" in got:
        return _ERAS[got["era"]] + (1 if got["n"] in _FIRST_YEARS else int(got["n"])), int(got["m"]), int(got["d"])
    year = int(got["y"]) if "y" in got else _full_year(int(got["yy"])) if "yy" in got else None
    if "c" in got:
        a, b, c = int(got["a"]), int(got["b"]), int(got["c"])
        if order == "ymd":
            return _full_year(a), b, c
        return _full_year(c), *_order_month_and_day(a, b, order)
    if "a" in got:
        # Before a four-digit year two numbers are day and month, even on a page with year-month-day order.
        dm: DayOrder = "dmy" if order == "ymd" and year is not None else order
        return year, *_order_month_and_day(int(got["a"]), int(got["b"]), dm)
    month = numbers.get(got["name"].lower().rstrip("."), 0) if "name" in got else int(got["m"])
    return year, month, int(got["d"])


# --- texts --------------------------------------------------------------------------------------------------------


_FIGURE = re.compile(rf"[\d{''.join(date_words(lambda words: words.zeros))}]")
_WORD = re.compile(r"[^\W\d_][^\s\d.,;:|/()\[\]،'’–-]*")
#: Month names, of those with a dot within the part before it, and words before the number of a month.
_MONTH_WORDS = frozenset(
    {
        *(word.partition(".")[0] for word in month_numbers("")),
        *date_words(lambda words: [words.month_word] if words.month_word else ()),
    }
)


def _names_a_month(text: str) -> bool:
    """True if a word of the text is a month's name in any language, or the first part of one that contains a dot."""
    return not _MONTH_WORDS.isdisjoint(_WORD.findall(text.lower()))


def _find_days(text: str, language: str, order: DayOrder) -> Iterator[PrintedDate]:
    numbers = month_numbers(language)
    patterns = [pattern for sign, kind in _PLAIN_KINDS if sign.search(text) for pattern in kind]
    named = _NAMED_DAYS if _names_a_month(text) else ()
    for pattern in (*_patterns_of_language(language), *patterns, *named):
        for match in pattern.finditer(text):
            year, month, day = _day_of(match, numbers, order, language)
            if year is not None and 2443 <= year <= 2643:  # Buddhist era, as Thai pages print it
                year -= 543
            if not (1 <= month <= 12 and 1 <= day <= 31) or (
                year is not None and not _FIRST_YEAR <= year <= _LAST_YEAR
            ):
                continue
            found = PrintedDate(year, month, day, start=match.start(), end=match.end())
            if year is None or found.calendar_day:
                yield found


def _find_unix_dates(text: str, language: str) -> Iterator[PrintedDate]:
    if text.count(":") < 2:
        return
    numbers = month_numbers("en")
    for match in _UNIX_MOMENT.finditer(text):
        month = numbers.get(match["name"].lower())
        hour, minute, second = int(match["h"]), int(match["mi"]), int(match["s"])
        if month is None or hour > 23 or minute > 59 or second > 59:
            continue
        zone = parse_zone(match["zone"], language)
        found = PrintedDate(
            int(match["y"]), month, int(match["d"]), hour, minute, second, zone, match.start(), match.end()
        )
        if found.calendar_day:
            yield found


def _add_clock(found: PrintedDate, text: str, low: int, language: str) -> PrintedDate:
    """Return the date with the time of day printed next to it, if any."""
    clock = find_clock(text, found.start, found.end, low, language)
    if clock is None:
        return found
    start, end = min(found.start, clock.start), max(found.end, clock.end)
    return replace(
        found, hour=clock.hour, minute=clock.minute, second=clock.second, zone=clock.zone, start=start, end=end
    )


def read_dates(text: str, *, language: str = "", order: DayOrder = "dmy") -> tuple[PrintedDate, ...]:
    """Return every date printed in `text`, in order, with the time of day and zone printed next to it.

    `language` (a primary subtag) decides between month words that languages share, `order` between 03/05 and 05/03.
    """
    if not _FIGURE.search(text):
        return ()
    is_cached = len(text) <= _MAX_CACHED
    return (_read_cached if is_cached else _read_uncached)(text, language, order)


def _read_uncached(text: str, language: str, order: DayOrder) -> tuple[PrintedDate, ...]:
    days = sorted(
        [*_find_unix_dates(text, language), *_find_days(text, language, order)],
        key=lambda found: (found.start, found.year is None, -found.end),
    )
    out: list[PrintedDate] = []
    low = 0
    for found in days:
        if found.start < low:
            continue
        whole = found if found.hour is not None else _add_clock(found, text, low, language)
        out.append(whole)
        low = whole.end
    return tuple(out)


#: The lines of a head are read more than once, so the dates of texts up to this many characters are cached.
_MAX_CACHED = 200
_read_cached = lru_cache(maxsize=500)(_read_uncached)

_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[T_ ]?(\d{2}):?(\d{2})(?::?(\d{2}))?)?\s?(Z|[+-]\d{2}:?\d{2})?")

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?")


def read_machine_date(value: str, *, language: str = "", order: DayOrder = "dmy") -> PrintedDate | None:
    """Return the date of a machine-readable value: ISO 8601 (also compact), RFC 5322, Unix seconds or milliseconds.

    Other values (a printed date in a meta tag) are read as text. Returns ``None`` for a value without a date.
    """
    text = value.strip()[:80]
    if re.fullmatch(r"1\d{9}(?:\d{3})?", text):
        moment = datetime.fromtimestamp(int(text[:10]), tz=UTC)
        return _from_datetime(moment)
    compact = _COMPACT.fullmatch(text)
    if compact:
        year, month, day, hour, minute, second = (int(group) if group else None for group in compact.groups()[:6])
        try:
            moment = datetime(year or 0, month or 0, day or 0, hour or 0, minute or 0, second or 0)  # noqa: DTZ001
        except ValueError:
            return None
        if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
            return None
        zone = parse_zone(compact[7])
        return PrintedDate(moment.year, moment.month, moment.day, hour, minute or 0, second, zone)
    if (iso := _ISO.fullmatch(text)) and (exact := _read_iso(iso, language)):
        return exact
    found = read_dates(text, language=language, order=order)
    return found[0] if found else None


def _read_iso(iso: re.Match[str], language: str) -> PrintedDate | None:
    """Return the date of an ISO 8601 value, or ``None`` if its day or time does not exist."""
    year, month, day, hour, minute, second = (int(group) if group else None for group in iso.groups()[:6])
    try:
        moment = datetime(year or 0, month or 0, day or 0, hour or 0, minute or 0, second or 0)  # noqa: DTZ001
    except ValueError:
        return None
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    zone = parse_zone(iso[7], language)
    return PrintedDate(moment.year, moment.month, moment.day, hour, minute or 0, second, zone, 0, iso.end())


def _from_datetime(moment: datetime) -> PrintedDate:
    clock = (moment.hour, moment.minute, moment.second)
    return PrintedDate(moment.year, moment.month, moment.day, *clock, zone=moment.tzinfo)
