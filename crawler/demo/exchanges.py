"""What the sample server saw: every exchange, and the politeness that can be counted from them."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its answer, as they crossed the server's socket.

    `path` is the request target as sent; `started` and `ended` are seconds of the monotonic clock, at the request's
    first byte and after the answer's last; `connection` numbers the connection; `request` and `sent` are the bytes.
    """

    host: str
    method: str
    path: str
    started: float
    ended: float
    status: int
    connection: int
    request: bytes
    sent: bytes

    @property
    def bytes_sent(self) -> int:
        return len(self.sent)


def gaps(exchanges: Iterable[Exchange]) -> list[float]:
    """Seconds from the end of an answer to the start of the next request; negative where they overlap."""
    ordered = sorted(exchanges, key=lambda exchange: exchange.started)
    found, ended = [], None
    for exchange in ordered:
        if ended is not None:
            found.append(exchange.started - ended)
        ended = exchange.ended if ended is None else max(ended, exchange.ended)
    return found


def peak_parallel(exchanges: Iterable[Exchange]) -> int:
    """The largest number of exchanges that were open at one time."""
    # At the same instant an end counts before a start.
    moments = sorted((when, step) for one in exchanges for when, step in ((one.started, 1), (one.ended, -1)))
    peak = open_now = 0
    for _, step in moments:
        open_now += step
        peak = max(peak, open_now)
    return peak
