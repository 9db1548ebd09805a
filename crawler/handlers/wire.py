"""An HTTP/1.1 download handler on asyncio that captures each exchange byte for byte.

It owns its sockets, TLS and framing, so that bytes are recorded between TLS and the parser. Only public interfaces of
Scrapy and Twisted are used.
"""

import asyncio
from abc import abstractmethod
from contextlib import suppress
from time import monotonic
from urllib.parse import urldefrag, urlsplit

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, StopDownload
from scrapy.http import Response

from archive.capture import Capture, Truncation
from crawler.handlers.connecting import Connector, Route
from crawler.handlers.connection import StaleConnection
from crawler.handlers.exchange import ResponseTooLong, WireExchange
from crawler.handlers.http1 import format_request
from crawler.handlers.response import BodyLimits, ResponseBuilder

#: Methods of requests that may be sent twice.
_IDEMPOTENT = ("GET", "HEAD")
#: Timeout in seconds of a request that does not set ``download_timeout``.
_TIMEOUT = 10.0


class WireDownloadHandler(BaseDownloadHandler):
    """Downloads over HTTP/1.1 and passes each exchange to `handle_capture` as it crossed the socket.

    Connects to public addresses only, and to loopback if the setting `ALLOW_LOOPBACK` is true; set it only to crawl
    a site on this machine.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._limits = BodyLimits.from_settings(crawler.settings)
        self._connector = Connector(crawler.settings)

    @abstractmethod
    def handle_capture(self, request: Request, capture: Capture) -> None:
        """Handle one exchange whose request was sent at least in part. If this raises, the download fails with it.

        Called once per exchange, with or without a response, before `download_request` returns or raises. Must close
        `capture.response`, which is empty if the server sent nothing but interim responses.
        """

    async def download_request(self, request: Request) -> Response:
        """Return the response to `request`.

        If the server closed a kept connection, the request is sent once more, on a new one. Each of the two is an
        exchange. Raises AddressRefused, Scrapy's download errors, and the errors of `handle_capture`.
        """
        limits = self._limits.of(request)
        url = urldefrag(request.url)[0]
        if request.method in _IDEMPOTENT:
            with suppress(StaleConnection):
                return await self._exchange(request, url, limits)
        return await self._exchange(request, url, limits)

    async def close(self) -> None:
        self._connector.pool.close()

    async def _exchange(self, request: Request, url: str, limits: BodyLimits) -> Response:
        exchange = WireExchange(limits.maxsize)
        try:
            response = await self._download(request, url, exchange, limits)
        except GeneratorExit:  # the process is shutting down: the download did not end
            raise
        except BaseException as error:
            self._deliver_capture(request, url, exchange, error)
            raise
        self._deliver_capture(request, url, exchange, response)
        return response

    def _deliver_capture(
        self, request: Request, url: str, exchange: WireExchange, outcome: Response | BaseException
    ) -> None:
        if exchange.is_on_socket:
            self.handle_capture(request, exchange.capture(url, _stop_reason(outcome)))

    async def _download(self, request: Request, url: str, exchange: WireExchange, limits: BodyLimits) -> Response:
        timeout = request.meta.get("download_timeout") or _TIMEOUT
        try:
            async with asyncio.timeout(timeout):
                return await self._fetch(request, url, exchange, limits)
        except TimeoutError as error:
            raise DownloadTimeoutError(f"Getting {url} took longer than {timeout} seconds.") from error
        except ResponseTooLong as error:
            raise DownloadCancelledError(f"{request.url}: {error}") from error

    async def _fetch(self, request: Request, url: str, exchange: WireExchange, limits: BodyLimits) -> Response:
        reader = ResponseBuilder(self.crawler, request, url, limits, monotonic())
        route = self._connector.find_route(request)
        exchange.is_proxied = route.proxy is not None
        connection = await self._connector.connect(route, request.headers.get(b"Proxy-Authorization"))
        try:
            connection.send(_serialize(request, url, route), exchange, reader, is_head=request.method == "HEAD")
            return await reader.response
        except GeneratorExit:
            raise
        except BaseException:
            if not reader.is_done or reader.response.cancelled():
                connection.abort()
            raise


def _serialize(request: Request, url: str, route: Route) -> bytes:
    """Return the bytes of `request`. A proxy for plain HTTP gets the whole URL as target."""
    fields = [
        (name, values)
        for name, values in request.headers.items()
        if not (route.is_tunnel and name == b"Proxy-Authorization")
    ]
    if route.proxy is not None and not route.is_tunnel:
        target = url
    else:
        parts = urlsplit(url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return format_request(
        request.method.encode("ascii"), target.encode("ascii"), fields, route.host_header, request.body
    )


def _stop_reason(outcome: Response | BaseException) -> Truncation | None:
    """Return the reason why we stopped reading a response, None if we did not."""
    if isinstance(outcome, DownloadTimeoutError):
        return Truncation.TIME
    if isinstance(outcome, DownloadCancelledError):  # raised only over the size
        return Truncation.LENGTH
    if isinstance(outcome, StopDownload) or (isinstance(outcome, Response) and "download_stopped" in outcome.flags):
        return Truncation.UNSPECIFIED  # a handler of Scrapy's signals stopped it
    return None
