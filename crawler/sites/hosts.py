"""Host names: the host of a URL, loopback hosts, registrable domains."""

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

import tldextract

# Use the Public Suffix List that ships with tldextract: a crawl must not depend on downloading one.
_domains = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)


def host_of(url: str) -> str:
    """Return the host of `url` in lower case, without port; empty if it has none."""
    try:
        return _host_in(urlsplit(url).netloc)
    except ValueError:
        return ""


@lru_cache(maxsize=4096)
def _host_in(netloc: str) -> str:
    return urlsplit(f"//{netloc}").hostname or ""


def is_loopback_host(host: str) -> bool:
    """True if `host` is a loopback address or a name under ``localhost`` (RFC 6761, section 6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@lru_cache(maxsize=4096)
def registrable_domain(host: str) -> str:
    """Return the registrable domain of `host`; for an address or a public suffix, `host` itself.

    For a top-level domain that is not on the Public Suffix List (``localhost``, ``test``), the list's default rule
    ``*`` applies: the last two labels.
    """
    parts = _domains(host)
    if parts.suffix or parts.ipv4 or parts.ipv6:
        return parts.top_domain_under_public_suffix or host
    return ".".join(host.split(".")[-2:])


@lru_cache(maxsize=4096)
def is_public_suffix(host: str) -> bool:
    """True if anyone may register names below `host`, such as ``gov.cn`` or ``github.io``."""
    return not _domains(host, include_psl_private_domains=True).domain
