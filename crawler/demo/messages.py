"""HTTP/1.1 messages of the sample server: requests as received, responses defined byte for byte (RFC 9112)."""

import gzip
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from crawler.demo.errors import DemoError


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as received.

    `raw` is the head in bytes, `target` the request target as sent, `host` the requested host in lower case without
    port, `port` the port of the server. `headers` are the fields in order, with names in lower case.
    """

    raw: bytes
    method: str
    target: str
    version: str
    host: str
    port: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    @classmethod
    def parse(cls, raw: bytes, port: int) -> "Request":
        """Parse the head `raw`, received by a server on `port`. Raises DemoError if it is not HTTP/1."""
        lines = raw.decode("latin-1").split("\r\n")
        parts = lines[0].split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise DemoError(f"not an HTTP/1 request line: {lines[0][:80]!r}")
        headers = []
        for line in filter(None, lines[1:]):
            name, colon, value = line.partition(":")
            if not colon:
                raise DemoError(f"not a header line: {line[:80]!r}")
            headers.append((name.strip().lower(), value.strip()))
        method, target, version = parts
        # A request through a proxy has the absolute form, which overrides Host (RFC 9112, section 3.2.2).
        try:
            authority = urlsplit(target).netloc if "://" in target else dict(headers).get("host", "")
        except ValueError as error:
            raise DemoError(f"not a request target: {target[:80]!r}: {error}") from error
        host = authority.rpartition(":")[0] if authority.rpartition(":")[2].isdigit() else authority
        return cls(raw=raw, method=method, target=target, version=version, host=host.lower(), port=port,
                   headers=tuple(headers))  # fmt: skip

    @property
    def path(self) -> str:
        """The path of the target, percent-encoded."""
        return urlsplit(self.target).path if "://" in self.target else self.target.partition("?")[0]

    @property
    def origin(self) -> str:
        """Scheme, host and port for absolute URLs in the response."""
        return f"http://{self.host}:{self.port}"

    @property
    def wants_close(self) -> bool:
        tokens = (self.header("connection") or "").lower()
        return "close" in tokens or (self.version == "HTTP/1.0" and "keep-alive" not in tokens)

    @property
    def body_length(self) -> int:
        """The length of the body in bytes. Raises DemoError for an invalid Content-Length."""
        length = self.header("content-length") or "0"
        if not length.isdecimal() or len(length) > 9:
            raise DemoError(f"Content-Length: {length[:80]} is not a length of a request")
        return int(length)

    def header(self, name: str) -> str | None:
        """Return the first value of the header field `name`, or None."""
        return next((value for key, value in self.headers if key == name.lower()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A response, defined down to its bytes and their timing.

    `headers` are sent in order, encoded in `encoding`; a field with an empty name is sent as a line without a colon.
    `version`, `status` and `reason` make the status line; reason None is the standard phrase, '' no phrase. `interim`
    is a complete 1xx response that is sent first. `chunked` is the chunk size; 0 sends a Content-Length instead, which
    `length` may falsify. `gzip` encodes the body if the request accepts it. `raw` replaces the whole message.

    The first byte is sent after `delay` seconds. The connection is closed after `cut_after` bytes of the framed body.
    A `never_ending` response repeats its body, one piece every `drip` seconds, until the client disconnects. `reset`
    sends only a TCP reset. Without `keep_alive` the connection is closed after the response.
    """

    status: int = 200
    reason: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    version: str = "HTTP/1.1"
    encoding: str = "latin-1"
    interim: bytes = b""
    chunked: int = 0
    length: int | None = None
    gzip: bool = False
    raw: bytes | None = None
    delay: float = 0.0
    cut_after: int | None = None
    never_ending: bool = False
    drip: float = 0.02
    reset: bool = False
    keep_alive: bool = True

    @property
    def is_bodiless(self) -> bool:
        """True if a response of this status has no body (RFC 9110, section 6.4.1)."""
        return self.status in (204, 304) or self.status < 200

    @property
    def closes_connection(self) -> bool:
        """True if the connection is closed after or within this response."""
        return not self.keep_alive or self.cut_after is not None or self.never_ending or self.raw is not None

    def message(self, request: Request) -> tuple[bytes, bytes]:
        """Return head and framed body, as sent in response to `request`."""
        if self.raw is not None:
            head, blank, body = self.raw.partition(b"\r\n\r\n")
            return head + blank, body
        encoded = self.gzip and "gzip" in (request.header("accept-encoding") or "") and not self.is_bodiless
        # mtime=0, so that the same page always gives the same bytes.
        body = gzip.compress(self.body, 6, mtime=0) if encoded else self.body
        fields = [*self.headers, *([("Content-Encoding", "gzip")] if encoded else [])]
        if self.is_bodiless:
            body = b""
        elif self.chunked:
            fields.append(("Transfer-Encoding", "chunked"))
            body = b"" if self.never_ending else encode_chunks(body, self.chunked)
        elif not self.never_ending:
            fields.append(("Content-Length", str(len(body) if self.length is None else self.length)))
        if self.closes_connection or request.wants_close:
            fields.append(("Connection", "close"))
        return self._head(fields), b"" if request.method == "HEAD" else body

    def _head(self, fields: list[tuple[str, str]]) -> bytes:
        reason = reason_phrase(self.status) if self.reason is None else self.reason
        lines = [f"{self.version} {self.status}" + (f" {reason}" if reason else "")]
        lines += [f"{name}: {value}" if name else value for name, value in fields]
        return self.interim + "\r\n".join([*lines, "", ""]).encode(self.encoding)


def encode_chunks(body: bytes, size: int) -> bytes:
    """Return `body` in chunks of `size` bytes, including the last chunk (RFC 9112, section 7.1)."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def reason_phrase(status: int) -> str:
    """Return the standard reason phrase of `status`."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def page(html: str, *headers: tuple[str, str], charset: str | None = "utf-8", encoding: str = "utf-8") -> Reply:
    """Return an HTML page. `charset` is declared in the header (None: not declared), `encoding` encodes the bytes."""
    content_type = f"text/html; charset={charset}" if charset else "text/html"
    return Reply(headers=(("Content-Type", content_type), *headers), body=html.encode(encoding))


def text(body: str, content_type: str = "text/plain; charset=utf-8", *, status: int = 200) -> Reply:
    """Return a text document, such as robots.txt, a feed or an error message."""
    return Reply(status=status, headers=(("Content-Type", content_type),), body=body.encode())


def redirect(location: str, status: int = 302) -> Reply:
    """Return a redirect to `location`."""
    return Reply(status=status, headers=(("Location", location), ("Content-Type", "text/html")))


def is_unchanged(request: Request, etag: str, last_modified: str) -> bool:
    """True if the client's copy is current. If-None-Match overrides If-Modified-Since (RFC 9110, section 13.2.2)."""
    tags = request.header("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
    since = request.header("if-modified-since")
    try:
        return since is not None and parsedate_to_datetime(last_modified) <= parsedate_to_datetime(since)
    except ValueError:
        return False  # an invalid date is ignored (section 13.1.3)
