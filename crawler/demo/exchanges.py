"""The exchanges that the sample server logged, and the gaps and parallel requests computed from them."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its response, as they crossed the server's socket.

    `path` is the request target as sent. `started` and `ended` are the times of the request's first byte and of the
    response's last, in seconds of the monotonic clock. `connection` is the number of the connection. `request` and
    `sent` are the bytes received and sent.
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
    """Return the seconds from the end of each response to the start of the next request, negative if they overlap."""
    ordered = sorted(exchanges, key=lambda exchange: exchange.started)
    result, ended = [], None
    for exchange in ordered:
        if ended is not None:
            result.append(exchange.started - ended)
        ended = exchange.ended if ended is None else max(ended, exchange.ended)
    return result


def peak_parallel(exchanges: Iterable[Exchange]) -> int:
    """Return the largest number of exchanges that were in progress at once."""
    # At the same instant, an end counts before a start.
    moments = sorted(
        (when, step) for exchange in exchanges for when, step in ((exchange.started, 1), (exchange.ended, -1))
    )
    peak = open_now = 0
    for _, step in moments:
        open_now += step
        peak = max(peak, open_now)
    return peak
