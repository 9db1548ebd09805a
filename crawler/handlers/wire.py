"""Scrapy's HTTP/1.1 download handler with a tee on its sockets: it captures each exchange byte for byte.

The tee sits between Twisted's HTTP client and its transport, above TLS, where the bytes are plain text and not yet
parsed. Scrapy and Twisted have no public interface for that. All use of their private names is in this file, and
pyproject.toml pins both.
"""
# mypy: disable-error-code="no-untyped-call, no-any-return"
# Twisted's HTTP client has no type hints.

import logging
from abc import abstractmethod
from collections.abc import Iterable
from typing import Any
from urllib.parse import urldefrag, urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
    _ScrapyAgent,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, StopDownload
from scrapy.http import Response
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import wrapClientTLS
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IAddress, IHandshakeListener, ISSLTransport, IStreamClientEndpoint
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure
from twisted.web._newclient import HEADER, STATUS, HTTP11ClientProtocol, HTTPClientParser
from twisted.web._newclient import Request as TxRequest
from twisted.web.client import URI, Agent, HTTPConnectionPool, _StandardEndpointFactory
from twisted.web.error import SchemeNotSupported
from twisted.web.http_headers import InvalidHeaderName
from twisted.web.iweb import IResponse
from zope.interface import implementer  # type: ignore[import-untyped]

from archive.capture import Capture, Truncation
from crawler.handlers.addresses import AddressPolicy, CheckedEndpoint
from crawler.handlers.exchange import HEAD_MAXSIZE, ResponseTooLong, WireExchange

logger = logging.getLogger(__name__)


class WireDownloadHandler(HTTP11DownloadHandler):
    """Downloads over HTTP/1.1 and passes each exchange to `handle_capture` as it crossed the socket.

    Connects to public addresses only, and to loopback if the setting `ALLOW_LOOPBACK` is true; set it only to crawl
    a site on this machine.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._addresses = AddressPolicy(allow_loopback=crawler.settings.getbool("ALLOW_LOOPBACK"))
        self._pool._factory = _WireFactory
        # A retry by Twisted would replace the recorded exchange by a second one unseen.
        self._pool.retryAutomatically = False

    @abstractmethod
    def handle_capture(self, request: Request, capture: Capture) -> None:
        """Handle one exchange whose request was sent at least in part. If this raises, the download fails with it.

        Called once per exchange, with or without a response, before `download_request` returns or raises. Must close
        `capture.response`, which is empty if the server sent nothing but interim responses.
        """

    async def download_request(self, request: Request) -> Response:
        """Return the response to `request`. Raises AddressRefused, Scrapy's download errors, errors of the hook."""
        exchange = WireExchange(request.meta.get("download_maxsize", self._default_maxsize))
        try:
            response = await self._download(request, exchange)
        except GeneratorExit:  # the process is shutting down: the download did not end
            raise
        except BaseException as error:
            self._pass_on(request, exchange, error)
            raise
        self._pass_on(request, exchange, response)
        return response

    def _pass_on(self, request: Request, exchange: WireExchange, outcome: Response | BaseException) -> None:
        if exchange.is_on_socket:
            self.handle_capture(request, exchange.capture(urldefrag(request.url)[0], _stop_reason(outcome)))

    async def _download(self, request: Request, exchange: WireExchange) -> Response:
        try:
            with wrap_twisted_exceptions():
                deferred = self._agent(exchange).download_request(request)
                exchange.abandon = deferred.cancel
                return await maybe_deferred_to_future(deferred)
        except Exception as error:
            # Our reason for abandoning the download says more than the resulting cancellation.
            if isinstance(exchange.failure, ResponseTooLong):
                raise DownloadCancelledError(f"{request.url}: {exchange.failure}") from error
            if exchange.failure is not None:
                raise exchange.failure from error
            raise

    def _agent(self, exchange: WireExchange) -> "_WireAgent":
        return _WireAgent(
            exchange,
            self._addresses,
            contextFactory=self._contextFactory,
            bindAddress=self._bind_address,
            pool=self._pool,
            maxsize=self._default_maxsize,
            warnsize=self._default_warnsize,
            fail_on_dataloss=self._fail_on_dataloss,
            crawler=self._crawler,
            tls_verbose_logging=self._tls_verbose_logging,
        )


def _stop_reason(outcome: Response | BaseException) -> Truncation | None:
    """Return the reason why we stopped reading a response, None if we did not."""
    if isinstance(outcome, DownloadTimeoutError):
        return Truncation.TIME
    if isinstance(outcome, DownloadCancelledError):  # Scrapy cancels only over the size
        return Truncation.LENGTH
    if isinstance(outcome, StopDownload) or (isinstance(outcome, Response) and "download_stopped" in outcome.flags):
        return Truncation.UNSPECIFIED  # a handler of Scrapy's signals stopped it
    return None


class _WireAgent(_ScrapyAgent):
    """Scrapy's agent for one exchange, with connections to permitted addresses only."""

    def __init__(
        self, exchange: WireExchange, addresses: AddressPolicy, *, pool: HTTPConnectionPool, **kwargs: Any
    ) -> None:
        super().__init__(pool=_ExchangePool(pool, exchange), **kwargs)  # type: ignore[arg-type]
        self._exchange = exchange
        self._addresses = addresses

    def _get_agent(self, request: Request, timeout: float) -> Agent:
        agent = super()._get_agent(request, timeout)
        if request.meta.get("proxy"):  # the operator chose it, so any address is fine; it resolves the names
            self._exchange.is_proxied = True
            self._addresses.check_literal(urlsplit(request.url).hostname or "")
        else:
            agent._endpointFactory = _CheckedEndpointFactory(agent._endpointFactory, self._addresses)
        return agent


class _CheckedEndpointFactory(_StandardEndpointFactory):
    """Twisted's endpoints for http and https, with connections to permitted addresses only."""

    def __init__(self, standard: _StandardEndpointFactory, addresses: AddressPolicy) -> None:
        super().__init__(standard._reactor, standard._policyForHTTPS, standard._connectTimeout, standard._bindAddress)
        self._addresses = addresses

    def endpointForURI(self, uri: URI) -> Any:
        endpoint: Any = CheckedEndpoint(
            self._reactor,
            uri.host.decode("ascii"),
            uri.port,
            self._addresses,
            timeout=self._connectTimeout,
            bind_address=self._bindAddress,
        )
        if uri.scheme == b"http":
            return endpoint
        if uri.scheme == b"https":
            return wrapClientTLS(self._policyForHTTPS.creatorForNetloc(uri.host, uri.port), endpoint)
        raise SchemeNotSupported(f"Unsupported scheme: {uri.scheme!r}")


class _ExchangePool:
    """The connection pool for one request: it ties the connection it returns to the exchange of that request."""

    def __init__(self, pool: HTTPConnectionPool, exchange: WireExchange) -> None:
        self._pool = pool
        self._exchange = exchange
        self.persistent = pool.persistent

    def getConnection(self, key: Any, endpoint: IStreamClientEndpoint) -> Deferred[HTTP11ClientProtocol]:
        return self._pool.getConnection(key, endpoint).addCallback(self._tie)

    def _tie(self, connection: HTTP11ClientProtocol) -> HTTP11ClientProtocol:
        assert isinstance(connection, _WireProtocol), f"the pool returned {connection!r}, which has no tee"
        connection.exchange = self._exchange
        return connection


@implementer(IHandshakeListener)
class _WireProtocol(_LenientHTTP11ClientProtocol):
    """One connection. Records what it sends and receives in the current exchange."""

    def __init__(self, quiescentCallback: Any) -> None:
        super().__init__(quiescentCallback)
        self.exchange = WireExchange()  # placeholder until the first request
        self._is_handshake_done = False

    def handshakeCompleted(self) -> None:
        self._is_handshake_done = self.exchange.is_connected = True

    def request(self, request: TxRequest) -> Deferred[IResponse]:
        transport: Any = self.transport
        is_tls = ISSLTransport.providedBy(transport)
        self.exchange.begin(transport.getPeer().host, is_connected=not is_tls or self._is_handshake_done)
        deferred = super().request(_TeedRequest.of(request, self.exchange))
        if self._parser is not None:  # replace its class, as Scrapy does for its own lenient parser
            self._parser.__class__ = _WireParser
        return deferred

    def dataReceived(self, data: bytes) -> None:
        try:
            self.exchange.record_received(
                data, is_head=self._parser is not None and self._parser.state in (STATUS, HEADER)
            )
        except (OSError, ResponseTooLong) as error:
            self.exchange.fail(error)
        else:
            super().dataReceived(data)

    def _finishResponse(self, rest: bytes) -> None:
        self.exchange.record_end(surplus=len(rest))
        if self._parser and self._currentRequest and (rest or not _is_reusable(self._parser)):
            # Twisted would drop surplus bytes and reuse the connection; later ones would look like the next response.
            self._currentRequest.persistent = False
        super()._finishResponse(rest)

    def _giveUp(self, reason: Failure) -> None:
        self.exchange.stop()
        super()._giveUp(reason)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.exchange.record_disconnect(is_clean=bool(reason.check(ConnectionDone)))
        super().connectionLost(reason)


class _WireParser(_LenientHTTPClientParser):
    """Response parser that accepts long header lines and skips lines with an invalid name, as browsers do.

    White space before the colon is removed (RFC 9112, section 5.1). The capture keeps every byte.
    """

    MAX_LENGTH = 2 * HEAD_MAXSIZE  # never reached: the exchange rejects such a head first

    def headerReceived(self, name: bytes, value: bytes) -> None:
        try:
            super().headerReceived(name.rstrip(b" \t"), value)
        except InvalidHeaderName:
            logger.debug("Skipping a response header line whose name %r is no token", name)


def _is_reusable(parser: HTTPClientParser) -> bool:
    """True if the server keeps the connection open after this response (RFC 9112, section 9.3)."""
    fields = parser.connHeaders.getRawHeaders(b"Connection", [])
    options = {option.strip().lower() for field in fields for option in field.split(b",")}
    return b"close" not in options and (parser.response.version >= (b"HTTP", 1, 1) or b"keep-alive" in options)


class _TeedRequest(TxRequest):
    """A request that records what it writes in its exchange."""

    _exchange: WireExchange

    @classmethod
    def of(cls, request: TxRequest, exchange: WireExchange) -> "_TeedRequest":
        teed = cls._construct(
            request.method, request.uri, request.headers, request.bodyProducer, request.persistent, request._parsedURI
        )
        teed._exchange = exchange
        return teed

    def writeTo(self, transport: Any) -> Deferred[None]:
        return super().writeTo(_WriteTee(transport, self._exchange))


class _WriteTee:
    """The part of a transport that a request and its body producer use, recording what is written."""

    def __init__(self, transport: Any, exchange: WireExchange) -> None:
        self._transport = transport
        self._exchange = exchange
        self.registerProducer = transport.registerProducer
        self.unregisterProducer = transport.unregisterProducer

    def write(self, data: bytes) -> None:
        self._exchange.record_sent(data)
        self._transport.write(data)

    def writeSequence(self, pieces: Iterable[bytes]) -> None:
        self.write(b"".join(pieces))


class _WireFactory(_LenientHTTP11ClientFactory):
    """Builds the connections of the pool."""

    def buildProtocol(self, addr: IAddress | None) -> _WireProtocol:
        return _WireProtocol(self._quiescentCallback)
