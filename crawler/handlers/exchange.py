"""Records the bytes of one HTTP exchange while it crosses the socket.

Independent of any protocol library; `connection` feeds it.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from archive.block import Block
from archive.capture import Capture, Truncation

#: Maximum bytes of a response before its body, interim responses included.
HEAD_MAXSIZE = 1 << 18

#: Maximum bytes on the wire per byte of the largest body: allows small chunks but not endless framing.
FRAMING_ALLOWANCE = 2

_BLANK_LINE = re.compile(rb"\n\r?\n")
_INTERIM = re.compile(rb"[^ /]+/\d+\.\d+ 1\d\d(?: |\r?$)")


class InterimFilter:
    """Removes interim (1xx) responses from the byte stream of one response (RFC 9110, section 15.2).

    Lines end at LF with or without CR, as in the client's parser, so that both see the same messages. A stream
    without a readable status line counts as the final response: garbage is kept, not dropped.
    """

    def __init__(self) -> None:
        self._held = b""
        self._is_final = False

    def feed(self, data: bytes) -> bytes:
        """Add `data` to the stream and return the bytes of the final response known so far and not yet returned."""
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

    def finish(self) -> bytes:
        """Return the bytes left at the end of the stream: a truncated status line."""
        return b"" if self._is_final or b"\n" in self._held else self._release()

    def _release(self) -> bytes:
        held, self._held, self._is_final = self._held, b"", True
        return held


class ResponseTooLong(Exception):
    """A response exceeds the number of bytes allowed on the wire."""


class WireExchange:
    """The bytes of one request and its response, recorded as the connection reports them.

    `maxsize` is the maximum size of the response body in bytes, 0 for no limit. Set `is_proxied` if the connection
    leads to a proxy, and `is_connected` once written bytes can reach the server: on TLS, after the handshake.
    `is_complete` is true once the end of the response was seen. `failure` is an error on our side; `abandon` is called
    then and must end the download.
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
        self._interim_filter = InterimFilter()
        self._latest = b""

    @property
    def is_on_socket(self) -> bool:
        """True if any byte of the request was sent."""
        return self.is_connected and bool(self._request)

    @property
    def has_received(self) -> bool:
        """True if any byte of the response was received."""
        return self._size > 0

    def begin(self, peer: str, *, is_connected: bool) -> None:
        """Start recording: the request is about to be written to a connection with the address `peer`."""
        self._began = datetime.now(UTC)
        self._peer = peer
        self.is_connected = is_connected

    def record_sent(self, data: bytes) -> None:
        """Record `data`, written to the connection."""
        self._request += data

    def record_received(self, data: bytes, *, is_head: bool = False) -> None:
        """Record `data`, read from the connection; `is_head` is true until the response body begins.

        The latest piece is held back until the next call, since the message may end inside it. Raises ResponseTooLong
        if the head is endless or the framing out of proportion to the body, which no limit on the body would catch;
        OSError if the bytes cannot be stored.
        """
        if self._is_closed:
            return
        limit = HEAD_MAXSIZE if is_head else self._maxsize
        if limit and self._size > limit:
            raise ResponseTooLong(f"{'a head' if is_head else 'a response'} of more than {limit} bytes on the wire")
        self._store_latest()
        self._latest = data
        self._size += len(data)

    def record_end(self, surplus: int = 0) -> None:
        """Mark the response as complete. The last `surplus` received bytes are beyond its end and are dropped."""
        if self._is_closed:
            return
        if surplus:
            self._latest = self._latest[:-surplus]
        self._is_closed = self.is_complete = True

    def record_disconnect(self, *, is_clean: bool) -> None:
        """Record that the connection closed. Only a clean close by the server can end a message (RFC 9112, 9.8)."""
        self._is_disconnected = not self._is_closed
        self._is_closed = self._is_closed or not is_clean

    def stop(self) -> None:
        """Stop recording because we close the connection: its end is then not the end of the response."""
        self._is_closed = True

    def fail(self, error: Exception) -> None:
        """Stop recording and end the download because of `error`."""
        self.stop()
        self.failure = error
        self.abandon()

    def capture(self, url: str, reason: Truncation | None = None) -> Capture:
        """Stop recording and return the exchange. `reason` says why we stopped reading, None if we did not."""
        self._is_closed = True
        self._store_latest()
        if rest := self._interim_filter.finish():
            self._response.append(rest)
        assert self._began is not None, "an exchange that never began cannot be captured"
        return Capture(
            url=url,
            started_at=self._began,
            request=bytes(self._request),
            response=self._response,
            ip_address=None if self.is_proxied else self._peer,
            truncated=self._find_truncation(reason),
        )

    def _find_truncation(self, reason: Truncation | None) -> Truncation | None:
        # A close ends the message only if we had not stopped reading before.
        if self.is_complete and not (reason and self._is_disconnected):
            return None
        if reason is None and self._is_disconnected:
            return Truncation.DISCONNECT
        return reason or Truncation.UNSPECIFIED

    def _store_latest(self) -> None:
        latest, self._latest = self._latest, b""
        if final := self._interim_filter.feed(latest):
            self._response.append(final)
