"""The grammar of printed times of day, beside a day they belong to, and of the zones they are told in."""

import re
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from crawler.extraction.data.date_words import EVENING_WORDS, MORNING_WORDS, NOON_WORDS, ZONE_WORDS


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


def zone_of(word: str | None, language: str = "") -> tzinfo | None:
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


class Clock(Struct, frozen=True):
    """A time of day with its zone, if one is named, and where in a text it stands."""

    hour: int
    minute: int
    second: int | None
    zone: tzinfo | None
    start: int
    end: int


def clock_beside(text: str, start: int, end: int, low: int, language: str) -> Clock | None:
    """The time of day printed after a day from `start` to `end`, or else before it but not left of `low`."""
    for match in (_TIME_AFTER.match(text, end), _TIME_BEFORE.search(text, max(low, start - 40), start)):
        if not match:
            continue
        if match["mi4"] and not _dot_time_is_meant(match, text):
            continue
        clock = _clock_of(match)
        if clock is None:
            continue
        zone = zone_of(match["zone"], language) or _zone_before(text, start)
        return Clock(*clock, zone, match.start(), match.end())
    return None


def _dot_time_is_meant(match: re.Match[str], text: str) -> bool:
    """Whether "10.32" is a time and not a price: a day-half, "Uhr" or a joining word with it, or nothing after it."""
    rest = text[match.end() :]
    told = (
        match["half2"]
        or re.search(r"(?i)uhr|hrs|uur|h$", match[0])
        or _DOT_TIME_SETTING.search(text[: match.start("h")])
    )
    return bool(told) or not rest.strip() or rest.lstrip()[:1] in "|)·,•"


def _zone_before(text: str, start: int) -> tzinfo | None:
    """A zone told in front of the date ("北京时间2019年...")."""
    before = text[max(0, start - 12) : start].rstrip(" :：")
    for word in ZONE_WORDS:
        if not word.isascii() and before.endswith(word):
            return zone_of(word)
    return None
