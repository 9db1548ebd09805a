"""Sends bodies that are not rewritten: as a whole or in the parts that a client asks for, so that players can seek."""

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from starlette.responses import Response, StreamingResponse

from archive.capture import Capture
from archive.http import AT_ONCE
from archive.replay.ranges import parse_content_range, parse_ranges

_PIECE = 1 << 18


@dataclass(frozen=True, slots=True)
class StoredBody:
    """The stored bytes of a body: those from `start` to `end` of `size` bytes in all.

    `read` yields the bytes between two positions in the body.
    """

    start: int
    end: int
    size: int
    read: Callable[[int, int], Iterator[bytes]]

    @property
    def is_whole(self) -> bool:
        """True unless the server sent a part only."""
        return (self.start, self.end) == (0, self.size)


def stored_body(capture: Capture, *, decoded: bool = True) -> StoredBody:
    """Return the body of `capture`, with its content codings undone if `decoded`.

    A long body without codings is read in pieces. Raises TooLargeError for a decoded body beyond the limit.
    """
    head, response = capture.head, capture.response
    data: bytes | None = None
    if head.is_chunked or (decoded and head.codings(b"content-encoding")):
        data = capture.body() if decoded else capture.payload()
    length = len(response) - head.length if data is None else len(data)
    offset, end, size = 0, length, length
    if capture.status == 206 and (stated := parse_content_range(head.get(b"content-range"))):
        first, last, complete = stated
        if last - first == length:
            offset, end, size = first, last, complete

    def read(start: int, end: int) -> Iterator[bytes]:
        for at in range(start - offset, end - offset, _PIECE):
            piece = min(_PIECE, end - offset - at)
            yield response.read(head.length + at, piece) if data is None else data[at : at + piece]

    return StoredBody(offset, end, size, read)


def send_body(
    body: StoredBody, request: Mapping[str, str], status: int, headers: Mapping[str, str], media_type: str | None
) -> Response:
    """Return `body`, or the parts of it that the headers `request` ask for (206, 416)."""
    headers = {**headers, "Accept-Ranges": "bytes"}
    asked = request.get("range")
    if asked and status in (200, 206) and _is_current(request.get("if-range"), headers):
        parts = parse_ranges(asked, body.size)
        if parts is not None:
            return _send_parts(body, parts, headers, media_type)
    if body.is_whole:
        return _send(body.read(0, body.size), body.size, 200 if status == 206 else status, headers, media_type)
    return _send_parts(body, [(body.start, body.end)], headers, media_type)


def _is_current(condition: str | None, headers: Mapping[str, str]) -> bool:
    """True if the client has parts of this body (RFC 9110, section 13.1.5)."""
    return condition is None or condition.strip() == headers.get("ETag")


def _send_parts(
    body: StoredBody, parts: list[tuple[int, int]], headers: Mapping[str, str], media_type: str | None
) -> Response:
    stored = [(start, min(end, body.end)) for start, end in parts if body.start <= start < body.end]
    if not stored:
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{body.size}"})
    if len(stored) == 1:
        ((start, end),) = stored
        content_range = {"Content-Range": f"bytes {start}-{end - 1}/{body.size}"}
        return _send(body.read(start, end), end - start, 206, {**headers, **content_range}, media_type)
    boundary = secrets.token_hex(16)
    heads = [
        f"\r\n--{boundary}\r\nContent-Type: {media_type or 'application/octet-stream'}\r\n"
        f"Content-Range: bytes {start}-{end - 1}/{body.size}\r\n\r\n".encode()
        for start, end in stored
    ]
    tail = f"\r\n--{boundary}--\r\n".encode()

    def pieces() -> Iterator[bytes]:
        for head, (start, end) in zip(heads, stored, strict=True):
            yield head
            yield from body.read(start, end)
        yield tail

    length = sum(map(len, heads)) + sum(end - start for start, end in stored) + len(tail)
    return _send(pieces(), length, 206, headers, f"multipart/byteranges; boundary={boundary}")


def _send(
    pieces: Iterator[bytes], length: int, status: int, headers: Mapping[str, str], media_type: str | None
) -> Response:
    if length <= AT_ONCE:
        return Response(b"".join(pieces), status, headers, media_type)
    return StreamingResponse(pieces, status, {**headers, "Content-Length": str(length)}, media_type)
