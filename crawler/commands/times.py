"""Points in time as a command line writes them."""

import re
from datetime import UTC, datetime

from crawler.commands.outcome import SettingsError

_DIGITS = re.compile(r"\d{4}(?:\d\d){0,5}")

#: What a timestamp of fewer than 14 digits leaves out: the first of the month, midnight.
_FIRST = "00000101000000"


def moment(option: str, text: str) -> datetime:
    """The time in `text`: ISO 8601 (UTC where it has no offset) or 4 to 14 digits as in an archive's URLs.

    Raises SettingsError naming `option`.
    """
    try:
        if _DIGITS.fullmatch(text):
            return datetime.strptime(text + _FIRST[len(text) :], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        parsed = datetime.fromisoformat(text)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise SettingsError(
            f"{option} {text}: not a time — write 2026-03-01, 2026-03-01T08:00:00+08:00 or 20260301080000"
        ) from error


def readable(when: datetime) -> str:
    """A time for people, to the second, UTC."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
