"""Short gzip members taken in one step: nothing may be read otherwise than piece by piece."""

import gzip
import struct
import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from archive.gzip_member import deflated
from archive.short_member import inflated, short_member

MAGIC = b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
CONTENTS = st.one_of(
    st.binary(max_size=3000),
    st.builds(lambda piece, times: piece * times, st.binary(min_size=1, max_size=40), st.integers(1, 400)),
    st.builds(lambda first, second: first + MAGIC + second, st.binary(max_size=900), st.binary(max_size=900)),
)
MAKERS = st.sampled_from([deflated, lambda data: gzip.compress(data, 9, mtime=0), lambda data: gzip.compress(data, 0)])
MEMBERS = st.builds(lambda make, content: make(content), MAKERS, CONTENTS)
TAILS = st.one_of(st.just(b""), st.binary(max_size=30), st.just(MAGIC))


def piece_by_piece(data: bytes) -> tuple[bytes, int] | None:
    """What zlib makes of the member that `data` begins with, and its length; ``None`` for a broken one."""
    inflate = zlib.decompressobj(31)
    try:
        out = inflate.decompress(data)
    except zlib.error:
        return None
    return (out, len(data) - len(inflate.unused_data)) if inflate.eof else None


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(MEMBERS, TAILS), min_size=1, max_size=4), st.data())
def test_what_is_read_is_what_is_read_piece_by_piece(parts, data):
    joined = bytearray(b"".join(member + tail for member, tail in parts))
    for _ in range(data.draw(st.integers(0, 2))):
        joined[data.draw(st.integers(0, len(joined) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    joined = bytes(joined[: data.draw(st.sampled_from([len(joined), len(joined) // 2]))])
    found = short_member(joined, 0)
    assert found is None or found == piece_by_piece(joined)


@settings(max_examples=100, deadline=None)
@given(MEMBERS, TAILS, st.booleans())
def test_a_member_is_inflated_only_when_it_is_all_there_is(member, tail, again):
    given_bytes = member + tail + (member[-8:] if again else b"")
    out = inflated(given_bytes)
    assert out is None or (out, len(given_bytes)) == piece_by_piece(given_bytes)


def test_members_in_a_row_are_read_in_one_step():
    contents = [b"WARC/1.1\r\n" + bytes(range(256)) * times for times in (1, 4, 9)]
    data = b"".join(map(deflated, contents))
    first, at = short_member(data, 0)
    second, end = short_member(data, at)
    assert [first, second] == contents[:2]
    assert short_member(data, end) is None  # nothing tells where the last one ends
    assert inflated(data[end:]) == contents[2]


def test_bytes_behind_a_member_are_not_passed_over():
    member = deflated(b"text " * 300)
    for behind in (b"\r\n", member[-8:], b"x" + member[-8:], struct.pack("<I", 1500)):
        assert inflated(member + behind) is None
        assert short_member(member + behind + MAGIC, 0) is None
