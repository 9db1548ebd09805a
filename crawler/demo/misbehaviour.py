"""Ways in which a server goes wrong: each makes another answer of the one a portal gave."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime

from crawler.demo import messages
from crawler.demo.messages import Reply, Request

#: Takes the request and the portal's own answer, gives the answer to send.
Misbehaviour = Callable[[Request, Reply], Reply]


def instead(reply: Reply) -> Misbehaviour:
    """`reply`, whatever was asked."""
    return lambda request, own: reply


def status(code: int, *, retry_after: int | datetime | None = None) -> Misbehaviour:
    """An error page; `retry_after` in seconds, or a UTC time that is printed as an HTTP date."""
    waits: tuple[tuple[str, str], ...] = ()
    if retry_after is not None:
        value = format_datetime(retry_after, usegmt=True) if isinstance(retry_after, datetime) else str(retry_after)
        waits = (("Retry-After", value),)
    body = f"<html><body><h1>{code} {messages.phrase(code)}</h1></body></html>".encode()
    return instead(Reply(status=code, headers=(("Content-Type", "text/html"), *waits), body=body))


def unavailable(*, retry_after: int | datetime | None = None) -> Misbehaviour:
    """503, with or without Retry-After."""
    return status(503, retry_after=retry_after)


def too_many_requests(*, retry_after: int | datetime | None = None) -> Misbehaviour:
    """429, with or without Retry-After."""
    return status(429, retry_after=retry_after)


def cut(after: int = 100) -> Misbehaviour:
    """A Content-Length longer than what is sent: the connection closes after `after` bytes of the body."""
    return lambda request, own: replace(own, chunked=0, cut_after=after, length=max(len(own.body), after + 1))


def cut_chunked(after: int = 100, *, size: int = 64) -> Misbehaviour:
    """Chunks of `size` bytes that stop after `after` bytes of framed body, before the last chunk."""
    return lambda request, own: replace(own, chunked=size, cut_after=after)


def never_ending(*, chunked: bool = False, drip: float = 0.02) -> Misbehaviour:
    """An answer that goes on with a piece each `drip` seconds until the client leaves."""
    return lambda request, own: replace(own, never_ending=True, drip=drip, chunked=64 if chunked else 0)


def slow(seconds: float) -> Misbehaviour:
    """The right answer, `seconds` late."""
    return lambda request, own: replace(own, delay=seconds)


def reset() -> Misbehaviour:
    """A TCP reset in place of an answer."""
    return lambda request, own: replace(own, reset=True)


def redirect(location: str, code: int = 302) -> Misbehaviour:
    """A redirect to any place."""
    return instead(messages.redirect(location, code))


def colonless_header(line: str = "X-Powered-By nothing in particular") -> Misbehaviour:
    """A line without a colon among the header fields."""
    return lambda request, own: replace(own, headers=(*own.headers, ("", line)))


def gbk_header(name: str = "X-Editor", value: str = "江滨晚报编辑中心") -> Misbehaviour:
    """A header value in GBK bytes."""
    return lambda request, own: replace(own, headers=(*own.headers, (name, value)), encoding="gbk")


def duplicate_header(*fields: tuple[str, str]) -> Misbehaviour:
    """Fields that repeat, in mixed case; without `fields` two cookies and two words on caching."""
    usual = (
        ("Set-Cookie", "a=1"),
        ("set-COOKIE", "b=2"),
        ("Cache-Control", "no-cache"),
        ("cache-control", "max-age=5"),
    )
    return lambda request, own: replace(own, headers=(*own.headers, *(fields or usual)))


def no_reason() -> Misbehaviour:
    """A status line that ends with the code."""
    return lambda request, own: replace(own, reason="")


def http10() -> Misbehaviour:
    """An HTTP/1.0 answer that ends with the connection."""
    return lambda request, own: _until_close(request, own)


def early_hints() -> Misbehaviour:
    """A 103 before the answer (RFC 8297)."""
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\n\r\n"
    return lambda request, own: replace(own, interim=hints)


def garbage(body: bytes = b"\x16\x03\x01 this is no HTTP at all") -> Misbehaviour:
    """Bytes that are no HTTP message."""
    return instead(Reply(raw=body))


def _until_close(request: Request, own: Reply) -> Reply:
    head, body = replace(own, version="HTTP/1.0", chunked=0, keep_alive=False).message(request)
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"content-length", b"connection:"))]
    return Reply(status=own.status, raw=b"\r\n".join(lines) + body)
