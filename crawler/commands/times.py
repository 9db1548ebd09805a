"""Reads and formats points in time on the command line."""

import re
from datetime import UTC, datetime

from crawler.commands.exit_codes import SettingsError

_DIGITS = re.compile(r"\d{4}(?:\d\d){0,5}")

#: Completes timestamps of fewer than 14 digits: the first of the month, midnight.
_DEFAULTS = "00000101000000"


def parse_time(option: str, text: str) -> datetime:
    """Parse ISO 8601 (UTC if it has no offset) or 4 to 14 digits, as in the URLs of web archives.

    Raises SettingsError that names `option`.
    """
    try:
        if _DIGITS.fullmatch(text):
            return datetime.strptime(text + _DEFAULTS[len(text) :], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        parsed = datetime.fromisoformat(text)
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise SettingsError(
            f"{option} {text}: not a time — write 2026-03-01, 2026-03-01T08:00:00+08:00 or 20260301080000"
        ) from error


def format_time(when: datetime) -> str:
    """Format a time in UTC, to the second."""
    return when.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
