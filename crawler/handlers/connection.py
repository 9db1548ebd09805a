"""One HTTP/1.1 connection that records its exchanges, and the idle connections kept for reuse."""

import asyncio
import ssl
from collections.abc import Hashable
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Protocol

from scrapy.exceptions import DownloadFailedError
from twisted.internet.ssl import Certificate

from crawler.handlers.exchange import ResponseTooLong, WireExchange
from crawler.handlers.http1 import BadResponse, ResponseHead, ResponseParser
from crawler.handlers.tls import PlainReceiver

#: Seconds for which an idle connection is kept.
IDLE_TIMEOUT = 240.0


class StaleConnection(DownloadFailedError):
    """A kept connection closed before any byte of the response: the server ended it while it was idle.

    The request says nothing about the server, and can be sent again on a new connection (RFC 9110, section 9.2.2).
    """


class ResponseReader(Protocol):
    """Receives the response to one request."""

    @property
    def is_done(self) -> bool:
        """True once the response or an error is known. The connection is then aborted."""
        ...

    def receive_head(self, head: ResponseHead, connection: "Connection") -> None:
        """Take the head of the final response."""

    def receive_body(self, data: bytes) -> None:
        """Take the next piece of the body, without framing."""

    def finish(self, *, is_partial: bool = False) -> None:
        """End the response. `is_partial` if its length was not stated and the connection closed."""

    def finish_truncated(self, error: Exception) -> None:
        """End a response whose body was cut off because of `error`."""

    def fail(self, error: Exception) -> None:
        """End the download without a response."""


class Connection(PlainReceiver):
    """One connection: sends requests one after another, records their exchanges and parses the responses."""

    def __init__(self, pool: "ConnectionPool", key: Hashable) -> None:
        self._pool = pool
        self._key = key
        self._transport: asyncio.Transport | None = None
        self._exchange: WireExchange | None = None
        self._reader: ResponseReader | None = None
        self._parser = ResponseParser()
        self._is_reused = False

    # -- requests --------------------------------------------------------------------------------------------------

    @cached_property
    def peer(self) -> IPv4Address | IPv6Address:
        """The IP address this connection leads to: the server's or the proxy's."""
        assert self._transport is not None
        return ip_address(self._transport.get_extra_info("peername")[0].partition("%")[0])

    @cached_property
    def certificate(self) -> Certificate | None:
        """The server's certificate, None without TLS."""
        assert self._transport is not None
        tls = self._transport.get_extra_info("ssl_object")
        der = tls.getpeercert(binary_form=True) if tls is not None else None
        return Certificate.loadPEM(ssl.DER_cert_to_PEM_cert(der).encode("ascii")) if der else None

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def send(self, request: bytes, exchange: WireExchange, reader: ResponseReader, *, is_head: bool = False) -> None:
        """Send `request`; record both directions in `exchange` and pass the response to `reader`.

        Raises DownloadFailedError if the connection is no longer open, StaleConnection if it was used before.
        """
        if self._transport is None or self._transport.is_closing():
            raise self._lost_error("the server closed the connection before the request was sent")
        self._exchange, self._reader = exchange, reader
        self._parser = ResponseParser(is_bodiless=is_head)
        exchange.abandon = self._abandon
        exchange.begin(str(self.peer), is_connected=True)
        exchange.record_sent(request)
        self._transport.write(request)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def abort(self) -> None:
        """Close the connection at once. What still arrives is not recorded."""
        if self._exchange is not None:
            self._exchange.stop()
        self._exchange = self._reader = None
        if self._transport is not None:
            self._transport.abort()

    # -- events of the transport -----------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        exchange, reader, parser = self._exchange, self._reader, self._parser
        if exchange is None or reader is None:  # nothing was requested: a later response could be forged
            self.abort()
            return
        had_head = parser.head is not None
        try:
            exchange.record_received(data, is_head=not had_head)
            body = parser.feed(data)
        except (OSError, ResponseTooLong) as error:
            exchange.fail(error)
            return
        except BadResponse as error:
            self._fail(error)
            return
        if parser.is_complete:
            exchange.record_end(parser.surplus)
        if parser.head is not None and not had_head:
            reader.receive_head(parser.head, self)
        if body and not reader.is_done:
            reader.receive_body(body)
        if reader.is_done:
            self.abort()
        elif parser.is_complete:
            self._finish(reader)

    def eof_received(self) -> None:
        self.connection_closed(is_clean=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self.connection_closed(is_clean=exc is None)

    def connection_closed(self, *, is_clean: bool) -> None:
        """End the exchange in progress: it is complete if its body lasts until the connection closes."""
        self._pool.remove(self._key, self)
        exchange, reader, parser = self._exchange, self._reader, self._parser
        self._exchange = self._reader = None
        if exchange is None or reader is None:
            return
        exchange.record_disconnect(is_clean=is_clean)
        if parser.ends_with_connection:
            exchange.record_end()
            reader.finish(is_partial=True)
        elif parser.head is None:
            message = "the server closed the connection before the end of the response head"
            reader.fail(DownloadFailedError(message) if exchange.has_received else self._lost_error(message))
        else:
            reader.finish_truncated(ConnectionError("the server closed the connection before the end of the response"))

    # -- steps -----------------------------------------------------------------------------------------------------

    def _lost_error(self, message: str) -> DownloadFailedError:
        return StaleConnection(message) if self._is_reused else DownloadFailedError(message)

    def _finish(self, reader: ResponseReader) -> None:
        head, surplus = self._parser.head, self._parser.surplus
        self._exchange = self._reader = None
        self._is_reused = True
        if head is not None and head.is_persistent and not surplus:
            self._pool.put(self._key, self)
        else:
            self.close()
        reader.finish()

    def _abandon(self) -> None:
        """End the download after an error on our side, which is `failure` of the exchange."""
        reader, error = self._reader, self._exchange.failure if self._exchange else None
        self.abort()
        if reader is not None and error is not None:
            reader.fail(error)

    def _fail(self, error: BadResponse) -> None:
        reader, has_head = self._reader, self._parser.head is not None
        self.abort()
        if reader is not None and has_head:
            reader.finish_truncated(error)
        elif reader is not None:
            reader.fail(DownloadFailedError(str(error)))


class ConnectionPool:
    """Idle connections, at most one for each key."""

    def __init__(self) -> None:
        self._idle: dict[Hashable, tuple[Connection, asyncio.TimerHandle]] = {}

    def take(self, key: Hashable) -> Connection | None:
        """Return an open idle connection and remove it from the pool."""
        connection, timer = self._idle.pop(key, (None, None))
        if timer is not None:
            timer.cancel()
        return connection if connection is not None and connection.is_open else None

    def put(self, key: Hashable, connection: Connection) -> None:
        """Keep `connection` for reuse and close the one kept before for `key`."""
        other = self.take(key)
        if other is not None:
            other.close()
        timer = asyncio.get_running_loop().call_later(IDLE_TIMEOUT, connection.close)
        self._idle[key] = connection, timer

    def remove(self, key: Hashable, connection: Connection) -> None:
        """Forget `connection`, which was closed."""
        if key in self._idle and self._idle[key][0] is connection:
            self._idle.pop(key)[1].cancel()

    def close(self) -> None:
        """Close all idle connections."""
        for connection, timer in list(self._idle.values()):
            timer.cancel()
            connection.close()
        self._idle.clear()
