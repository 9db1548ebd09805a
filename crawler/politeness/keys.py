"""The keys of politeness: the origin for robots.txt, the registrable domain for the throttle."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

from crawler.politeness.errors import PolitenessError
from crawler.sites import registrable_domain

_DEFAULT_PORTS = {"http": 80, "https": 443}


class _UrlHost(NamedTuple):
    """The host of a URL.

    `host` is in lower case without trailing dot. `origin` always has a port; `root` leaves out the scheme's default.
    """

    host: str
    origin: str
    root: str


@lru_cache(maxsize=1024)
def _parse_netloc(scheme: str, netloc: str) -> _UrlHost:
    """Parse the host and port of a URL. Raises ValueError if there is no http or https host."""
    parts = urlsplit(f"//{netloc}")
    usual = _DEFAULT_PORTS.get(scheme)
    if not parts.hostname or usual is None:
        raise ValueError("it has no http or https host")
    host = parts.hostname.rstrip(".") or parts.hostname
    root, port = f"{scheme}://[{host}]" if ":" in host else f"{scheme}://{host}", parts.port or usual
    return _UrlHost(host, f"{root}:{port}", root if port == usual else f"{root}:{port}")


def _parse_host(url: str) -> _UrlHost:
    """Parse the host and port of `url`. Raises PolitenessError if it has no host."""
    try:
        parts = urlsplit(url)
        return _parse_netloc(parts.scheme, parts.netloc)
    except ValueError as error:
        raise PolitenessError(f"{url!r} cannot be requested: {error}; give an absolute http or https URL") from error


def origin_of(url: str) -> str:
    """Return ``scheme://host:port`` of `url`, the scope of one robots.txt (RFC 9309, section 2.3)."""
    return _parse_host(url).origin


def robots_url(url: str) -> str:
    """Return the URL of the robots.txt that applies to `url`, without the port if it is the scheme's default."""
    return _parse_host(url).root + "/robots.txt"


def politeness_key(url: str, servers: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return the key that a URL's host is throttled under: its registrable domain, or the host itself if it has none.

    `servers` maps domains to the name of the server they share; that name is then the key.
    """
    key = _domain_of(_parse_host(url).host)
    return servers.get(key, key)


@lru_cache(maxsize=1024)
def _domain_of(host: str) -> str:
    try:
        return str(ip_address(host))
    except ValueError:
        return registrable_domain(host)


def shared_servers(named: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return the server of each domain from a setting that lists the hosts of each server.

    Raises PolitenessError for a host listed under two servers.
    """
    servers: dict[str, str] = {}
    for server, hosts in named.items():
        for host in hosts:
            key = politeness_key(f"http://{host}/")
            if servers.setdefault(key, server) != server:
                raise PolitenessError(f"SHARED_SERVERS: {host} is on {servers[key]} and on {server}; name it once")
    return servers
