"""An HTTP/1.x message read from its bytes, leniently: what servers send, not only what RFC 9112 allows."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from archive.block import CHUNK, Block

#: Longest head looked for, in bytes. A longer one is no head: the whole message is taken as head, without an entity.
MAX_HEAD = 1 << 20

#: Bytes read of a message at first: most heads are shorter.
USUAL_HEAD = 1 << 12

#: Most header lines parsed; those beyond are left out of `fields` (their bytes stay in the block).
MAX_FIELDS = 10_000

#: Longest message whose entity is given in one piece, in bytes.
AT_ONCE = 4 << 20

# Some servers end lines in LF alone, some in CR CR LF.
_HEAD_END = re.compile(rb"\n\r*\n")
_FOLD = (b" ", b"\t")
_RESPONSE_START = re.compile(rb"\s{0,4}(?:HTTP\w{0,4}/|HTTP |ICY )", re.IGNORECASE)
_REQUEST_START = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ \S")
# A chunk's size line, with the CRLF that ends the chunk before it; and what a cut connection leaves of one.
_CHUNK_LINE = re.compile(rb"(?:\r?\n)?[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")
_CUT_CHUNK_LINE = re.compile(rb"(?:\r?\n?)?[ \t]*[0-9A-Fa-f]{0,15}[ \t]*(?:;[^\n]*)?\r?")
_STATUS = re.compile(rb"\s*\S+[ \t]+(\d{3})(?:[ \t]+(.*))?", re.DOTALL)


@dataclass(frozen=True)
class Head:
    """Start line and header lines of one message.

    `fields` are (name, value) as sent, in order, case and number, values without the white space around them;
    an obsolete folded line is joined to its field by one space. `strays` are header lines without a colon.
    `length` is the bytes of the head with its blank line; `complete` is false when the blank line never came.
    A message without a start line (HTTP/0.9) has an empty head of length 0.
    """

    start_line: bytes
    fields: tuple[tuple[bytes, bytes], ...]
    strays: tuple[bytes, ...]
    length: int
    complete: bool
    _first: Mapping[bytes, bytes] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_first", {name.lower(): value for name, value in reversed(self.fields)})

    @cached_property
    def status(self) -> int | None:
        """The three-digit status code of a response; ``None`` for a request or an unreadable line."""
        match = _STATUS.match(self.start_line)
        return int(match[1]) if match else None

    @cached_property
    def reason(self) -> bytes:
        """The reason phrase; empty when the server sent none."""
        match = _STATUS.match(self.start_line)
        return (match[2] or b"") if match else b""

    def get(self, name: bytes) -> bytes | None:
        """The first value of the header `name`, in any case."""
        return self._first.get(name.lower())

    def get_all(self, name: bytes) -> list[bytes]:
        """Every value of the header `name`, in any case, in order."""
        name = name.lower()
        return [value for field, value in self.fields if field.lower() == name] if name in self._first else []

    def codings(self, name: bytes) -> list[str]:
        """The comma-separated tokens of a list header such as Content-Encoding, lower case, in order."""
        tokens = b",".join(self.get_all(name)).split(b",")
        return [token.strip().lower().decode("latin-1") for token in tokens if token.strip()]

    @property
    def chunked(self) -> bool:
        """Does the head announce chunk framing?"""
        return b"transfer-encoding" in self._first and "chunked" in self.codings(b"transfer-encoding")


def parse_head(data: bytes) -> Head:
    """The head at the start of `data`. Never raises: what cannot be understood is kept in `strays` or left out."""
    if not (_RESPONSE_START.match(data) or _REQUEST_START.match(data)):
        return Head(b"", (), (), 0, True)
    end = _HEAD_END.search(data)
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
    """The head of the message in `block`, reading no more than twice the head or a usual one."""
    data = block.read(0, USUAL_HEAD)
    head = parse_head(data)
    while not (head.length and head.complete) and len(data) < min(len(block), MAX_HEAD) and not _HEAD_END.search(data):
        data = block.read(0, min(2 * len(data), MAX_HEAD))
        head = parse_head(data)
    return head


def entity(block: Block, head: Head | None = None) -> Iterator[bytes]:
    """The entity of the message in `block`, piece by piece: chunk framing undone, content encoding kept.

    Lenient in the way the archives of other writers need: a Transfer-Encoding header over bytes that are not
    chunked gives them as they are, wrong framing half-way gives the rest as it is, a cut ends the entity.
    """
    head = head or head_of(block)
    if head.chunked:
        return _dechunked(block, head.length)
    return block.chunks(head.length) if len(block) > AT_ONCE else iter((block.read(head.length),))


def _dechunked(block: Block, position: int) -> Iterator[bytes]:
    first = position
    while position < len(block):
        line = block.read(position, 4096)
        match = _CHUNK_LINE.match(line)
        if not match:
            cut = position > first and position + len(line) == len(block) and _CUT_CHUNK_LINE.fullmatch(line)
            if not cut:
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
