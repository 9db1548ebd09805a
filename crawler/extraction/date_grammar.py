"""The grammar of printed dates: every day and time of day that stands in a text, in any of the usual tongues.

Nothing is decided here about which date is the article's; a `PrintedDate` only says what stands where.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crawler.extraction.date_words import EVENING_WORDS, MONTHS, MORNING_WORDS, NOON_WORDS, ZONE_WORDS

#: Which number comes first where a date is figures alone: 24/05/03, 03/05/24 or 05/03/24.
DayOrder = Literal["ymd", "dmy", "mdy"]

_FIRST_YEAR, _LAST_YEAR = 1900, 2100


@dataclass(frozen=True, slots=True)
class PrintedDate:
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


# --- times of day --------------------------------------------------------------------------------------------------


def _words(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_HAN_HALVES = _words(tuple(w for w in (*MORNING_WORDS, *EVENING_WORDS, *NOON_WORDS) if ord(w[0]) > 0x2E80))
_LATIN_HALVES = _words(tuple(w for w in (*MORNING_WORDS, *EVENING_WORDS) if ord(w[0]) < 0x2E80))
# ASCII zone words count in capitals only: "est", "et", "ist" and "am" are everyday words elsewhere.
_ZONE = (
    r"(?:[(（]\s?)?(?P<zone>(?:UTC|GMT)\s?[+\-−]\s?\d{1,2}(?::?\d{2})?|[+\-−]\d{2}:?\d{2}(?!\d)|"
    + _words(tuple(w.upper() if w.isascii() else w for w in ZONE_WORDS))
    + r")(?![^\W\d_])"
)
_CLOCK = (
    rf"(?:(?P<half>(?i:{_HAN_HALVES}))\s?)?(?P<h>\d{{1,2}})"
    r"(?:\s?[:：]\s?(?P<mi>\d{2})(?:\s?[:：]\s?(?P<s>\d{2})(?:[.,]\d+)?)?(?!\d)"
    r"|\s?[时時点點시]\s?(?:(?P<mi2>\d{1,2})\s?[分분]?(?:\s?(?P<s2>\d{1,2})\s?[秒초])?)?"
    r"|\s?[hHuU]\s?(?P<mi3>\d{2})(?!\d)|\s?[hH](?![^\W\d_])"
    r"|[.](?P<mi4>\d{2})(?:[.](?P<s4>\d{2}))?(?![\d.]\d)"
    rf"|(?=\s?(?i:{_LATIN_HALVES})(?![^\W\d_])))"
    rf"(?:\s?(?P<half2>(?i:{_LATIN_HALVES}))(?![^\W\d_]))?(?:\s?(?:Uhr|Uhr\b|hrs|uur|Hrs|h\b))?"
    rf"(?:\s?{_ZONE})?"
)
_JOINING = (
    r"(?:(?:at|um|à|a\slas|a\sla|às|as|alle\sore|alle|ore|om|o|kl|klo|kello|saat|pukul|jam|v|в|о|u|ob|la|ora|godz|"
    r"de|den|lúc|เวลา|الساعة|สาธารณ|час|время|时间|時間)\.?\s)"
)
_WEEKDAY = r"[(（]?(?:星期|周|週|礼拜|禮拜)?[一二三四五六日天월화수목금토일月火水木金土](?:曜日|曜|요일)?[)）]?"
_GAP = r"(?:\sd\.)?[\s.,，、;；|｜丨·•‧()（）\[\]\-–—/]{0,4}"
_TIME_AFTER = re.compile(
    rf"T?{_GAP}(?:{_WEEKDAY}{_GAP})?(?:{_ZONE.replace('?P<zone>', '?:')}\s?)?(?i:{_JOINING})?{_CLOCK}"
)
_TIME_BEFORE = re.compile(rf"(?<![\d:.])(?:{_CLOCK})[\s,，|·•\-–—/]{{0,4}}(?:(?i:on|am|le|el|il|den|em|op|w)\s)?$")
_DOT_TIME_SETTING = re.compile(r"(?i)\b(?:kl|klo|kello|um|ore|alle|at|pukul|jam|om)\.?\s$")


def _zone_of(word: str | None, language: str = "") -> tzinfo | None:
    """The zone a printed word or offset names; ``None`` for a word that names none."""
    if not word:
        return None
    text = word.strip().replace("−", "-").replace(" ", "")
    if text == "CST" and language == "zh":  # China Standard Time, as Java prints it there
        return timezone(timedelta(hours=8))
    known = ZONE_WORDS.get(text.lower())
    if isinstance(known, str):
        return named_zone(known)
    if known is not None:
        return timezone(timedelta(hours=known))
    sign = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?", text)
    if not sign:
        return None
    offset = timedelta(hours=int(sign[2]), minutes=int(sign[3] or 0))
    return timezone(offset if sign[1] == "+" else -offset) if offset <= timedelta(hours=14) else None


def named_zone(name: str) -> tzinfo | None:
    """The tz database's zone of that name, or ``None`` where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _clock_of(match: re.Match[str]) -> tuple[int, int, int | None] | None:
    """(hour, minute, second) on the 24-hour clock, or ``None`` when no clock shows that."""
    group = match.groupdict()
    minute_text = group["mi"] or group["mi2"] or group["mi3"] or group["mi4"]
    second_text = group["s"] or group["s2"] or group["s4"]
    hour, minute = int(group["h"]), int(minute_text or 0)
    second = int(second_text) if second_text else None
    half = (group["half"] or group["half2"] or "").lower()
    if half in MORNING_WORDS and hour == 12:
        hour = 0
    elif (half in EVENING_WORDS and hour < 12) or (half in NOON_WORDS and hour < 3):
        hour += 12
    if hour > 23 or minute > 59 or (second or 0) > 59:
        return None
    return hour, minute, second


def _with_clock(found: PrintedDate, text: str, low: int, language: str) -> PrintedDate:
    """The same day with the time of day printed after it, or else before it but not left of `low`."""
    for match in (
        _TIME_AFTER.match(text, found.end),
        _TIME_BEFORE.search(text, max(low, found.start - 40), found.start),
    ):
        if not match:
            continue
        if match["mi4"] and not _dot_time_is_meant(match, text):
            continue
        clock = _clock_of(match)
        if clock is None:
            continue
        hour, minute, second = clock
        start, end = min(found.start, match.start()), max(found.end, match.end())
        told = match["zone"] or match.groupdict().get("zone_first")
        zone = _zone_of(told, language) or _zone_before(text, found)
        return replace(found, hour=hour, minute=minute, second=second, zone=zone, start=start, end=end)
    return found


def _dot_time_is_meant(match: re.Match[str], text: str) -> bool:
    """Whether "10.32" is a time and not a price: a day-half, "Uhr" or a joining word with it, or nothing after it."""
    rest = text[match.end() :]
    told = (
        match["half2"]
        or re.search(r"(?i)uhr|hrs|uur|h$", match[0])
        or _DOT_TIME_SETTING.search(text[: match.start("h")])
    )
    return bool(told) or not rest.strip() or rest.lstrip()[:1] in "|)·,•"


def _zone_before(text: str, found: PrintedDate) -> tzinfo | None:
    """A zone told in front of the date ("北京时间2019年...")."""
    before = text[max(0, found.start - 12) : found.start].rstrip(" :：")
    for word in ZONE_WORDS:
        if not word.isascii() and before.endswith(word):
            return _zone_of(word)
    return None


# --- texts --------------------------------------------------------------------------------------------------------


_FIGURE = re.compile(r"[\d〇○]")
_MONTH_WORD = re.compile(r"[^\W\d_][^\s\d,;:|/()\[\]،'’–-]*")


def _names_a_month(text: str, numbers: dict[str, int]) -> bool:
    """Whether a word of the text is a month's name in any tongue."""
    words = _MONTH_WORD.findall(text.lower())
    return any(word.rstrip(".") in numbers or word == "tháng" for word in words)


def _day_matches(text: str, language: str, order: DayOrder) -> Iterator[PrintedDate]:
    numbers = _months(language)
    patterns = [pattern for sign, kind in _PLAIN_KINDS if sign.search(text) for pattern in kind]
    for pattern in (*patterns, *(_NAMED_DAYS if _names_a_month(text, numbers) else ())):
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
    numbers = _months("en")
    for match in _UNIX_MOMENT.finditer(text):
        month = numbers.get(match["name"].lower())
        hour, minute, second = int(match["h"]), int(match["mi"]), int(match["s"])
        if month is None or hour > 23 or minute > 59 or second > 59:
            continue
        zone = _zone_of(match["zone"], language)
        found = PrintedDate(
            int(match["y"]), month, int(match["d"]), hour, minute, second, zone, match.start(), match.end()
        )
        if found.calendar_day:
            yield found


def read_dates(text: str, *, language: str = "", order: DayOrder = "dmy") -> tuple[PrintedDate, ...]:
    """Every date printed in `text`, in order, with its time of day and zone where they stand beside it.

    `language` (a primary subtag) decides between month words two tongues share; `order` between 03/05 and 05/03.
    """
    if not _FIGURE.search(text):
        return ()
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
        zone = _zone_of(compact[7])
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
    zone = _zone_of(iso[7], language)
    return PrintedDate(moment.year, moment.month, moment.day, hour, minute or 0, second, zone, 0, iso.end())


def _printed(moment: datetime) -> PrintedDate:
    clock = (moment.hour, moment.minute, moment.second)
    return PrintedDate(moment.year, moment.month, moment.day, *clock, zone=moment.tzinfo)
