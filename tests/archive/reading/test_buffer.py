"""Short gzip members inflated in one step: the result must equal that of inflating them in pieces."""

import gzip
import io
import os
import struct
import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.gzip_writer import deflate_record
from archive.reading.buffer import FileBuffer

MAGIC = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
CONTENTS = st.one_of(
    st.binary(max_size=3000),
    st.builds(lambda piece, times: piece * times, st.binary(min_size=1, max_size=40), st.integers(1, 400)),
    st.builds(lambda first, second: first + MAGIC + second, st.binary(max_size=900), st.binary(max_size=900)),
)
MAKERS = st.sampled_from(
    [deflate_record, lambda data: gzip.compress(data, 9, mtime=0), lambda data: gzip.compress(data, 0)]
)
MEMBERS = st.builds(lambda make, content: make(content), MAKERS, CONTENTS)
TAILS = st.one_of(st.just(b""), st.binary(max_size=30), st.just(MAGIC))


def inflate_at_once(data: bytes, ahead: int = 1 << 17) -> list[tuple[bytes, int, int]]:
    return list(FileBuffer(io.BytesIO(data), 0, ahead).short_members())


def inflate_in_pieces(data: bytes, start: int) -> tuple[bytes, int, int] | None:
    """Inflate the member at `start` of `data` with zlib. Return content and position; ``None`` if it is broken."""
    inflate = zlib.decompressobj(31)
    try:
        out = inflate.decompress(data[start:])
    except zlib.error:
        return None
    return (out, start, len(data) - start - len(inflate.unused_data)) if inflate.eof else None


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(MEMBERS, TAILS), min_size=1, max_size=4), st.sampled_from([1, 1 << 17]), st.data())
def test_members_equal_those_inflated_in_pieces(parts, ahead, data):
    joined = bytearray(b"".join(member + tail for member, tail in parts))
    for _ in range(data.draw(st.integers(0, 2))):
        joined[data.draw(st.integers(0, len(joined) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    joined = bytes(joined[: data.draw(st.sampled_from([len(joined), len(joined) // 2]))])
    at = 0
    for found in inflate_at_once(joined, ahead):
        assert found == inflate_in_pieces(joined, at)
        at += found[2]


@settings(max_examples=100, deadline=None)
@given(MEMBERS, TAILS, st.booleans())
def test_member_is_inflated_at_once_only_if_nothing_else_precedes_the_next(member, tail, again):
    given_bytes = member + tail + (member[-8:] if again else b"")
    for found in inflate_at_once(given_bytes + MAGIC)[:1]:
        assert found == inflate_in_pieces(given_bytes, 0)


def test_consecutive_members_are_inflated_at_once():
    contents = [b"WARC/1.1\r\n" + bytes(range(256)) * times for times in (1, 4, 9)]
    members = list(map(deflate_record, contents))
    buffer = FileBuffer(io.BytesIO(b"".join(members)), 0, 1)
    (first, *place), (second, *next_place) = buffer.short_members()  # the end of the last one is unknown
    assert [first, second] == contents[:2]
    assert [place, next_place] == [[0, len(members[0])], [len(members[0]), len(members[1])]]
    assert buffer.peek(1 << 14) == members[2]
    assert buffer.offset == sum(map(len, members[:2]))


def test_many_members_are_read_to_the_end():
    members = [deflate_record(os.urandom(5000)) for _ in range(100)]
    assert len(inflate_at_once(b"".join(members) + MAGIC)) == 100


def test_bytes_after_a_member_are_not_skipped():
    member = deflate_record(b"text " * 300)
    assert inflate_at_once(member + MAGIC)
    for behind in (b"\r\n", member[-8:], b"x" + member[-8:], struct.pack("<I", 1500)):
        assert not inflate_at_once(member + behind + MAGIC)
