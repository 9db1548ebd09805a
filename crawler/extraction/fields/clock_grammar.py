"""The grammar of times of day printed next to a day, and of time zone names."""

import re
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from crawler.extraction.data.date_words import EVENING_WORDS, MORNING_WORDS, NOON_WORDS, ZONE_WORDS


def _any_of(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_HAN_HALVES = _any_of(tuple(w for w in (*MORNING_WORDS, *EVENING_WORDS, *NOON_WORDS) if ord(w[0]) > 0x2E80))
_LATIN_HALVES = _any_of(tuple(w for w in (*MORNING_WORDS, *EVENING_WORDS) if ord(w[0]) < 0x2E80))
# ASCII zone words count in capitals only: "est", "et", "ist" and "am" are everyday words elsewhere.
_ZONE = (
    r"(?:[(（]\s?)?(?P<zone>(?:UTC|GMT)\s?[+\-−]\s?\d{1,2}(?::?\d{2})?|[+\-−]\d{2}:?\d{2}(?!\d)|"
    + _any_of(tuple(w.upper() if w.isascii() else w for w in ZONE_WORDS))
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
_AT = (
    r"(?:(?:at|um|à|a\slas|a\sla|às|as|alle\sore|alle|ore|om|o|kl|klo|kello|saat|pukul|jam|v|в|о|u|ob|la|ora|godz|"
    r"de|den|lúc|เวลา|الساعة|สาธารณ|час|время|时间|時間)\.?\s)"
)
_WEEKDAY = r"[(（]?(?:星期|周|週|礼拜|禮拜)?[一二三四五六日天월화수목금토일月火水木金土](?:曜日|曜|요일)?[)）]?"
_GAP = r"(?:\sd\.)?[\s.,，、;；|｜丨·•‧()（）\[\]\-–—/]{0,4}"
_TIME_AFTER = re.compile(rf"T?{_GAP}(?:{_WEEKDAY}{_GAP})?(?:{_ZONE.replace('?P<zone>', '?:')}\s?)?(?i:{_AT})?{_CLOCK}")
_TIME_BEFORE = re.compile(rf"(?<![\d:.])(?:{_CLOCK})[\s,，|·•\-–—/]{{0,4}}(?:(?i:on|am|le|el|il|den|em|op|w)\s)?$")
_BEFORE_DOTTED_TIME = re.compile(r"(?i)\b(?:kl|klo|kello|um|ore|alle|at|pukul|jam|om)\.?\s$")


def parse_zone(word: str | None, language: str = "") -> tzinfo | None:
    """Return the zone of a printed zone word or offset, or ``None`` if the word is not a zone."""
    if not word:
        return None
    text = word.strip().replace("−", "-").replace(" ", "")
    if text == "CST" and language == "zh":  # China Standard Time, as Java prints it there
        return timezone(timedelta(hours=8))
    known = ZONE_WORDS.get(text.lower())
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
    if half in MORNING_WORDS and hour == 12:
        hour = 0
    elif (half in EVENING_WORDS and hour < 12) or (half in NOON_WORDS and hour < 3):
        hour += 12
    if hour > 23 or minute > 59 or (second or 0) > 59:
        return None
    return hour, minute, second


class Clock(Struct, frozen=True):
    """A time of day, with its zone if one is printed, at `start` to `end` of a text."""

    hour: int
    minute: int
    second: int | None
    zone: tzinfo | None
    start: int
    end: int


def find_clock(text: str, start: int, end: int, low: int, language: str) -> Clock | None:
    """Return the time of day after the day at `start` to `end`, or else the one before it, but not before `low`."""
    for match in (_TIME_AFTER.match(text, end), _TIME_BEFORE.search(text, max(low, start - 40), start)):
        if not match:
            continue
        if match["mi4"] and not _is_dotted_time(match, text):
            continue
        clock = _clock_of(match)
        if clock is None:
            continue
        zone = parse_zone(match["zone"], language) or _zone_before(text, start)
        return Clock(*clock, zone, match.start(), match.end())
    return None


def _is_dotted_time(match: re.Match[str], text: str) -> bool:
    """True if "10.32" is a time and not a price: next to "pm", "Uhr" or a word for "at", or at the end."""
    rest = text[match.end() :]
    is_marked = (
        match["half2"]
        or re.search(r"(?i)uhr|hrs|uur|h$", match[0])
        or _BEFORE_DOTTED_TIME.search(text[: match.start("h")])
    )
    return bool(is_marked) or not rest.strip() or rest.lstrip()[:1] in "|)·,•"


def _zone_before(text: str, start: int) -> tzinfo | None:
    """Return the zone printed before the date ("北京时间2019年...")."""
    before = text[max(0, start - 12) : start].rstrip(" :：")
    for word in ZONE_WORDS:
        if not word.isascii() and before.endswith(word):
            return parse_zone(word)
    return None
