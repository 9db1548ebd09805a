"""The standard library inflates every member to its record, whichever method compressed it."""

import gzip
import os

import pytest

from archive import Block
from archive.gzip_writer import SHORT, STORE_FROM, deflate_in_pieces, store_in_pieces

HEAD = b"WARC/1.1\r\nContent-Length: 0\r\n\r\n"


@pytest.mark.parametrize("pack", [deflate_in_pieces, store_in_pieces])
@pytest.mark.parametrize("size", [0, 1, SHORT, STORE_FROM - 1, STORE_FROM, 65535, 65536, 200_000])
@pytest.mark.parametrize("spill_at", [1 << 20, 1000], ids=["memory", "file"])
def test_member_inflates_to_the_record(pack, size, spill_at):
    body = os.urandom(size)
    block = Block(spill_at=spill_at)
    block.append(body)
    packed = b"".join(pack(HEAD, block))
    assert gzip.decompress(packed) == HEAD + body + b"\r\n\r\n"
    assert len(packed) < size + 100 + size // 500


def test_compression_is_reproducible():
    block = Block(os.urandom(10_000))
    assert b"".join(store_in_pieces(HEAD, block)) == b"".join(store_in_pieces(HEAD, block))


def test_long_block_is_deflated_in_pieces():
    block = Block()
    for _ in range(40):
        block.append(b"long " * 20_000)
    pieces = list(deflate_in_pieces(HEAD, block))
    assert len(pieces) > 40
    assert gzip.decompress(b"".join(pieces)) == HEAD + bytes(block) + b"\r\n\r\n"
