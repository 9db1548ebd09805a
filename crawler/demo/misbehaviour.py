"""Server faults. Each function returns a Misbehaviour, which replaces or changes a portal's reply."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from email.utils import format_datetime

from crawler.demo import messages
from crawler.demo.messages import Reply, Request

#: Takes the request and the portal's reply, and returns the reply to send.
Misbehaviour = Callable[[Request, Reply], Reply]


def always(reply: Reply) -> Misbehaviour:
    """Send `reply` to every request."""
    return lambda request, own: reply


def status(code: int, *, retry_after: int | datetime | None = None) -> Misbehaviour:
    """Send an error page. `retry_after` is in seconds, or a UTC time that is sent as an HTTP date."""
    headers: tuple[tuple[str, str], ...] = ()
    if retry_after is not None:
        value = format_datetime(retry_after, usegmt=True) if isinstance(retry_after, datetime) else str(retry_after)
        headers = (("Retry-After", value),)
    body = f"<html><body><h1>{code} {messages.reason_phrase(code)}</h1></body></html>".encode()
    return always(Reply(status=code, headers=(("Content-Type", "text/html"), *headers), body=body))


def unavailable(*, retry_after: int | datetime | None = None) -> Misbehaviour:
    """Send 503, with or without Retry-After."""
    return status(503, retry_after=retry_after)


def too_many_requests(*, retry_after: int | datetime | None = None) -> Misbehaviour:
    """Send 429, with or without Retry-After."""
    return status(429, retry_after=retry_after)


def cut(after: int = 100) -> Misbehaviour:
    """Close the connection after `after` bytes of the body, before the Content-Length is reached."""
    return lambda request, own: replace(own, chunked=0, cut_after=after, length=max(len(own.body), after + 1))


def cut_chunked(after: int = 100, *, size: int = 64) -> Misbehaviour:
    """Send chunks of `size` bytes and close the connection after `after` framed bytes, before the last chunk."""
    return lambda request, own: replace(own, chunked=size, cut_after=after)


def never_ending(*, chunked: bool = False, drip: float = 0.02) -> Misbehaviour:
    """Send the body again and again, one piece every `drip` seconds, until the client disconnects."""
    return lambda request, own: replace(own, never_ending=True, drip=drip, chunked=64 if chunked else 0)


def slow(seconds: float) -> Misbehaviour:
    """Send the portal's reply after `seconds`."""
    return lambda request, own: replace(own, delay=seconds)


def reset() -> Misbehaviour:
    """Send a TCP reset instead of a response."""
    return lambda request, own: replace(own, reset=True)


def redirect(location: str, code: int = 302) -> Misbehaviour:
    """Send a redirect to any URL."""
    return always(messages.redirect(location, code))


def colonless_header(line: str = "X-Powered-By nothing in particular") -> Misbehaviour:
    """Add a header line without a colon."""
    return lambda request, own: replace(own, headers=(*own.headers, ("", line)))


def gbk_header(name: str = "X-Editor", value: str = "江滨晚报编辑中心") -> Misbehaviour:
    """Add a header value encoded as GBK."""
    return lambda request, own: replace(own, headers=(*own.headers, (name, value)), encoding="gbk")


def duplicate_header(*fields: tuple[str, str]) -> Misbehaviour:
    """Add repeated header fields in mixed case; by default two cookies and two Cache-Control fields."""
    default = (
        ("Set-Cookie", "a=1"),
        ("set-COOKIE", "b=2"),
        ("Cache-Control", "no-cache"),
        ("cache-control", "max-age=5"),
    )
    return lambda request, own: replace(own, headers=(*own.headers, *(fields or default)))


def no_reason() -> Misbehaviour:
    """Send a status line without a reason phrase."""
    return lambda request, own: replace(own, reason="")


def http10() -> Misbehaviour:
    """Send an HTTP/1.0 response that ends when the connection closes."""
    return lambda request, own: _make_http10(request, own)


def early_hints() -> Misbehaviour:
    """Send a 103 before the response (RFC 8297)."""
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\n\r\n"
    return lambda request, own: replace(own, interim=hints)


def garbage(body: bytes = b"\x16\x03\x01 this is not HTTP") -> Misbehaviour:
    """Send bytes that are not an HTTP message."""
    return always(Reply(raw=body))


def _make_http10(request: Request, own: Reply) -> Reply:
    head, body = replace(own, version="HTTP/1.0", chunked=0, keep_alive=False).message(request)
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith((b"content-length", b"connection:"))]
    return Reply(status=own.status, raw=b"\r\n".join(lines) + body)
