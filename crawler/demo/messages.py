"""HTTP/1.1 messages of the sample server: the request as it came, the answer byte for byte (RFC 9112)."""

import gzip
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from crawler.demo.errors import DemoError


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as the server read it.

    `raw` is its bytes; `target` the request target as sent; `path` that target's path, still percent-encoded; `host`
    the host asked for, lower-case, without port; `port` the server's; `headers` the fields in order, names lower-case.
    """

    raw: bytes
    method: str
    target: str
    version: str
    host: str
    port: int
    headers: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, raw: bytes, port: int) -> "Request":
        """The request whose head is `raw`, read by a server on `port`. Raises DemoError when it is not HTTP/1."""
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
        # A request through a proxy has the absolute form, which goes before Host (RFC 9112, section 3.2.2).
        try:
            authority = urlsplit(target).netloc if "://" in target else dict(headers).get("host", "")
        except ValueError as error:
            raise DemoError(f"not a request target: {target[:80]!r}: {error}") from error
        host = authority.rpartition(":")[0] if authority.rpartition(":")[2].isdigit() else authority
        return cls(raw=raw, method=method, target=target, version=version, host=host.lower(), port=port,
                   headers=tuple(headers))  # fmt: skip

    @property
    def path(self) -> str:
        return urlsplit(self.target).path if "://" in self.target else self.target.partition("?")[0]

    @property
    def origin(self) -> str:
        """Scheme, host and port that the pages of this answer name themselves by."""
        return f"http://{self.host}:{self.port}"

    @property
    def wants_close(self) -> bool:
        tokens = (self.header("connection") or "").lower()
        return "close" in tokens or (self.version == "HTTP/1.0" and "keep-alive" not in tokens)

    @property
    def body_length(self) -> int:
        """Bytes of body that follow the head. Raises DemoError for a Content-Length that is no length."""
        length = self.header("content-length") or "0"
        if not length.isdecimal() or len(length) > 9:
            raise DemoError(f"Content-Length: {length[:80]} is no length of a request")
        return int(length)

    def header(self, name: str) -> str | None:
        """The first value of the header field `name`, ``None`` when the request has none."""
        return next((value for key, value in self.headers if key == name.lower()), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, down to its bytes.

    `headers` are sent in order as given, text in `encoding`; a value without a name (an empty name) is a line without a
    colon. `version`, `status` and `reason` make the status line (``reason=None``: the usual phrase; empty: none).
    `interim` is sent before it (a 1xx answer, whole). `chunked` is the size of the chunks, 0 for a Content-Length,
    which `length` may falsify. `gzip` encodes the body when the request accepts that. `raw` takes the place of the
    whole message.

    How it is sent: `delay` seconds pass before the first byte; after `cut_after` bytes of the framed body the
    connection is closed; a `never_ending` answer repeats its body, one piece each `drip` seconds, until the client
    leaves; `reset` sends nothing but a TCP reset; without `keep_alive` the connection is closed at the end.
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
        return self.status in (204, 304) or self.status < 200

    @property
    def closes(self) -> bool:
        """Whether the end of the connection ends this answer, or cuts it."""
        return not self.keep_alive or self.cut_after is not None or self.never_ending or self.raw is not None

    def message(self, request: Request) -> tuple[bytes, bytes]:
        """Head and framed body as they cross the socket in answer to `request`."""
        if self.raw is not None:
            head, blank, body = self.raw.partition(b"\r\n\r\n")
            return head + blank, body
        encoded = self.gzip and "gzip" in (request.header("accept-encoding") or "") and not self.is_bodiless
        # No file name, no clock: the same page gives the same bytes.
        body = gzip.compress(self.body, 6, mtime=0) if encoded else self.body
        fields = [*self.headers, *([("Content-Encoding", "gzip")] if encoded else [])]
        if self.is_bodiless:
            body = b""
        elif self.chunked:
            fields.append(("Transfer-Encoding", "chunked"))
            body = b"" if self.never_ending else chunk(body, self.chunked)
        elif not self.never_ending:
            fields.append(("Content-Length", str(len(body) if self.length is None else self.length)))
        if self.closes or request.wants_close:
            fields.append(("Connection", "close"))
        return self._head(fields), b"" if request.method == "HEAD" else body

    def _head(self, fields: list[tuple[str, str]]) -> bytes:
        reason = phrase(self.status) if self.reason is None else self.reason
        lines = [f"{self.version} {self.status}" + (f" {reason}" if reason else "")]
        lines += [f"{name}: {value}" if name else value for name, value in fields]
        return self.interim + "\r\n".join([*lines, "", ""]).encode(self.encoding)


def chunk(body: bytes, size: int) -> bytes:
    """`body` in chunks of `size` bytes, with the last chunk (RFC 9112, section 7.1)."""
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def phrase(status: int) -> str:
    """The usual reason phrase of `status`."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def page(html: str, *headers: tuple[str, str], charset: str | None = "utf-8", encoding: str = "utf-8") -> Reply:
    """An HTML page; `charset` is what the header says, ``None`` for no word of it, `encoding` what the bytes are."""
    content_type = f"text/html; charset={charset}" if charset else "text/html"
    return Reply(headers=(("Content-Type", content_type), *headers), body=html.encode(encoding))


def text(body: str, content_type: str = "text/plain; charset=utf-8", *, status: int = 200) -> Reply:
    """A document that is not a page: robots.txt, a feed, a short word on an error."""
    return Reply(status=status, headers=(("Content-Type", content_type),), body=body.encode())


def redirect(location: str, status: int = 302) -> Reply:
    """A redirect to `location`."""
    return Reply(status=status, headers=(("Location", location), ("Content-Type", "text/html")))


def is_unchanged(request: Request, etag: str, last_modified: str) -> bool:
    """Whether the validators of `request` still hold (RFC 9110, section 13.2.2: If-None-Match goes first)."""
    tags = request.header("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in tags.split(",")]
    since = request.header("if-modified-since")
    try:
        return since is not None and parsedate_to_datetime(last_modified) <= parsedate_to_datetime(since)
    except ValueError:
        return False  # an unreadable date is ignored (section 13.1.3)
