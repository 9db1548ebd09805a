"""Connections to permitted addresses only: they are checked after name resolution, before a socket is opened.

The connection goes to the very address that was checked, so a name that resolves differently the next time (DNS
rebinding) gains nothing. Every request is checked, and so is every redirect.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from typing import Any

from scrapy.exceptions import IgnoreRequest
from twisted.internet.interfaces import IAddress, IHostResolution, IResolutionReceiver
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.politeness.addresses import Address, is_loopback, is_public, literal_address, refusal_rule

LOOPBACK = IPv4Address("127.0.0.1")

#: Seconds after which the next address of a host is tried beside the one that has not answered (RFC 8305, section 5).
ATTEMPT_DELAY = 0.3


class AddressRefused(IgnoreRequest):
    """The host has no address that this crawl may connect to, so the request was not sent. Never retried."""

    def __init__(self, host: str, address: Address, rule: str) -> None:
        self.host, self.address, self.rule = host, address, rule
        super().__init__(f"{host} is at {address}, a {rule} address: a crawl connects to public addresses only")


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """The addresses a crawl may connect to: public ones, plus loopback if the crawled site is on this machine."""

    allows_loopback: bool = False

    def permits(self, address: Address) -> bool:
        return is_public(address) or (self.allows_loopback and is_loopback(address))

    def select_permitted(self, host: str, addresses: Iterable[Address]) -> list[Address]:
        """Return the permitted `addresses` of `host`. Raises AddressRefused if all of them are forbidden."""
        found = list(addresses)
        kept = [address for address in found if self.permits(address)]
        if found and not kept:
            raise AddressRefused(host, found[0], refusal_rule(found[0]) or "refused")
        return kept

    def check_literal(self, host: str) -> None:
        """Raise AddressRefused if `host` is an address literal or a localhost name that is not permitted.

        Used for requests through a proxy, which resolves all other names itself.
        """
        if (known := known_address(host)) is not None:
            self.select_permitted(host, [known])


def known_address(host: str) -> Address | None:
    """Return the address of an address literal or of a name under ``localhost`` (RFC 6761, 6.3), else None."""
    name = host.rstrip(".").lower()
    return LOOPBACK if name == "localhost" or name.endswith(".localhost") else literal_address(host)


async def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of `host`, found by the reactor's resolver: Scrapy's, with its cache and settings."""
    from twisted.internet import reactor  # importing it installs a reactor, which must be the asyncio one

    if (known := known_address(host)) is not None:
        return [known]
    running: Any = reactor
    resolution = _Resolution()
    running.nameResolver.resolveHostName(resolution, host, port)
    return await resolution.addresses


@implementer(IResolutionReceiver)
class _Resolution:
    """Collects the addresses found by the reactor's name resolver into a future."""

    def __init__(self) -> None:
        self.addresses: asyncio.Future[list[Address]] = asyncio.get_running_loop().create_future()
        self._found: list[Address] = []

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        pass

    def addressResolved(self, address: IAddress) -> None:
        self._found.append(ip_address(address.host))

    def resolutionComplete(self) -> None:
        if not self.addresses.done():
            self.addresses.set_result(self._found)


class _AttemptProtocol(asyncio.Protocol):
    """The protocol of an attempt to connect. Aborts if the server sends data before the first request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._transport.abort()


async def open_connection(
    protocol: asyncio.BaseProtocol,
    addresses: Sequence[Address],
    port: int,
    *,
    bind_address: tuple[str, int] | None = None,
) -> asyncio.Transport:
    """Connect `protocol` to the first of `addresses` that answers. Raises OSError.

    The addresses are tried in order, each a little after the one before (RFC 8305).
    """
    loop = asyncio.get_running_loop()
    attempts: set[asyncio.Task[tuple[asyncio.Transport, _AttemptProtocol]]] = set()
    waiting = list(addresses)
    error: BaseException | None = None
    try:
        while waiting or attempts:
            if waiting:
                host = str(waiting.pop(0))
                attempts.add(
                    loop.create_task(loop.create_connection(_AttemptProtocol, host, port, local_addr=bind_address))
                )
            delay = ATTEMPT_DELAY if waiting else None
            done, attempts = await asyncio.wait(attempts, timeout=delay, return_when=asyncio.FIRST_COMPLETED)
            for attempt in done:
                if (failure := attempt.exception()) is None:
                    transport = attempt.result()[0]
                    done.remove(attempt)
                    attempts |= done  # one of these may have connected in the same moment
                    transport.set_protocol(protocol)
                    protocol.connection_made(transport)
                    return transport
                error = error or failure
    finally:
        for attempt in attempts:
            attempt.add_done_callback(_close_late)
            attempt.cancel()
    raise error or OSError("no address to connect to")


def _close_late(attempt: "asyncio.Task[tuple[asyncio.Transport, _AttemptProtocol]]") -> None:
    """Close the connection of an attempt that succeeded after another one."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result()[0].abort()
