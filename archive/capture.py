"""One HTTP exchange as it crossed the socket, and where it is stored."""

from dataclasses import InitVar, dataclass, field
from datetime import datetime
from enum import StrEnum

from archive.block import Block
from archive.coding import MAX_BODY, decode
from archive.http import Head, entity, head_of


class Truncation(StrEnum):
    """Reason a message is incomplete: the values of WARC-Truncated (WARC 1.1, section 5.13)."""

    LENGTH = "length"
    TIME = "time"
    DISCONNECT = "disconnect"
    UNSPECIFIED = "unspecified"


@dataclass(frozen=True, slots=True)
class Location:
    """Position of a response record.

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

    `url` is the target URI, `started_at` the time in UTC at which the request began. `request` and `response` are the
    messages byte for byte: start line, header lines in their order and case, framing and content encoding.
    `response` excludes interim 1xx responses. `ip_address` is the server's, ``None`` behind a proxy. `truncated` is
    the reason the response is incomplete, ``None`` if it is complete. `location` is set once the capture is stored.
    `parsed_head` is the head of `response` if the caller has parsed it already; otherwise `head` parses it.
    """

    url: str
    started_at: datetime
    request: bytes
    response: Block
    ip_address: str | None = None
    truncated: Truncation | None = None
    location: Location | None = None
    parsed_head: InitVar[Head | None] = None
    _head: Head | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self, parsed_head: Head | None) -> None:
        if parsed_head is not None:
            object.__setattr__(self, "_head", parsed_head)

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
        """The response's status code; ``None`` if there is no valid status line."""
        return self.head.status

    def payload(self) -> bytes:
        """Return the response's entity without chunk framing, still content-encoded, as in WARC-Payload-Digest."""
        return b"".join(entity(self.response, self.head))

    def body(self, *, limit: int = MAX_BODY) -> bytes:
        """Return the response's entity with its content encoding decoded, see `decode`.

        Raises TooLargeError past `limit` bytes.
        """
        head = self.head
        codings, content_type = head.codings(b"content-encoding"), head.get(b"content-type")
        return decode(entity(self.response, head), codings, content_type, limit=limit)
