"""A block returns the bytes appended to it, from memory or from its file."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import Block


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=40), max_size=12), st.integers(0, 100), st.integers(0, 300), st.integers(-1, 300))
def test_reads_are_slices_of_what_was_appended(pieces, spill_at, start, size):
    block = Block(spill_at=spill_at)
    for piece in pieces:
        block.append(piece)
    whole = b"".join(pieces)
    assert bytes(block) == whole
    assert len(block) == len(whole)
    assert block.read(start, size) == (whole[start:] if size < 0 else whole[start : start + size])
    assert b"".join(block.chunks(start)) == whole[start:]
    assert block == Block(whole)
    block.close()


def test_blocks_compare_by_their_bytes():
    assert Block(b"ab") != Block(b"ac")
    assert Block(b"ab") != Block(b"abc")
    assert Block(b"ab") != b"ab"
    with pytest.raises(TypeError):
        hash(Block())


def test_closed_block_is_empty():
    block = Block(b"x" * 100, spill_at=10)
    block.append(b"y")
    block.close()
    assert (len(block), bytes(block)) == (0, b"")


@pytest.mark.parametrize("spill_at", [4, 1 << 20], ids=["file", "memory"])
def test_pieces_are_the_bytes_from_any_start(spill_at):
    block = Block(b"ab", spill_at=spill_at)
    block.append(b"cdefg")
    for start in range(9):
        assert b"".join(block.pieces(start)) == b"abcdefg"[start:]
    block.append(b"h")
    assert bytes(block) == b"abcdefgh"
    assert list(Block().pieces()) == []
