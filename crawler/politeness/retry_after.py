"""The Retry-After header (RFC 9110, section 10.2.3)."""

from datetime import UTC
from email.utils import parsedate_to_datetime

#: A server may ask for a day's peace; what it asks beyond is asked again the next day.
LONGEST = 86_400.0


def seconds_asked(value: str | None, now: float) -> float | None:
    """Seconds from `now` (since the epoch) that a Retry-After `value` asks for, at most a day.

    ``None`` where there is no header or it is neither seconds nor a date.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    if moment.tzinfo is None:  # "-0000" or an old date form: HTTP dates are UTC
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment.timestamp() - now, 0.0), LONGEST)
