"""Rewrites the addresses in a document to addresses in replay."""

import re
from collections.abc import Callable
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from archive.replay.address import FRAMED_PAGE, IMAGE, PAGE, STYLESHEET_RESOURCE, quote_url

#: Written in place of an address that cannot be replayed.
NOWHERE = "about:invalid"

_REMOVED = re.compile(r"[\t\n\r]")  # as browsers do (URL Standard, section 4.4)
_EDGES = "".join(map(chr, range(0x21)))
# An image or font inside the address itself. Showing it fetches nothing and runs no script.
_DATA_RESOURCE = re.compile(r"data:(?:image|font|application/(?:x-)?font)[a-z0-9/.+-]*[;,]", re.IGNORECASE)


#: An image's address and its descriptor, such as ``640w`` or ``2x``, in ``srcset``.
Candidate = tuple[str, str]


class Links:
    """Rewrites the addresses of one document.

    `base` is its URL, `timestamp` the 14 digits of its capture, `prefix` the path of replay without a final slash
    (`resource_prefix` for resources, if that differs), `modifier` the one it was requested with. `encoding` is the
    codec of the document as it was sent; queries are encoded in it (URL Standard, section 4.4). In a FRAMED_PAGE, links
    lead to `frame`, the path where the application around replay shows pages in its frame. `has_capture` is true for
    URLs that can be replayed.
    """

    def __init__(
        self,
        base: str,
        timestamp: str,
        prefix: str,
        *,
        resource_prefix: str | None = None,
        modifier: str = PAGE,
        encoding: str = "utf-8",
        frame: str = "",
        has_capture: Callable[[str], bool] = lambda url: True,
    ) -> None:
        self.base = base
        self._timestamp = timestamp
        self._prefix = prefix
        self._resource_prefix = prefix if resource_prefix is None else resource_prefix
        self._modifier = modifier
        self._encoding = encoding
        self._frame = frame
        self._has_capture = has_capture
        #: True if links must open outside the frame that the document is in.
        self.leaves_frame = modifier == FRAMED_PAGE

    def rebase(self, address: str) -> None:
        """Use the address of a ``<base>`` element as the base, if it is an http(s) URL."""
        self.base = self.absolute(address) or self.base

    def link_address(self, address: str) -> str | None:
        """Return the address in replay for a link to `address`; ``None`` if it cannot be replayed."""
        if self._is_fragment(address):
            return quote_url(address.strip(_EDGES))
        if not self.leaves_frame:
            return self.redirect_address(address)
        url = self.absolute(address)
        return f"{self._frame}/{self._timestamp}/{url}" if url else None

    def redirect_address(self, address: str) -> str | None:
        """Return the address in replay for a redirect to `address`; ``None`` if it cannot be replayed."""
        url = self.absolute(address)
        return f"{self._prefix}/{self._timestamp}{self._modifier}/{url}" if url else None

    def resource_address(self, address: str, modifier: str) -> str | None:
        """Return the address in replay for a resource of the page; ``None`` if it cannot be replayed."""
        if self._is_fragment(address):
            return quote_url(address.strip(_EDGES))
        if modifier in (IMAGE, STYLESHEET_RESOURCE) and _DATA_RESOURCE.match(address.strip(_EDGES)):
            return quote_url(_REMOVED.sub("", address.strip(_EDGES)))
        url = self.absolute(address)
        return f"{self._resource_prefix}/{self._timestamp}{modifier}/{url}" if url else None

    def choose_candidates(self, candidates: list[Candidate]) -> list[Candidate]:
        """Return those of an image's candidates that browsers may choose from: the ones with captures.

        Crawls capture some of them only. Without any, browsers show the image in ``src``.
        """
        return [one for one in candidates if (url := self.absolute(one[0])) is None or self._has_capture(url)]

    def _is_fragment(self, address: str) -> bool:
        return address.lstrip(_EDGES).startswith("#")

    def absolute(self, address: str) -> str | None:
        """Return the http(s) URL of `address`, in ASCII; ``None`` if it has another scheme or is invalid."""
        path, query = _REMOVED.sub("", address.strip(_EDGES)).partition("?")[::2]
        mark = "?" if query else ""
        try:
            parts = urlsplit(urljoin(self.base, path.replace("\\", "/") + mark + query))
            host = parts.hostname
        except ValueError:
            return None
        if parts.scheme not in ("http", "https") or not host:
            return None
        encoded = quote(parts.query.encode(self._encoding, "xmlcharrefreplace"), safe="%/:=&?~+!$,;'@()*[]")
        return quote_url(urlunsplit(parts._replace(query=encoded)))
