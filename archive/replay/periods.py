"""Timestamps of 4 to 14 digits as periods: a year, month, day, hour, minute or second, UTC."""

from datetime import UTC, datetime, timedelta


def start_of_period(digits: str) -> datetime:
    """Return the first moment of a year, month, day, … given as 4 to 14 digits.

    Raises ValueError for any other text.
    """
    if not (digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 14):
        raise ValueError("not a time")
    filled = digits + "00000101000000"[len(digits) :]
    return datetime.strptime(filled, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def end_of_period(digits: str) -> datetime | None:
    """Return the first moment after a year, month, day, … given as 4 to 14 digits; ``None`` after year 9999."""
    start = start_of_period(digits)
    try:
        match len(digits):
            case 4:
                return start.replace(year=start.year + 1)
            case 5 | 6:
                return (start + timedelta(days=32)).replace(day=1)
            case 7 | 8:
                return start + timedelta(days=1)
            case 9 | 10:
                return start + timedelta(hours=1)
            case 11 | 12:
                return start + timedelta(minutes=1)
            case _:
                return start + timedelta(seconds=1)
    except (ValueError, OverflowError):
        return None
