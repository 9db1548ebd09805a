"""Which addresses a crawl may ask for at all, judged by the URL alone."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from urllib.parse import urlsplit

from crawler.politeness.addresses import literal_address

#: Characters of the longest URL asked for: what RFC 9110, section 4.1, wants supported is 8000; no article needs it.
LONGEST_URL = 2_048
#: Parts of the deepest path asked for.
DEEPEST_PATH = 20
#: A path part, or a run of them, that comes this many times one after the other is a trap's.
REPEATS = 3

_ODD_HOST = re.compile(r"[^a-z0-9.\-_:\[\]\u0080-\U0010ffff]", re.IGNORECASE)
_BLANK_OR_CONTROL = re.compile(r"[\x00-\x20\x7f\\]")


def _repeats(parts: Sequence[str]) -> str | None:
    """The run of path parts, one to three long, that follows itself `REPEATS` times; ``None`` where there is none."""
    if len(parts) - len(set(parts)) < REPEATS - 1:
        return None
    for length in (1, 2, 3):
        for start in range(min(length, len(parts))):
            runs = (tuple(parts[at : at + length]) for at in range(start, len(parts), length))
            for run, same in groupby(runs):
                if any(run) and sum(1 for _ in same) >= REPEATS:
                    return "/".join(run)
    return None


def refusal(url: str, *, owned: bool, site_is_loopback: bool = False) -> tuple[str, str] | None:
    """Why `url` is out of scope, as rule and evidence; ``None`` where it is in.

    `owned` says whether its host is one of the site's (or the request is for a robots.txt or a page's requisite, which
    may lie anywhere). What names resolve to is judged when the connection is opened; here are the forms of the URL.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        return "scope.url", f"no URL: {error}"
    if parts.scheme not in ("http", "https"):
        return "scope.scheme", f"scheme {parts.scheme or 'none'}: only http and https are fetched"
    if _BLANK_OR_CONTROL.search(url):
        return "scope.url", "a blank, control character or backslash stands in it"
    return _host_refusal(parts.netloc, owned, site_is_loopback) or trap(url)


@lru_cache(maxsize=1024)
def _host_refusal(netloc: str, owned: bool, site_is_loopback: bool) -> tuple[str, str] | None:
    """Why nothing is asked for at `netloc`, the part of a URL that names host and port."""
    if "@" in netloc:
        return "scope.userinfo", "it carries a user name"
    try:
        parts = urlsplit(f"//{netloc}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        return "scope.url", f"no URL: {error}"
    if not host or _ODD_HOST.search(host) or port == 0:
        return "scope.host", f"odd host {netloc!r}"
    if not owned:
        return "scope.offsite", f"{host} is none of the site's hosts"
    if (address := literal_address(host)) is not None:
        usual = host == str(address)
        if not (usual and site_is_loopback and address.is_loopback):
            return "scope.address", f"{host} is the address {address}" + ("" if usual else " in disguise")
    elif (host == "localhost" or host.endswith(".localhost")) and not site_is_loopback:
        return "scope.address", f"{host} is this machine"
    return None


def trap(url: str) -> tuple[str, str] | None:
    """Why `url` looks like one of an endless number, as rule and evidence; ``None`` where it does not."""
    if len(url) > LONGEST_URL:
        return "scope.length", f"{len(url)} characters; at most {LONGEST_URL} are asked for"
    parts = urlsplit(url).path.split("/")[1:]
    if len(parts) > DEEPEST_PATH:
        return "scope.depth", f"{len(parts)} path parts; at most {DEEPEST_PATH} are asked for"
    if (run := _repeats(parts)) is not None:
        return "scope.repeats", f"{run!r} comes {REPEATS} times in a row"
    return None
