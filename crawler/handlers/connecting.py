"""Opening of connections: name resolution, address check, proxy tunnel and TLS."""

import asyncio
import re
import ssl
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    UnsupportedURLSchemeError,
)
from scrapy.settings import BaseSettings
from scrapy.utils.url import add_http_if_no_scheme

from crawler.handlers.addresses import AddressPolicy, open_connection, resolve
from crawler.handlers.connection import Connection, ConnectionPool
from crawler.handlers.exchange import HEAD_MAXSIZE
from crawler.handlers.tls import TlsProtocol, make_tls_context

_PORTS = {"http": 80, "https": 443}
_TUNNEL_STATUS = re.compile(rb"HTTP/1\.. (\d{3})([^\r\n]{0,1000})")


@dataclass(frozen=True, slots=True)
class Route:
    """The way to a server. Requests with equal routes can share a connection."""

    scheme: str
    host: str
    port: int
    proxy: tuple[str, str, int] | None = None  # scheme, host and port
    bind_address: tuple[str, int] | None = None

    @property
    def is_tunnel(self) -> bool:
        """True if a proxy passes on the TLS connection to the server."""
        return self.proxy is not None and self.scheme == "https"

    @property
    def host_header(self) -> bytes:
        """The value of the Host header: the port only if it is not the scheme's."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}").encode("ascii")


class Connector:
    """Finds the route of a request, and takes connections from the pool or opens them."""

    def __init__(self, settings: BaseSettings) -> None:
        self.pool = ConnectionPool()
        self._settings = settings
        self._policy = AddressPolicy(allows_loopback=settings.getbool("ALLOW_LOOPBACK"))
        self._bind_address = settings["DOWNLOAD_BIND_ADDRESS"]

    @cached_property
    def _tls_context(self) -> ssl.SSLContext:
        return make_tls_context(self._settings)

    def find_route(self, request: Request) -> Route:
        """Return the route of `request`.

        Raises UnsupportedURLSchemeError, ValueError for a URL with credentials, NotImplementedError for an HTTPS proxy
        to an HTTPS site, or AddressRefused for a forbidden address behind a proxy.
        """
        parts = urlsplit(request.url)
        host = parts.hostname
        if parts.scheme not in _PORTS or not host:
            raise UnsupportedURLSchemeError(f"Unsupported URL: {request.url}")
        if "@" in parts.netloc:  # credentials would be archived with the URL
            raise ValueError(f"a URL with credentials: {host}; remove them from the URL")
        bind_address = request.meta.get("bindaddress") or self._bind_address
        if isinstance(bind_address, str):
            bind_address = (bind_address, 0)
        proxy = _proxy_of(request.meta.get("proxy"))
        if proxy is not None:  # the operator chose it, so any address is fine; it resolves the server's name
            if proxy[0] == parts.scheme == "https":
                raise NotImplementedError("HTTPS proxies for HTTPS destinations are not supported")
            self._policy.check_literal(host)
        return Route(parts.scheme, host, parts.port or _PORTS[parts.scheme], proxy, bind_address)

    async def connect(self, route: Route, authorization: bytes | None = None) -> Connection:
        """Return an idle or a new connection. `authorization` is for the proxy that opens a tunnel.

        Raises AddressRefused and Scrapy's download errors.
        """
        if (idle := self.pool.take(route)) is not None:
            return idle
        try:
            return await self._open(route, authorization)
        except ConnectionRefusedError as error:
            raise DownloadConnectionRefusedError(str(error)) from error
        except TimeoutError:  # an OSError too, but the timeout of the whole download
            raise
        except OSError as error:  # ssl.SSLError too
            raise DownloadFailedError(str(error)) from error

    async def _open(self, route: Route, authorization: bytes | None) -> Connection:
        scheme, host, port = route.proxy or (route.scheme, route.host, route.port)
        addresses = await resolve(host, port)
        if not addresses:
            raise CannotResolveHostError(f"no address found for {host}")
        if route.proxy is None:
            addresses = self._policy.select_permitted(host, addresses)
        connection = Connection(self.pool, route)
        tls = tunnel = None
        if route.is_tunnel or scheme == "https":
            name = route.host if route.is_tunnel else host
            tls = TlsProtocol(self._tls_context, name.rstrip("."), connection)
        if route.is_tunnel:
            tunnel = _Tunnel(route, authorization)
        first: asyncio.BaseProtocol = tunnel or tls or connection
        transport = await open_connection(first, addresses, port, bind_address=route.bind_address)
        try:
            if tunnel is not None and tls is not None:
                await tunnel.is_ready
                transport.set_protocol(tls)
                tls.connection_made(transport)
            if tls is not None:
                await tls.handshake
        except BaseException:
            transport.abort()
            raise
        return connection


def _proxy_of(url: str | None) -> tuple[str, str, int] | None:
    if not url:
        return None
    parts = urlsplit(add_http_if_no_scheme(url))
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 80)


class _Tunnel(asyncio.Protocol):
    """Asks a proxy for a tunnel (CONNECT). `is_ready` is done once it is open, or fails with DownloadFailedError."""

    def __init__(self, route: Route, authorization: bytes | None) -> None:
        self.is_ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._route = route
        self._authorization = authorization
        self._response = b""

    def connection_made(self, transport: Any) -> None:
        target = f"{self._route.host}:{self._route.port}".encode("ascii")
        lines = [b"CONNECT " + target + b" HTTP/1.1", b"Host: " + target]
        if self._authorization:
            lines.append(b"Proxy-Authorization: " + self._authorization)
        transport.write(b"\r\n".join([*lines, b"", b""]))

    def data_received(self, data: bytes) -> None:
        self._response += data
        is_whole = b"\r\n\r\n" in self._response
        if self.is_ready.done() or not (is_whole or len(self._response) > HEAD_MAXSIZE):
            return
        match = _TUNNEL_STATUS.match(self._response)
        if is_whole and match and match[1] == b"200":
            self.is_ready.set_result(None)
        else:
            self._refuse(repr(self._response[:1000]))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.is_ready.done():
            self._refuse("it closed the connection")

    def _refuse(self, reason: str) -> None:
        proxy = self._route.proxy
        assert proxy is not None
        self.is_ready.set_exception(
            DownloadFailedError(f"Could not open CONNECT tunnel with proxy {proxy[1]}:{proxy[2]} [{reason}]")
        )
