"""One HTTP exchange while it crosses the socket: its bytes as they come, and what becomes of them.

Nothing here knows a protocol library; `wire` feeds it.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from archive.block import Block
from archive.capture import Capture, Truncation

#: Most bytes of an answer before its body begins, interim responses included.
HEAD_MAXSIZE = 1 << 18

#: Bytes on the wire an answer may have for each byte its body may have: room for small chunks, not for endless framing.
FRAMING_ALLOWANCE = 2

_BLANK_LINE = re.compile(rb"\n\r?\n")
_INTERIM = re.compile(rb"[^ /]+/\d+\.\d+ 1\d\d(?: |\r?$)")


class FinalResponse:
    """The byte stream of one answer with its interim (1xx) responses taken off (RFC 9110, section 15.2).

    Lines end where the client's parser ends them, at LF with or without CR, so that both see the same messages. What
    has no readable status line is taken for the final response: garbage is kept, not dropped.
    """

    def __init__(self) -> None:
        self._held = b""
        self._is_final = False

    def feed(self, data: bytes) -> bytes:
        """What of the final response can be told after `data` more bytes of the stream."""
        if self._is_final:
            return data
        self._held += data
        while (line_end := self._held.find(b"\n")) >= 0:
            if not _INTERIM.match(self._held[:line_end]):
                return self._release()
            blank = _BLANK_LINE.search(self._held)
            if blank is None:
                return b""
            self._held = self._held[blank.end() :]
        return b""

    def rest(self) -> bytes:
        """What the stream's end leaves of the final response: a status line that was cut."""
        return b"" if self._is_final or b"\n" in self._held else self._release()

    def _release(self) -> bytes:
        held, self._held, self._is_final = self._held, b"", True
        return held


class OverlongAnswer(Exception):
    """An answer takes more bytes on the wire than it may."""


class Exchange:
    """The bytes of one request and of its answer, in the order in which the connection reports them.

    `maxsize` is the most bytes the answer's body may have, 0 for any number. `is_proxied` is to be set when the
    connection leads to a proxy, `is_connected` once what is written can reach the other side, which it cannot before
    the handshake of a TLS connection is done. `is_complete` tells whether the answer's end was seen, `failure` what
    went wrong on our side; `abandon` is called then, and is to end the download.
    """

    def __init__(self, maxsize: int = 0, abandon: Callable[[], object] = lambda: None) -> None:
        self.abandon = abandon
        self.is_proxied = False
        self.is_connected = False
        self.is_complete = False
        self.failure: Exception | None = None
        self._maxsize = HEAD_MAXSIZE + FRAMING_ALLOWANCE * maxsize if maxsize else 0
        self._size = 0
        self._is_closed = False
        self._is_disconnected = False
        self._began: datetime | None = None
        self._peer: str | None = None
        self._request = bytearray()
        self._response = Block()
        self._final = FinalResponse()
        self._latest = b""

    @property
    def is_on_socket(self) -> bool:
        """Whether any of the request went out."""
        return self.is_connected and bool(self._request)

    def begin(self, peer: str, *, is_connected: bool) -> None:
        """The request is about to be written on a connection to the address `peer`."""
        self._began = datetime.now(UTC)
        self._peer = peer
        self.is_connected = is_connected

    def sent(self, data: bytes) -> None:
        """`data` was written to the connection."""
        self._request += data

    def received(self, data: bytes, *, is_head: bool = False) -> None:
        """`data` came from the connection; `is_head` while the answer's body has not begun.

        The latest piece is kept back, for only its reader can tell whether the message ends inside it. Raises
        OverlongAnswer at a head without end, or framing out of all proportion to the body, which no limit on the
        body would bound; OSError when the bytes cannot be kept.
        """
        if self._is_closed:
            return
        limit = HEAD_MAXSIZE if is_head else self._maxsize
        if limit and self._size > limit:
            raise OverlongAnswer(f"{'a head' if is_head else 'an answer'} of more than {limit} bytes on the wire")
        self._keep_latest()
        self._latest = data
        self._size += len(data)

    def ended(self, surplus: int = 0) -> None:
        """The answer is whole; the last `surplus` bytes of what came are beyond its end and not part of it."""
        if self._is_closed:
            return
        if surplus:
            self._latest = self._latest[:-surplus]
        self._is_closed = self.is_complete = True

    def disconnected(self, *, is_clean: bool) -> None:
        """The connection is gone; only a clean close by the server can be the end of a message (RFC 9112, 9.8)."""
        self._is_disconnected = not self._is_closed
        self._is_closed = self._is_closed or not is_clean

    def stopped(self) -> None:
        """We close the connection: what still comes is not kept, and its end is not the answer's end."""
        self._is_closed = True

    def fail(self, error: Exception) -> None:
        """We cannot go on, because of `error`."""
        self.stopped()
        self.failure = error
        self.abandon()

    def capture(self, url: str, reason: Truncation | None = None) -> Capture:
        """The exchange as it stands. `reason` is why we stopped reading, when it was us and there was one."""
        self._is_closed = True
        self._keep_latest()
        if rest := self._final.rest():
            self._response.append(rest)
        assert self._began is not None, "an exchange that never began has nothing to capture"
        return Capture(
            url=url,
            started_at=self._began,
            request=bytes(self._request),
            response=self._response,
            ip_address=None if self.is_proxied else self._peer,
            truncated=self._truncated(reason),
        )

    def _truncated(self, reason: Truncation | None) -> Truncation | None:
        # A close that ends the message is the server's word only if we had not stopped reading before it.
        if self.is_complete and not (reason and self._is_disconnected):
            return None
        if reason is None and self._is_disconnected:
            return Truncation.DISCONNECT
        return reason or Truncation.UNSPECIFIED

    def _keep_latest(self) -> None:
        latest, self._latest = self._latest, b""
        if final := self._final.feed(latest):
            self._response.append(final)
