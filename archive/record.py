"""One WARC record: its named fields and its block (WARC 1.1, section 4)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

from archive.block import Block
from archive.dates import parse_date
from archive.digest import sha1_label
from archive.errors import ArchiveError
from archive.http import Head, entity, head_of

# Control characters, and surrogates, which UTF-8 cannot encode.
_UNFIT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")

Fields = Iterable[tuple[str, str]]


@dataclass
class Record:
    """A record as read: `fields` in order, its `block`, and its position. Treat it as immutable; it is not frozen
    because that would double the cost of creating one.

    `file` is the name of the file. `offset` and `length` are the bytes of the record's gzip member (of the record
    itself in an uncompressed file). `version` is the version line, such as ``WARC/1.1``. `at_member_start` is false if
    the record follows another in the same gzip member and so cannot be read by its offset. `parsed_head` is the head
    of the HTTP message in the block once `http_head` was asked for; pass it on instead of parsing again. `is_cut` is
    true if the file ends within the block.
    """

    version: str
    fields: tuple[tuple[str, str], ...]
    block: Block
    file: str
    offset: int
    length: int
    at_member_start: bool = True
    parsed_head: Head | None = field(default=None, init=False, repr=False, compare=False)
    is_cut: bool = field(default=False, init=False, repr=False, compare=False)

    def get(self, name: str) -> str | None:
        """Return the first value of the named field (case-insensitive)."""
        return self._first.get(name.lower())

    @cached_property
    def _first(self) -> dict[str, str]:
        return {name.lower(): value for name, value in reversed(self.fields)}

    @property
    def type(self) -> str:
        """WARC-Type in lower case; empty if absent."""
        return (self.get("WARC-Type") or "").lower()

    @property
    def id(self) -> str:
        """WARC-Record-ID without angle brackets; empty if absent."""
        return bare_uri(self.get("WARC-Record-ID") or "")

    @property
    def url(self) -> str:
        """WARC-Target-URI, without the angle brackets that some writers add; empty if absent."""
        return bare_uri(self.get("WARC-Target-URI") or "")

    @property
    def date(self) -> datetime | None:
        """WARC-Date in UTC; ``None`` if absent or malformed."""
        return parse_date(self.get("WARC-Date") or "")

    @property
    def http_head(self) -> Head:
        """Head of the HTTP message in the block, parsed once; of length 0 if the block holds no message."""
        if self.parsed_head is None:
            self.parsed_head = head_of(self.block)
        return self.parsed_head

    def payload(self) -> Iterator[bytes]:
        """Yield the entity of the HTTP message in the block, or the whole block if it holds none."""
        return entity(self.block, self.http_head)

    def payload_digest(self) -> str:
        """Return WARC-Payload-Digest; if absent, the computed SHA-1 label of the payload."""
        return self.get("WARC-Payload-Digest") or sha1_label(self.payload())


def bare_uri(value: str) -> str:
    """Return `value` without the angle brackets that the grammar of WARC 1.0 requires."""
    return value[1:-1] if value.startswith("<") and value.endswith(">") else value


def format_date(when: datetime) -> str:
    """Return an aware datetime as a WARC-Date: UTC, with a fraction only if there is one (WARC 1.1, section 5.4)."""
    return (when if when.tzinfo is UTC else when.astimezone(UTC)).isoformat().removesuffix("+00:00") + "Z"


def record_head(fields: Fields) -> bytes:
    """Return the bytes before a record's block: version line, named fields, blank line.

    Raises ArchiveError for a value with a control character, which would break its line.
    """
    lines = [f"{name}: {value}" for name, value in fields]
    require_fit(*lines)
    return "\r\n".join(("WARC/1.1", *lines, "\r\n")).encode()


def require_fit(*values: str) -> None:
    """Raise ArchiveError for a value with a control character, which would break the line of its field."""
    for value in values:
        if _UNFIT.search(value):
            raise ArchiveError(f"a record field holds a control character: {value!r}", hint="percent-encode it")
