"""HTTP/1.1 message framing: the bytes of a request, and an incremental parser of responses.

Lenient where browsers are, since a crawler meets every kind of server: lines end at LF with or without CR, the reason
phrase may be missing, and header lines without a valid name are skipped. h11 and httptools reject such responses.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

#: Maximum length of a chunk-size line and of all trailer lines, in bytes.
CHUNK_LINE_MAXSIZE = 1024
TRAILERS_MAXSIZE = 1 << 16

#: Header fields that describe the connection, not the response (RFC 9110, section 7.6.1).
CONNECTION_FIELDS = frozenset(
    b"connection content-length keep-alive te trailers transfer-encoding upgrade proxy-connection".split()
)

_BLANK_LINE = re.compile(rb"\n\r?\n")
_STATUS_LINE = re.compile(rb"([^ /]+)/(\d{1,9})\.(\d{1,9}) ([+-]?\d{1,9})(?: .*)?", re.DOTALL)
_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_LENGTH = re.compile(rb"\d{1,18}")
_CHUNK_LINE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?\r?\n", re.DOTALL)
_CHUNK_END = re.compile(rb"\r?\n")

#: Names that are not written with a capital at the start of each word only.
_SPELLINGS = {
    b"Content-Md5": b"Content-MD5",
    b"Dnt": b"DNT",
    b"Etag": b"ETag",
    b"P3p": b"P3P",
    b"Te": b"TE",
    b"Www-Authenticate": b"WWW-Authenticate",
    b"X-Xss-Protection": b"X-XSS-Protection",
}


class BadResponse(Exception):
    """The bytes are not an HTTP/1 response."""


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """Status line and header fields of a response.

    `fields` are (name, value) in the order sent, values without surrounding white space. `length` is the length of the
    body in bytes, None if it is chunked or lasts until the connection closes.
    """

    version: tuple[int, int]
    status: int
    fields: tuple[tuple[bytes, bytes], ...]
    length: int | None
    is_chunked: bool

    @property
    def is_persistent(self) -> bool:
        """True if the server keeps the connection open after this response (RFC 9112, section 9.3)."""
        options = {option.strip().lower() for value in self.values(b"connection") for option in value.split(b",")}
        return b"close" not in options and (self.version >= (1, 1) or b"keep-alive" in options)

    def values(self, name: bytes) -> list[bytes]:
        """Return the values of all fields with the lower-case `name`."""
        return [value for key, value in self.fields if key.lower() == name]


class ResponseParser:
    """Parses one response from pieces of its byte stream. Interim (1xx) responses are skipped.

    `head` is set once the final response's head is complete, `is_complete` once its end was seen; `surplus` is then
    the number of bytes fed beyond it. `is_bodiless` is true for the response to a HEAD request.
    """

    def __init__(self, *, is_bodiless: bool = False) -> None:
        self.head: ResponseHead | None = None
        self.is_complete = False
        self.surplus = 0
        self._is_bodiless = is_bodiless
        self._buffer = bytearray()
        self._scanned = 0  # bytes of the buffer known to hold no line end, or no blank line
        self._status: tuple[tuple[int, int], int] | None = None
        self._headers_start = 0
        self._left = 0  # bytes of the body, or of the current chunk, still to come
        self._step = self._feed_until_close
        self._trailers = 0

    @property
    def ends_with_connection(self) -> bool:
        """True if the body has begun and lasts until the server closes the connection."""
        return self.head is not None and self.head.length is None and not self.head.is_chunked

    def feed(self, data: bytes) -> bytes:
        """Parse `data` and return the bytes of the body in it, without framing. Raises BadResponse."""
        if self.head is None:
            self._buffer += data
            if (head := self._parse_head()) is None:
                return b""
            data = bytes(self._buffer)
            self._buffer.clear()
            self._begin_body(head)
        return self._step(data)

    # -- head ------------------------------------------------------------------------------------------------------

    def _parse_head(self) -> ResponseHead | None:
        while True:
            if self._status is None and not self._parse_status_line():
                return None
            blank = _BLANK_LINE.search(self._buffer, max(self._headers_start - 1, self._scanned - 2))
            if blank is None:
                self._scanned = len(self._buffer)
                return None
            lines = bytes(self._buffer[self._headers_start : blank.start() + 1])
            del self._buffer[: blank.end()]
            self._scanned = 0
            assert self._status is not None
            version, status = self._status
            self._status = None
            if not 100 <= status < 200:
                return self._build_head(version, status, lines)

    def _parse_status_line(self) -> bool:
        end = self._buffer.find(b"\n", self._scanned)
        if end < 0:
            self._scanned = len(self._buffer)
            return False
        line = bytes(self._buffer[:end]).removesuffix(b"\r")
        if not (match := _STATUS_LINE.fullmatch(line)):
            raise BadResponse(f"no HTTP status line: {line[:80]!r}")
        self._status = (int(match[2]), int(match[3])), int(match[4])
        self._headers_start = self._scanned = end + 1
        return True

    def _build_head(self, version: tuple[int, int], status: int, lines: bytes) -> ResponseHead:
        fields = tuple(_parse_fields(lines))
        is_chunked, length = False, None
        if self._is_bodiless or status in (204, 304):
            length = 0
        elif codings := [value.lower() for name, value in fields if name.lower() == b"transfer-encoding"]:
            if codings[0] != b"chunked":
                raise BadResponse(f"unknown transfer encoding {codings[0][:80]!r}")
            is_chunked = True
        elif lengths := {value for name, value in fields if name.lower() == b"content-length"}:
            if len(lengths) > 1 or not _LENGTH.fullmatch(text := lengths.pop()):
                raise BadResponse("invalid Content-Length")
            length = int(text)
        return ResponseHead(version, status, fields, length, is_chunked)

    # -- body ------------------------------------------------------------------------------------------------------

    def _begin_body(self, head: ResponseHead) -> None:
        self.head = head
        if head.is_chunked:
            self._step = self._feed_chunks
        elif head.length is not None:
            self._left = head.length
            self._step = self._feed_length

    def _feed_until_close(self, data: bytes) -> bytes:
        return data

    def _feed_length(self, data: bytes) -> bytes:
        if len(data) < self._left:
            self._left -= len(data)
            return data
        body = data[: self._left]
        self.is_complete, self.surplus = True, len(data) - self._left
        return body

    def _feed_chunks(self, data: bytes) -> bytes:
        if self._buffer:
            data = bytes(self._buffer) + data
            self._buffer.clear()
        position, pieces = 0, []
        while position < len(data) and not self.is_complete:
            if self._left > 1:  # inside a chunk; the last unit of `_left` is the line end after it
                piece = data[position : position + self._left - 1]
                pieces.append(piece)
                position += len(piece)
                self._left -= len(piece)
                continue
            step = self._skip_chunk_end if self._left else self._skip_trailer if self._trailers else self._read_size
            if (end := step(data, position)) is None:
                self._buffer += data[position:]
                break
            position = end
        if self.is_complete:
            self.surplus = len(data) - position
        return b"".join(pieces)

    def _read_size(self, data: bytes, position: int) -> int | None:
        end = data.find(b"\n", position) + 1
        if (end or len(data)) - position > CHUNK_LINE_MAXSIZE:
            raise BadResponse(f"a chunk-size line of more than {CHUNK_LINE_MAXSIZE} bytes")
        if not end:
            return None
        if not (match := _CHUNK_LINE.fullmatch(data, position, end)):
            raise BadResponse(f"no chunk size: {data[position : min(end, position + 80)]!r}")
        if size := int(match[1], 16):
            self._left = size + 1
        else:
            self._trailers = 1
        return end

    def _skip_chunk_end(self, data: bytes, position: int) -> int | None:
        if match := _CHUNK_END.match(data, position):
            self._left = 0
            return match.end()
        if data[position:] == b"\r":
            return None
        raise BadResponse(f"a chunk does not end with a line end: {data[position : position + 80]!r}")

    def _skip_trailer(self, data: bytes, position: int) -> int | None:
        end = data.find(b"\n", position) + 1
        if self._trailers + (end or len(data)) - position > TRAILERS_MAXSIZE:
            raise BadResponse(f"trailers of more than {TRAILERS_MAXSIZE} bytes")
        if not end:
            return None
        self._trailers += end - position
        self.is_complete = data[position:end] in (b"\r\n", b"\n")
        return end


def _parse_fields(lines: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the header fields; skip lines without a colon or a valid name, join folded lines."""
    pending: list[bytes] = []
    for raw in lines.split(b"\n"):
        line = raw.removesuffix(b"\r")
        if line[:1] in (b" ", b"\t"):
            pending.append(line)
            continue
        if pending:
            name, colon, value = b"".join(pending).partition(b":")
            name = name.rstrip(b" \t")
            if colon and _TOKEN.fullmatch(name):
                yield name, value.strip()
        pending = [line] if line else []


def format_request(
    method: bytes, target: bytes, fields: list[tuple[bytes, list[bytes]]], host: bytes, body: bytes = b""
) -> bytes:
    """Return a request as sent: `fields` in their order, Host last unless among them. Raises ValueError.

    Line ends in values become spaces, so that a value cannot add header lines.
    """
    if not _TOKEN.fullmatch(method) or not re.fullmatch(rb"[!-~]+", target):
        raise ValueError(f"not a request line: {method!r} {target!r}")
    lines = [b"%s %s HTTP/1.1" % (method, target)]
    if body or method in (b"POST", b"PUT"):
        lines.append(b"Content-Length: %d" % len(body))
    has_host = False
    for name, values in fields:
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"not a header name: {name!r}")
        lower = name.lower()
        has_host = has_host or lower == b"host"
        spelled = _SPELLINGS.get(name, name)
        lines += [b"%s: %s" % (spelled, b" ".join(value.splitlines())) for value in values]
    if not has_host:
        lines.append(b"Host: " + host)
    return b"\r\n".join([*lines, b"", body])
