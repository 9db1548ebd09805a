"""Connect only to permitted addresses: check them after name resolution and before opening a socket.

The connection goes to the very address that was checked, so a name that resolves differently the next time (DNS
rebinding) gains nothing. Every request is checked, and so is every redirect.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from typing import Any

from scrapy.exceptions import IgnoreRequest
from twisted.internet import address as twisted_address
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.interfaces import (
    IAddress,
    IHostnameResolver,
    IHostResolution,
    IProtocol,
    IProtocolFactory,
    IReactorPluggableNameResolver,
    IReactorTCP,
    IReactorTime,
    IResolutionReceiver,
    IStreamClientEndpoint,
)
from zope.interface import implementer  # type: ignore[import-untyped]

from crawler.politeness.addresses import Address, is_loopback, literal_address, refusal_rule

LOOPBACK = IPv4Address("127.0.0.1")


class AddressRefused(IgnoreRequest):
    """The request was not sent: its host has no address that this crawl may connect to. Never retried."""

    def __init__(self, host: str, address: Address, rule: str) -> None:
        self.host, self.address, self.rule = host, address, rule
        super().__init__(f"{host} is at {address}, a {rule} address: a crawl connects to public addresses only")


@dataclass(frozen=True, slots=True)
class AddressPolicy:
    """The addresses a crawl may connect to: public ones, plus loopback if the crawled site is on this machine."""

    allow_loopback: bool = False

    def permits(self, address: Address) -> bool:
        return refusal_rule(address) is None or (self.allow_loopback and is_loopback(address))

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


@implementer(IStreamClientEndpoint)
class CheckedEndpoint:
    """An endpoint that connects to `host` at an address permitted by `policy`; the fastest of several wins."""

    def __init__(
        self,
        reactor: Any,
        host: str,
        port: int,
        policy: AddressPolicy,
        *,
        timeout: float,
        bind_address: tuple[str, int] | None = None,
    ) -> None:
        self._reactor = reactor
        self._host = host
        self._port = port
        self._policy = policy
        self._timeout = timeout
        self._bind_address = bind_address

    def connect(self, protocolFactory: IProtocolFactory) -> "Deferred[IProtocol]":
        """Resolve the name, check the addresses, connect. Fails with AddressRefused or as Twisted's endpoints do."""
        return Deferred.fromCoroutine(self._connect(protocolFactory))

    async def _connect(self, factory: IProtocolFactory) -> IProtocol:
        permitted = self._policy.select_permitted(self._host, await self._resolve())
        reactor = _ReactorOfAddresses(self._reactor, permitted)
        endpoint = HostnameEndpoint(reactor, self._host, self._port, self._timeout, self._bind_address)
        return await endpoint.connect(factory)  # tries several addresses a little apart; the first to answer wins

    async def _resolve(self) -> list[Address]:
        if (known := known_address(self._host)) is not None:
            return [known]
        resolution = _Resolution()
        self._reactor.nameResolver.resolveHostName(resolution, self._host, self._port)
        return await resolution.addresses


@implementer(IResolutionReceiver)
class _Resolution:
    """Collects the addresses found by the reactor's name resolver into a Deferred."""

    def __init__(self) -> None:
        self.addresses: Deferred[list[Address]] = Deferred()
        self._found: list[Address] = []

    def resolutionBegan(self, resolutionInProgress: IHostResolution) -> None:
        pass

    def addressResolved(self, address: IAddress) -> None:
        self._found.append(ip_address(address.host))

    def resolutionComplete(self) -> None:
        self.addresses.callback(self._found)


@implementer(IReactorPluggableNameResolver, IReactorTCP, IReactorTime, IHostnameResolver)
class _ReactorOfAddresses:
    """A reactor that resolves every name to the given addresses, so that HostnameEndpoint makes no DNS query."""

    def __init__(self, reactor: Any, addresses: Iterable[Address]) -> None:
        self._addresses = tuple(addresses)
        self.nameResolver = self
        self.connectTCP = reactor.connectTCP
        self.listenTCP = reactor.listenTCP
        self.callLater = reactor.callLater
        self.seconds = reactor.seconds
        self.getDelayedCalls = reactor.getDelayedCalls

    def installNameResolver(self, resolver: IHostnameResolver) -> IHostnameResolver:
        raise NotImplementedError("the addresses are fixed")

    def resolveHostName(
        self,
        resolutionReceiver: Any,  # IResolutionReceiver, which is no type
        hostName: str,
        portNumber: int = 0,
        addressTypes: Any = None,
        transportSemantics: str = "TCP",
    ) -> Any:
        resolutionReceiver.resolutionBegan(self)
        for found in self._addresses:
            family = twisted_address.IPv4Address if found.version == 4 else twisted_address.IPv6Address
            resolutionReceiver.addressResolved(family("TCP", str(found), portNumber))
        resolutionReceiver.resolutionComplete()
        return self
