"""The grammar of times of day printed next to a day, and of time zone names."""

import re
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from crawler.extraction.data.date_words import (
    date_words,
    pattern_of,
    words_pattern,
    zone_abbreviations,
    zone_names,
)
from crawler.extraction.data.tables import DateWords, language


def _halves(words: DateWords) -> tuple[str, ...]:
    return (*words.morning, *words.evening, *words.noon)


_MORNING = frozenset(date_words(lambda words: words.morning))
_EVENING = frozenset(date_words(lambda words: words.evening))
_NOON = frozenset(date_words(lambda words: words.noon))
_HALF_BEFORE = pattern_of(lambda words: _halves(words) if words.half_precedes_time else ())
_HALF_AFTER = pattern_of(lambda words: () if words.half_precedes_time else _halves(words))
_ZONE_NAMES, _ZONE_ABBREVIATIONS = zone_names(), zone_abbreviations()
_ZONE = (
    r"(?:[(（]\s?)?(?P<zone>(?:UTC|GMT)\s?[+\-−]\s?\d{1,2}(?::?\d{2})?|[+\-−]\d{2}:?\d{2}(?!\d)|"
    + words_pattern([*_ZONE_NAMES, *_ZONE_ABBREVIATIONS])
    + r")(?![^\W\d_])"
)
_AFTER_TIME = pattern_of(lambda words: words.after_time)
#: Signs behind an hour, a minute and a second, as in a character class.
_HOUR = "".join(date_words(lambda words: words.hour_units))
_MINUTE = "".join(date_words(lambda words: words.minute_units))
_SECOND = "".join(date_words(lambda words: words.second_units))
_CLOCK = (
    rf"(?:(?P<half>(?i:{_HALF_BEFORE}))\s?)?(?P<h>\d{{1,2}})"
    r"(?:\s?[:：]\s?(?P<mi>\d{2})(?:\s?[:：]\s?(?P<s>\d{2})(?:[.,]\d+)?)?(?!\d)"
    rf"|\s?[{_HOUR}]\s?(?:(?P<mi2>\d{{1,2}})\s?[{_MINUTE}]?"
    rf"(?:\s?(?P<s2>\d{{1,2}})\s?[{_SECOND}])?)?"
    r"|\s?[hHuU]\s?(?P<mi3>\d{2})(?!\d)|\s?[hH](?![^\W\d_])"
    r"|[.](?P<mi4>\d{2})(?:[.](?P<s4>\d{2}))?(?![\d.]\d)"
    rf"|(?=\s?(?i:{_HALF_AFTER})(?![^\W\d_])))"
    rf"(?:\s?(?P<half2>(?i:{_HALF_AFTER}))(?![^\W\d_]))?(?:\s?(?:{_AFTER_TIME}|h\b))?"
    rf"(?:\s?{_ZONE})?"
)
_ZONE_BEHIND = re.compile(rf"\s?{_ZONE}")
_AT = rf"(?:(?:{pattern_of(lambda words: words.before_time)})\.?\s)"
_WEEKDAY = (
    rf"[(（]?(?:{pattern_of(lambda words: words.weekday_prefixes)})?(?:{pattern_of(lambda words: words.weekdays)})"
    rf"(?:{pattern_of(lambda words: words.weekday_suffixes)})?[)）]?"
)
_GAP = r"(?:\sd\.)?[\s.,，،、;；|｜丨·•‧()（）\[\]\-–—/]{0,4}"
_TIME_AFTER = re.compile(rf"T?{_GAP}(?:{_WEEKDAY}{_GAP})?(?:{_ZONE.replace('?P<zone>', '?:')}\s?)?(?i:{_AT})?{_CLOCK}")
_BEFORE_DAY = pattern_of(lambda words: words.between_time_and_day)
_TIME_BEFORE = re.compile(rf"(?<![\d:.])(?:{_CLOCK})[\s,，|·•\-–—/]{{0,4}}(?:(?i:{_BEFORE_DAY})\s)?$")
_BEFORE_DOTTED_TIME = re.compile(rf"(?i)\b(?:{pattern_of(lambda words: words.before_dotted_time)})\.?\s$")
_ENDS_AS_TIME = re.compile(rf"(?i){_AFTER_TIME}|h$")


def parse_zone(word: str | None, code: str = "") -> tzinfo | None:
    """Return the zone of a zone word or offset on a page in the language `code`, or ``None`` for another word."""
    if not word:
        return None
    text = word.strip().replace("−", "-").replace(" ", "")
    known = language(code).dates.zone_abbreviations.get(text)
    if known is None:
        known = _ZONE_ABBREVIATIONS.get(text.upper(), _ZONE_NAMES.get(text.lower()))
    if isinstance(known, str):
        return load_zone(known)
    if known is not None:
        return timezone(timedelta(hours=known))
    sign = re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2}):?(\d{2})?", text)
    if not sign:
        return None
    offset = timedelta(hours=int(sign[2]), minutes=int(sign[3] or 0))
    return timezone(offset if sign[1] == "+" else -offset) if offset <= timedelta(hours=14) else None


def load_zone(name: str) -> tzinfo | None:
    """Return the zone of that name in the tz database, or ``None`` if it has no such name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _clock_of(match: re.Match[str]) -> tuple[int, int, int | None] | None:
    """Return hour, minute and second on the 24-hour clock, or ``None`` for an impossible time."""
    group = match.groupdict()
    minute_text = group["mi"] or group["mi2"] or group["mi3"] or group["mi4"]
    second_text = group["s"] or group["s2"] or group["s4"]
    hour, minute = int(group["h"]), int(minute_text or 0)
    second = int(second_text) if second_text else None
    half = (group["half"] or group["half2"] or "").lower()
    if half in _MORNING and hour == 12:
        hour = 0
    elif (half in _EVENING and hour < 12) or (half in _NOON and hour < 3):
        hour += 12
    if hour > 23 or minute > 59 or (second or 0) > 59:
        return None
    return hour, minute, second


class ClockTime(Struct, frozen=True):
    """A time of day, with its zone if one is printed, at `start` to `end` of a text."""

    hour: int
    minute: int
    second: int | None
    zone: tzinfo | None
    start: int
    end: int


def find_clock(text: str, start: int, end: int, low: int, code: str) -> ClockTime | None:
    """Return the time of day after the day at `start` to `end`, or else the one before it, but not before `low`."""
    for match in (_TIME_AFTER.match(text, end), _TIME_BEFORE.search(text, max(low, start - 40), start)):
        if not match:
            continue
        if match["mi4"] and not _is_dotted_time(match, text):
            continue
        clock = _clock_of(match)
        if clock is None:
            continue
        zone = parse_zone(match["zone"], code) or _zone_before(text, start) or _zone_behind(text, end, code)
        return ClockTime(*clock, zone, match.start(), match.end())
    return None


def _is_dotted_time(match: re.Match[str], text: str) -> bool:
    """True if "10.32" is a time and not a price: next to "pm", "Uhr" or a word for "at", or at the end."""
    rest = text[match.end() :]
    is_marked = match["half2"] or _ENDS_AS_TIME.search(match[0]) or _BEFORE_DOTTED_TIME.search(text[: match.start("h")])
    return bool(is_marked) or not rest.strip() or rest.lstrip()[:1] in "|)·,•"


def _zone_behind(text: str, end: int, code: str) -> tzinfo | None:
    """Return the zone printed behind the day that follows its time of day ("22:00, 11 July 2021 BST")."""
    match = _ZONE_BEHIND.match(text, end)
    return parse_zone(match["zone"], code) if match else None


def _zone_before(text: str, start: int) -> tzinfo | None:
    """Return the zone printed before the date ("北京时间2019年...")."""
    before = text[max(0, start - 12) : start].rstrip(" :：")
    name = next((name for name in _ZONE_NAMES if before.endswith(name)), None)
    return parse_zone(name)
