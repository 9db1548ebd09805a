"""Compresses a record as its own gzip member (RFC 1952), choosing the cheapest method for its bytes."""

import struct
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from isal import isal_zlib

from archive.block import SPILL_AT, Block
from archive.digest import Bytes

#: isal's level for uncompressed bodies: a seventh of the cost of zlib's level 9, an eighth longer.
LEVEL = 3

#: From this many bytes on, a lower level is used. It costs half as much and makes a page a thirtieth longer.
LONG = 384 << 10
LEVEL_OF_LONG = 2

#: Up to this many bytes a fixed Huffman code is used: setting up a dynamic one would cost more than it saves.
SHORT = 1024

#: A compressed body shorter than this is deflated together with its head, which gives a shorter member.
STORE_FROM = 4096

RECORD_END = b"\r\n\r\n"

# No name, no time, unknown system: the output is reproducible.
_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_STORED_MAX = 0xFFFF
_STORED_HEAD = 5

#: Bytes that an uncompressed member has at least beside its content.
MIN_STORED = 10 + _STORED_HEAD + 8


def deflate_record(record: bytes) -> bytes:
    """Return a complete record as a deflated member."""
    if len(record) > SHORT:
        return isal_zlib.compress(record, LEVEL if len(record) < LONG else LEVEL_OF_LONG, 31)
    deflate = isal_zlib.compressobj(0, isal_zlib.DEFLATED, 31, strategy=isal_zlib.Z_FIXED)
    return deflate.compress(record) + deflate.flush()


def store_record(record: bytes) -> bytes:
    """Return a complete short record as an uncompressed member; a longer one is deflated."""
    if len(record) > SHORT:
        return deflate_record(record)
    crc = struct.pack("<II", isal_zlib.crc32(record), len(record))
    return b"".join((_HEADER, _stored_head(len(record), last=True), record, crc))


def deflate_in_pieces(head: bytes, block: Block) -> Iterator[bytes]:
    """Yield the record as a deflated member, in pieces; a long block is never in memory as a whole."""
    if len(block) <= SPILL_AT:
        yield deflate_record(b"".join((head, *block.pieces(), RECORD_END)))
        return
    deflate = isal_zlib.compressobj(LEVEL_OF_LONG, isal_zlib.DEFLATED, 31)
    yield deflate.compress(head)
    for piece in block.pieces():
        yield deflate.compress(piece)
    yield deflate.compress(RECORD_END)
    yield deflate.flush()


def store_in_pieces(head: bytes, block: Block) -> Iterable[Bytes]:
    """Return the record as an uncompressed member (RFC 1951, section 3.2.4), in pieces.

    For a body that is already compressed, which gains nothing from a second pass. Deflating only the head would cost
    more than the half kilobyte it saves.
    """
    size = len(head) + len(block) + len(RECORD_END)
    if len(block) < STORE_FROM:
        return deflate_in_pieces(head, block)
    if size > _STORED_MAX:
        return chain((_HEADER,), _stored_pieces(chain((head,), block.pieces(), (RECORD_END,)), size))
    body = block.read()
    crc = isal_zlib.crc32(RECORD_END, isal_zlib.crc32(body, isal_zlib.crc32(head)))
    return (_HEADER + _stored_head(size, last=True) + head, body, RECORD_END + struct.pack("<II", crc, size))


def store_exactly(length: int, make_content: Callable[[int], Iterable[Bytes]]) -> Iterator[Bytes]:
    """Yield an uncompressed member of exactly `length` bytes; `make_content` returns content of the size it is given.

    Not every length is possible, so up to five bytes go into the name in the member's header.
    """
    blocks = -(-(length - MIN_STORED + _STORED_HEAD) // (_STORED_MAX + _STORED_HEAD))
    size = min(length - MIN_STORED - _STORED_HEAD * (blocks - 1), blocks * _STORED_MAX)
    if blocks > 1 and size <= (blocks - 1) * _STORED_MAX:
        blocks, size = blocks - 1, (blocks - 1) * _STORED_MAX
    rest = length - MIN_STORED - _STORED_HEAD * (blocks - 1) - size
    yield _HEADER if not rest else _HEADER[:3] + b"\x08" + _HEADER[4:] + b"-" * (rest - 1) + b"\0"
    yield from _stored_pieces(make_content(size), size)


def _stored_pieces(pieces: Iterable[Bytes], size: int) -> Iterator[Bytes]:
    """Yield content of `size` bytes in deflate's stored blocks, and the member's trailer."""
    crc, left = 0, size
    room = min(left, _STORED_MAX)
    yield _stored_head(room, last=room == left)
    for piece in pieces:
        crc = isal_zlib.crc32(piece, crc)
        while len(piece) > room:
            yield piece[:room]
            piece, left = piece[room:], left - room
            room = min(left, _STORED_MAX)
            yield _stored_head(room, last=room == left)
        yield piece
        room, left = room - len(piece), left - len(piece)
    yield struct.pack("<II", crc, size & 0xFFFFFFFF)


def _stored_head(size: int, *, last: bool) -> bytes:
    return struct.pack("<BHH", last, size, size ^ 0xFFFF)
