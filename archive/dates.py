"""Dates of records: WARC-Date at every granularity, and the forms that writers use in its place.

Rules for what W3CDTF (WARC 1.1, section 5.4) leaves open or forbids:

- A date without day, hour or second is the first moment of its year, month, day or minute.
- A date without a time zone is UTC.
- A leap second counts as the second before it, 24:00 as the midnight it means.
- A day of the month that is too large is the day of the year if that is in the month: ClueWeb09 wrote ``2009-03-65``.
- A moment that is before year 1 or after year 9999 in UTC is the first or last moment of these years.
- ARC dates of 14 digits, their shorter and longer forms, and HTTP dates (RFC 9110, section 5.6.7) are read too.
"""

import re
from datetime import UTC, datetime, timedelta, timezone

#: The earliest and latest moment of a record.
EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)

_ZONE = r"\s*(?P<zone>Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)?"
_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
_FORMS = tuple(
    re.compile(form + _ZONE, re.ASCII | re.IGNORECASE)
    for form in (
        # W3CDTF, with separators and spaces as careless writers use them.
        r"(?P<year>\d{4})(?:[-/.](?P<month>\d{1,2})(?:[-/.](?P<day>\d{1,3})(?:(?:\s*T\s*|\s+)" + _TIME + ")?)?)?",
        # ARC: year to second, cut off after any of its parts or followed by a fraction.
        r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)(?:T?(?P<hour>\d\d)(?:(?P<minute>\d\d)"
        r"(?:(?P<second>\d\d)[.,]?(?P<fraction>\d+)?)?)?)?)?)?",
        # HTTP: IMF-fixdate and RFC 850, then asctime.
        r"(?:[a-z]{3,9},?\s+)?(?P<day>\d{1,2})[ -](?P<name>[a-z]{3})[ -](?P<year>\d{2}|\d{4})\s+" + _TIME,
        r"(?:[a-z]{3}\s+)?(?P<name>[a-z]{3})\s+(?P<day>\d{1,2})\s+" + _TIME + r"\s+(?P<year>\d{4})",
    )
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parse_date(text: str) -> datetime | None:
    """Return a date in UTC, read by the rules of this module; ``None`` if it has another form or is impossible."""
    text = text.strip()
    if not text.isdigit():  # of digits only, `fromisoformat` would take some for a separator
        try:
            return _to_utc(datetime.fromisoformat(text))  # nearly all dates, at a fraction of the cost
        except ValueError:
            pass
    for form in _FORMS:
        if found := form.fullmatch(text):
            return _make_date(found.groupdict())
    return None


def _make_date(parts: dict[str, str | None]) -> datetime | None:
    """Return the date with these parts; ``None`` if there is no such day or time."""
    day = int(parts["day"] or 1)
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    after = timedelta()
    if hour == 24 and minute == second == 0:
        hour, after = 0, timedelta(days=1)
    second = min(second, 59) if second <= 60 else second
    fraction = int((parts.get("fraction") or "")[:6].ljust(6, "0"))
    try:
        date = datetime(_year(parts), month := _month(parts), 1, hour, minute, second, fraction, _zone(parts["zone"]))
        date = date.replace(day=day) if day <= 31 else date.replace(month=1) + timedelta(days=day - 1)
    except (ValueError, OverflowError):
        return None
    if date.month != month:
        return None
    try:
        return _to_utc(date + after)
    except OverflowError:
        return LATEST


def _year(parts: dict[str, str | None]) -> int:
    year = int(parts["year"] or 0)
    if len(parts["year"] or "") == 2:
        return year + (1900 if year >= 70 else 2000)
    return year


def _month(parts: dict[str, str | None]) -> int:
    if name := parts.get("name"):
        return _MONTHS.index(name.lower()) + 1
    return int(parts.get("month") or 1)


def _zone(text: str | None) -> timezone:
    if text is None or text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _to_utc(when: datetime) -> datetime:
    if when.tzinfo is None:
        return when.replace(tzinfo=UTC)
    try:
        return when.astimezone(UTC)
    except OverflowError:
        return EARLIEST if when.year == 1 else LATEST
