"""A record as a gzip member of its own (RFC 1952), made at the least cost its bytes allow."""

import struct
from collections.abc import Iterator
from itertools import chain

from isal import isal_zlib

from archive.block import SPILL_AT, Block
from archive.digest import Bytes

#: isal's level for bodies as they were written: a seventh of the cost of zlib's level 9, an eighth longer.
LEVEL = 3

#: Up to this many bytes a fixed code does: setting up the level above would cost more than the few bytes it saves.
SHORT = 1024

#: A compressed body shorter than this is deflated with its head: a member of two parts would be longer.
STORE_FROM = 4096

RECORD_END = b"\r\n\r\n"

# No name, no time, an unknown system: the same bytes whenever and wherever they are written.
_HEADER = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
_STORED_MAX = 0xFFFF


def deflated_member(head: bytes, block: Block) -> Iterator[bytes]:
    """The record in pieces, deflated; a long block is never held whole."""
    if len(block) <= SPILL_AT:
        record = b"".join((head, *block.pieces(), RECORD_END))
        if len(record) > SHORT:
            yield isal_zlib.compress(record, LEVEL, 31)
        else:
            deflate = isal_zlib.compressobj(0, isal_zlib.DEFLATED, 31, strategy=isal_zlib.Z_FIXED)
            yield deflate.compress(record) + deflate.flush()
        return
    deflate = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, 31)
    yield deflate.compress(head)
    for piece in block.pieces():
        yield deflate.compress(piece)
    yield deflate.compress(RECORD_END)
    yield deflate.flush()


def stored_member(head: bytes, block: Block) -> Iterator[Bytes]:
    """The record in pieces, stored as it is (RFC 1951, section 3.2.4): for a body that is compressed already, which
    gains nothing from a second pass. Deflating the head alone would cost more than the half kilobyte it saves.
    """
    if len(block) < STORE_FROM:
        yield from deflated_member(head, block)
        return
    yield _HEADER
    crc = 0
    for piece in chain((head,), block.pieces()):
        crc = isal_zlib.crc32(piece, crc)
        for start in range(0, len(piece), _STORED_MAX):
            part = piece[start : start + _STORED_MAX]
            yield _stored_head(len(part), last=False)
            yield part
    crc = isal_zlib.crc32(RECORD_END, crc)
    size = len(head) + len(block) + len(RECORD_END)
    yield _stored_head(len(RECORD_END), last=True) + RECORD_END + struct.pack("<II", crc, size & 0xFFFFFFFF)


def _stored_head(size: int, *, last: bool) -> bytes:
    return struct.pack("<BHH", last, size, size ^ 0xFFFF)
