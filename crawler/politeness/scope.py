"""The scope of a crawl: URLs it may request at all, judged by their form."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from urllib.parse import urlsplit

from crawler.politeness.addresses import literal_address

#: Characters of the longest URL requested. RFC 9110, section 4.1, wants 8000 supported; no article needs that many.
LONGEST_URL = 2_048
#: Segments of the deepest path requested.
DEEPEST_PATH = 20
#: A path segment, or a run of them, repeated this many times in a row is a trap.
REPEATS = 3

_ODD_HOST = re.compile(r"[^a-z0-9.\-_:\[\]\u0080-\U0010ffff]", re.IGNORECASE)
_BLANK_OR_CONTROL = re.compile(r"[\x00-\x20\x7f\\]")


def _find_repeated_run(parts: Sequence[str]) -> str | None:
    """Return the run of one to three path segments that is repeated `REPEATS` times in a row, if any."""
    if len(parts) - len(set(parts)) < REPEATS - 1:
        return None
    for length in (1, 2, 3):
        for start in range(min(length, len(parts))):
            runs = (tuple(parts[at : at + length]) for at in range(start, len(parts), length))
            for run, same in groupby(runs):
                if any(run) and sum(1 for _ in same) >= REPEATS:
                    return "/".join(run)
    return None


def find_refusal(url: str, *, is_owned: bool, is_loopback_site: bool = False) -> tuple[str, str] | None:
    """Return rule and evidence if `url` is out of scope, else ``None``.

    `is_owned` is true if its host is one of the site's, or may be any host, as for a robots.txt or a page requisite.
    Only the URL's form is checked here; the addresses that names resolve to are checked when the connection is opened.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        return "scope.url", f"not a URL: {error}"
    if parts.scheme not in ("http", "https"):
        return "scope.scheme", f"scheme {parts.scheme or 'none'}: only http and https are fetched"
    if _BLANK_OR_CONTROL.search(url):
        return "scope.url", "it contains a blank, control character or backslash"
    return _find_host_refusal(parts.netloc, is_owned, is_loopback_site) or find_trap(url)


@lru_cache(maxsize=1024)
def _find_host_refusal(netloc: str, is_owned: bool, is_loopback_site: bool) -> tuple[str, str] | None:
    """Return rule and evidence if nothing may be requested from `netloc`, the host and port of a URL."""
    if "@" in netloc:
        return "scope.userinfo", "it contains a user name"
    try:
        parts = urlsplit(f"//{netloc}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        return "scope.url", f"not a URL: {error}"
    if not host or _ODD_HOST.search(host) or port == 0:
        return "scope.host", f"odd host {netloc!r}"
    if not is_owned:
        return "scope.offsite", f"{host} is not one of the site's hosts"
    if (address := literal_address(host)) is not None:
        usual = host == str(address)
        if not (usual and is_loopback_site and address.is_loopback):
            return "scope.address", f"{host} is the address {address}" + ("" if usual else " in disguise")
    elif (host == "localhost" or host.endswith(".localhost")) and not is_loopback_site:
        return "scope.address", f"{host} is this machine"
    return None


def find_trap(url: str) -> tuple[str, str] | None:
    """Return rule and evidence if `url` looks like one of an endless number, else ``None``."""
    if len(url) > LONGEST_URL:
        return "scope.length", f"{len(url)} characters; at most {LONGEST_URL} are requested"
    parts = urlsplit(url).path.split("/")[1:]
    if len(parts) > DEEPEST_PATH:
        return "scope.depth", f"{len(parts)} path segments; at most {DEEPEST_PATH} are requested"
    if (run := _find_repeated_run(parts)) is not None:
        return "scope.repeats", f"{run!r} is repeated {REPEATS} times in a row"
    return None
