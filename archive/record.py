"""One WARC record: its named fields and its block (WARC 1.1, section 4)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from archive.block import Block
from archive.errors import ArchiveError

# Control characters, and halves of surrogate pairs, which UTF-8 cannot hold.
_UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")

Fields = Iterable[tuple[str, str]]


@dataclass
class Record:
    """A record as read: `fields` in order, its `block`, and where it lies. None is changed; none is frozen either, for
    that would double what it costs to make one.

    `offset` and `length` are the bytes of its gzip member (of the record itself in an uncompressed file), `file` the
    file's name, `version` what stood before the fields, such as ``WARC/1.1``. `at_member_start` is false for a record
    that shares its gzip member with one before it, and so cannot be reached by its offset.
    """

    version: str
    fields: tuple[tuple[str, str], ...]
    block: Block
    file: str
    offset: int
    length: int
    at_member_start: bool = True

    def get(self, name: str) -> str | None:
        """The first value of the named field, in any case."""
        return self._first.get(name.lower())

    @cached_property
    def _first(self) -> dict[str, str]:
        return {name.lower(): value for name, value in reversed(self.fields)}

    @property
    def type(self) -> str:
        """WARC-Type in lower case; empty when absent."""
        return (self.get("WARC-Type") or "").lower()

    @property
    def id(self) -> str:
        """WARC-Record-ID without angle brackets; empty when absent."""
        return bare_uri(self.get("WARC-Record-ID") or "")

    @property
    def url(self) -> str:
        """WARC-Target-URI; some writers wrap it in angle brackets, which are taken off."""
        return bare_uri(self.get("WARC-Target-URI") or "")

    @property
    def date(self) -> datetime | None:
        """WARC-Date, UTC; ``None`` when absent or unreadable."""
        return parse_date(self.get("WARC-Date") or "")


def bare_uri(value: str) -> str:
    """`value` without the angle brackets WARC 1.0's grammar asks for."""
    return value[1:-1] if value.startswith("<") and value.endswith(">") else value


def format_date(when: datetime) -> str:
    """WARC-Date of an aware datetime: UTC, with a fraction only when there is one (WARC 1.1, section 5.4)."""
    return (when if when.tzinfo is UTC else when.astimezone(UTC)).isoformat().removesuffix("+00:00") + "Z"


def parse_date(text: str) -> datetime | None:
    """A WARC-Date or 14-digit ARC date as aware UTC datetime; ``None`` when unreadable."""
    text = text.strip()
    try:
        if text.isdigit() and len(text) == 14:
            return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def record_head(fields: Fields) -> bytes:
    """The bytes before a record's block: version line, named fields, blank line.

    Raises ArchiveError for a value that would break the line.
    """
    lines = [f"{name}: {value}" for name, value in fields]
    require_fit(*lines)
    return "\r\n".join(("WARC/1.1", *lines, "\r\n")).encode()


def require_fit(*values: str) -> None:
    """Raises ArchiveError for a value that would break the line of its field."""
    for value in values:
        if _UNFIT.search(value):
            raise ArchiveError(f"a record field holds a control character: {value!r}", hint="percent-encode it")
