"""The names politeness is kept under: the origin for robots.txt, the registrable domain for the pace."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

from crawler.politeness.errors import PolitenessError
from crawler.sites import registrable_domain

_DEFAULT_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=1024)  # each rule asks for the same request's
def _host_of(url: str) -> tuple[str, str, int]:
    """Scheme, host (lower case, no trailing dot) and port of `url`. Raises PolitenessError when it has no host."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise PolitenessError(f"{url!r} is no URL: {error}; give an absolute http or https URL") from error
    if not host or parts.scheme not in _DEFAULT_PORTS:
        raise PolitenessError(f"{url!r} names no http or https host; give an absolute http or https URL")
    return parts.scheme, host.rstrip(".") or host, port or _DEFAULT_PORTS[parts.scheme]


def origin(url: str) -> str:
    """``scheme://host:port`` of `url`, the unit robots.txt rules hold for (RFC 9309, section 2.3)."""
    scheme, host, port = _host_of(url)
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def robots_url(url: str) -> str:
    """The address of the robots.txt that rules `url`, without the port where it is the scheme's own."""
    scheme, _, port = _host_of(url)
    place = origin(url)
    return place.removesuffix(f":{port}" if port == _DEFAULT_PORTS[scheme] else "") + "/robots.txt"


def politeness_key(url: str, servers: Mapping[str, str] = MappingProxyType({})) -> str:
    """What shares one pace with `url`: the registrable domain, or the host itself where there is none; by `servers`,
    which maps domains to the name of the server they share, that name."""
    key = _domain(_host_of(url)[1])
    return servers.get(key, key)


@lru_cache(maxsize=1024)
def _domain(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        return registrable_domain(host)


def shared_servers(named: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """The server of each domain, after a setting that lists the hosts of each server.

    Raises PolitenessError for a host that two servers have.
    """
    servers: dict[str, str] = {}
    for server, hosts in named.items():
        for host in hosts:
            key = politeness_key(f"http://{host}/")
            if servers.setdefault(key, server) != server:
                raise PolitenessError(f"SHARED_SERVERS: {host} is on {servers[key]} and on {server}; name it once")
    return servers
