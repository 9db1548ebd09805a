"""Where the addresses that stand on a page lead in replay."""

import re
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

from archive.replay.address import DRAWN, FRAMED, IMAGE, PAGE, quoted

#: What is put where something had an address that leads nowhere in replay.
NOWHERE = "about:invalid"

_REMOVED = re.compile(r"[\t\n\r]")  # as browsers do (URL Standard, section 4.4)
_EDGES = "".join(map(chr, range(0x21)))
# An image or font that is the page's own text: nothing is fetched for it, and no script in it runs.
_OWN_PART = re.compile(r"data:(?:image|font|application/(?:x-)?font)[a-z0-9/.+-]*[;,]", re.IGNORECASE)


class Links:
    """The addresses of one document, as replay has them.

    `base` is the URL they are relative to; `timestamp` the 14 digits of the capture; `prefix` the path replay is under,
    without a slash at its end; `modifier` what the document is served as; `encoding` the codec it was written in, which
    queries are encoded in (URL Standard, section 4.4). In a document served as FRAMED links lead to `frame`, a prefix
    like the other, under which its owner shows pages in a frame.
    """

    def __init__(
        self, base: str, timestamp: str, prefix: str, *, modifier: str = PAGE, encoding: str = "utf-8", frame: str = ""
    ) -> None:
        self.base = base
        self._timestamp = timestamp
        self._prefix = prefix
        self._modifier = modifier
        self._encoding = encoding
        self._frame = frame
        #: Whether a link is to leave the frame the document is shown in.
        self.leaves_frame = modifier == FRAMED

    def rebase(self, address: str) -> None:
        """Take what a ``<base>`` element names as the base, if it is of the web."""
        self.base = self.absolute(address) or self.base

    def page(self, address: str) -> str | None:
        """Where a link to `address` leads; ``None`` where it leads nowhere in replay."""
        if self._is_inside(address):
            return quoted(address.strip(_EDGES))
        if not self.leaves_frame:
            return self.document(address)
        url = self.absolute(address)
        return f"{self._frame}/{self._timestamp}/{url}" if url else None

    def document(self, address: str) -> str | None:
        """What is shown in this document's place where it is redirected to `address`."""
        url = self.absolute(address)
        return f"{self._prefix}/{self._timestamp}{self._modifier}/{url}" if url else None

    def part(self, address: str, modifier: str) -> str | None:
        """Where the part of the page at `address` is found; ``None`` where there can be none."""
        if self._is_inside(address):
            return quoted(address.strip(_EDGES))
        if modifier in (IMAGE, DRAWN) and _OWN_PART.match(address.strip(_EDGES)):
            return quoted(_REMOVED.sub("", address.strip(_EDGES)))
        url = self.absolute(address)
        return f"{self._prefix}/{self._timestamp}{modifier}/{url}" if url else None

    def _is_inside(self, address: str) -> bool:
        return address.lstrip(_EDGES).startswith("#")

    def absolute(self, address: str) -> str | None:
        """The http(s) URL of `address`, in ASCII; ``None`` where it has none."""
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
        return quoted(urlunsplit(parts._replace(query=encoded)))
