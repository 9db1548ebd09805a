"""Lenient parser of HTTP/1.x messages: accepts what servers send, not only what RFC 9112 allows."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from archive.block import CHUNK, Block

#: Longest head read, in bytes. If it does not end by then, what was read counts as the head.
MAX_HEAD = 1 << 20

#: Bytes of a message read first: most heads are shorter.
USUAL_HEAD = 1 << 12

#: Most header lines parsed; later ones are left out of `fields` (their bytes stay in the block).
MAX_FIELDS = 10_000

#: Longest message whose entity is yielded in one piece, in bytes.
AT_ONCE = 4 << 20

# Some servers end lines with a bare LF, some with CR CR LF.
_HEAD_END = re.compile(rb"\n\r*\n")
_FOLD = (b" ", b"\t")
_RESPONSE_START = re.compile(rb"\s{0,4}(?:HTTP\w{0,4}/|HTTP |ICY )", re.IGNORECASE)
_REQUEST_START = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ \S")
# A chunk's size line with the CRLF that ends the previous chunk, and the remains of one if the connection was cut.
_CHUNK_LINE = re.compile(rb"(?:\r?\n)?[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")
_CUT_CHUNK_LINE = re.compile(rb"(?:\r?\n?)?[ \t]*[0-9A-Fa-f]{0,15}[ \t]*(?:;[^\n]*)?\r?")
_STATUS = re.compile(rb"\s*\S+[ \t]+(\d{3})(?:[ \t]+(.*))?", re.DOTALL)


@dataclass(frozen=True)
class Head:
    """Start line and header lines of one message.

    `fields` are the (name, value) pairs in their original order and case, duplicates included; values are stripped, and
    an obsolete folded line is joined to its field with one space. `strays` are header lines without a colon.
    `length` is the size of the head in bytes, blank line included; `is_complete` is false if the blank line is missing.
    A message without a start line (HTTP/0.9) has an empty head of length 0.
    """

    start_line: bytes
    fields: tuple[tuple[bytes, bytes], ...]
    strays: tuple[bytes, ...]
    length: int
    is_complete: bool
    _first: Mapping[bytes, bytes] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_first", {name.lower(): value for name, value in reversed(self.fields)})

    @cached_property
    def status(self) -> int | None:
        """The three-digit status code of a response; ``None`` for a request or a malformed line."""
        match = _STATUS.match(self.start_line)
        return int(match[1]) if match else None

    @cached_property
    def reason(self) -> bytes:
        """The reason phrase; empty if absent."""
        match = _STATUS.match(self.start_line)
        return (match[2] or b"") if match else b""

    def get(self, name: bytes) -> bytes | None:
        """Return the first value of the header `name` (case-insensitive)."""
        return self._first.get(name.lower())

    def get_all(self, name: bytes) -> list[bytes]:
        """Return every value of the header `name` (case-insensitive), in order."""
        name = name.lower()
        return [value for field, value in self.fields if field.lower() == name] if name in self._first else []

    def codings(self, name: bytes) -> list[str]:
        """Return the tokens of a comma-separated header such as Content-Encoding, in lower case and in order."""
        tokens = b",".join(self.get_all(name)).split(b",")
        return [token.strip().lower().decode("latin-1") for token in tokens if token.strip()]

    @property
    def is_chunked(self) -> bool:
        """True if the head announces chunked transfer coding."""
        return b"transfer-encoding" in self._first and "chunked" in self.codings(b"transfer-encoding")


#: The head of a message that has none.
NO_HEAD = Head(b"", (), (), 0, True)


def parse_head(data: bytes) -> Head:
    """Return the head at the start of `data`. Never raises: malformed lines go to `strays` or are left out."""
    return _parse_head(data, _HEAD_END.search(data))


def _parse_head(data: bytes, end: re.Match[bytes] | None) -> Head:
    """Parse the head at the start of `data`; `end` is the match of the blank line, if there is one."""
    if not (_RESPONSE_START.match(data) or _REQUEST_START.match(data)):
        return NO_HEAD
    length = end.end() if end else len(data)
    lines = data[: end.start() if end else length].split(b"\n", MAX_FIELDS)
    if len(lines) > MAX_FIELDS:
        lines.pop()
    fields: list[tuple[bytes, bytes]] = []
    strays: list[bytes] = []
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if line[:1] in _FOLD and fields:
            fields[-1] = (fields[-1][0], fields[-1][1] + b" " + line.strip())
        elif colon and (name := name.rstrip()):
            fields.append((name, value.strip()))
        elif line := line.rstrip(b"\r"):
            strays.append(line)
    return Head(lines[0].rstrip(b"\r"), tuple(fields), tuple(strays), length, end is not None)


def head_of(block: Block) -> Head:
    """Return the head of the message in `block`. Reads little more than the head and parses it once."""
    data = block.read(0, USUAL_HEAD)
    while (end := _HEAD_END.search(data)) is None and len(data) < min(len(block), MAX_HEAD):
        data = block.read(0, min(2 * len(data), MAX_HEAD))
    return _parse_head(data, end)


def entity(block: Block, head: Head) -> Iterator[bytes]:
    """Yield the entity of the message in `block`: chunk framing removed, content encoding kept.

    Lenient, since archives of other writers need it: if a Transfer-Encoding header is wrong, the bytes are yielded as
    they are; after invalid framing, the rest is yielded as it is; a truncated message ends the entity.
    """
    if head.is_chunked:
        return _dechunk(block, head.length)
    return block.chunks(head.length) if len(block) > AT_ONCE else iter((block.read(head.length),))


def _dechunk(block: Block, position: int) -> Iterator[bytes]:
    first = position
    while position < len(block):
        line = block.read(position, 4096)
        match = _CHUNK_LINE.match(line)
        if not match:
            at_end = position > first and position + len(line) == len(block)
            if not (at_end and _CUT_CHUNK_LINE.fullmatch(line)):
                yield from block.chunks(position)
            return
        size = int(match[1], 16)
        if size == 0:
            return
        position += match.end()
        end = min(position + size, len(block))
        while position < end:
            piece = block.read(position, min(CHUNK, end - position))
            position += len(piece)
            yield piece
