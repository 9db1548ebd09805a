"""Limits on the connections of the desk: their number, and the time a client may take to send a request.

uvicorn has neither limit: clients that connect and send half a request would use up its file descriptors.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import Collection

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

#: Seconds within which a request must arrive, with its body, from the connection or the previous response on.
REQUEST_TIME = 10.0

#: Seconds for which a client may stop reading a response.
STALL_TIME = 30.0

_MOST_CONNECTIONS, _LONGEST_BACKLOG = 400, 128


def max_connections() -> int:
    """Return the number of connections open at a time.

    Up to three backlogs of connections may be accepted before the oldest are closed. Threads need files, too.
    """
    return min(_MOST_CONNECTIONS, _file_limit() * 2 // 5)


def accept_backlog() -> int:
    """Return the number of connections accepted at once."""
    return min(_LONGEST_BACKLOG, max(_file_limit() // 8, 1))


def _file_limit() -> int:
    if sys.platform == "win32":
        return 512
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if limit == resource.RLIM_INFINITY else limit


class LimitedProtocol(H11Protocol):
    """An HTTP/1.1 connection that is closed if its client is too slow, or if there are too many connections.

    Beyond `max_connections`, the oldest connection without a whole request is closed, of the address that has most of
    them. So a client that sends its request at once is always served.
    """

    _deadline: asyncio.TimerHandle | None = None
    _stall: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.opened_at = self.loop.time()
        self._set_deadline()
        if len(self.connections) > max_connections():
            victim = _choose_victim([one for one in self.connections if isinstance(one, LimitedProtocol)]) or self
            victim.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._set_deadline()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._set_deadline()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stall is None:
            self._stall = self.loop.call_later(STALL_TIME, self.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    @property
    def is_waiting(self) -> bool:
        """True if the client has not sent a whole request."""
        return self.conn.their_state in (h11.IDLE, h11.SEND_BODY)

    @property
    def is_stalled(self) -> bool:
        """True if the client does not read its response."""
        return self._stall is not None

    def abort(self) -> None:
        """Close the connection at once, without sending what is buffered."""
        self.connections.discard(self)
        self._cancel_timers()
        self.transport.abort()

    def _set_deadline(self) -> None:
        """Start the time for a request, or stop it if the request is whole."""
        if self.transport.is_closing() or not self.is_waiting:
            self._cancel_deadline()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(REQUEST_TIME, self.abort)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _cancel_timers(self) -> None:
        self._cancel_deadline()
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None


def _choose_victim(connections: Collection[LimitedProtocol]) -> LimitedProtocol | None:
    """Return the connection to close: one without a whole request, else one that is not read, else None."""
    for candidates in (
        [one for one in connections if one.is_waiting],
        [one for one in connections if one.is_stalled],
    ):
        if len(candidates) > 1 or (candidates and candidates[0].is_stalled):
            numbers = Counter(_address(one) for one in candidates)
            busiest = max(numbers.values())
            return min((one for one in candidates if numbers[_address(one)] == busiest), key=lambda one: one.opened_at)
    return None


def _address(connection: LimitedProtocol) -> str:
    return connection.client[0] if connection.client else ""
