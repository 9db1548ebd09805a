"""The Retry-After header (RFC 9110, section 10.2.3)."""

from datetime import UTC
from email.utils import parsedate_to_datetime

#: Seconds that a server may ask for at most: a day. What it asks beyond that, it can ask again the next day.
LONGEST = 86_400.0


def parse_retry_after(value: str | None, now: float) -> float | None:
    """Return the seconds from `now` (since the epoch) that a Retry-After header asks for, at most a day.

    ``None`` without a header, or if it is neither a number of seconds nor a date.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    if moment.tzinfo is None:  # "-0000" or an obsolete date format: HTTP dates are UTC
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment.timestamp() - now, 0.0), LONGEST)
