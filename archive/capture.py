"""One HTTP exchange as it crossed the socket, and where it is kept."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from archive.block import Block
from archive.coding import MAX_BODY, decode
from archive.http import Head, entity, head_of


class Truncation(StrEnum):
    """Why a message stops early: the values of WARC-Truncated (WARC 1.1, section 5.13)."""

    LENGTH = "length"
    TIME = "time"
    DISCONNECT = "disconnect"
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class Location:
    """Where a response record lies.

    `file` is the WARC's name relative to the archive's ``warc/`` folder; `offset` and `length` are the bytes of its
    gzip member; `record_id` is the WARC-Record-ID without angle brackets; `date` the WARC-Date, UTC;
    `payload_digest` the WARC-Payload-Digest with its algorithm's prefix (``sha1:...``).
    """

    file: str
    offset: int
    length: int
    record_id: str
    date: datetime
    payload_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One HTTP exchange as it crossed the socket.

    `url` is the target URI, `started_at` the UTC time the request was begun. `request` and `response` are the
    messages byte for byte: start line, header lines in order, case and number, framing and content encoding.
    Interim 1xx answers are split off `response`. `ip_address` is the server's, ``None`` behind a proxy.
    `truncated` says why the response stops early, ``None`` when it is whole. `location` is set once it is stored.
    """

    url: str
    started_at: datetime
    request: bytes
    response: Block
    ip_address: str | None = None
    truncated: Truncation | None = None
    location: Location | None = None
    _head: Head | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def head(self) -> Head:
        """The response's start line and header lines, parsed once."""
        head = self._head
        if head is None:
            head = head_of(self.response)
            object.__setattr__(self, "_head", head)
        return head

    @property
    def status(self) -> int | None:
        """The response's status code; ``None`` when there is no readable status line."""
        return self.head.status

    def payload(self) -> bytes:
        """The response's entity: chunk framing undone, content encoding kept. What WARC-Payload-Digest covers."""
        return b"".join(entity(self.response, self.head))

    def body(self, *, limit: int = MAX_BODY) -> bytes:
        """The response's entity with its content encoding undone.

        Raises CodingError for a coding not known here, TooLargeError past `limit` bytes.
        """
        head = self.head
        return decode(entity(self.response, head), head.codings(b"content-encoding"), limit=limit)
