"""One HTTP exchange as it crossed the socket, and where it is kept."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from archive.block import Block


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
