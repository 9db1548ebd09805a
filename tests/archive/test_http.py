"""The lenient parser of HTTP heads, chunk framing and content codings."""

import gzip
import zlib

import brotli
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.block import Block
from archive.coding import decode
from archive.errors import TooLargeError
from archive.http import MAX_HEAD, entity, head_of, parse_head

bounded = settings(max_examples=150, deadline=None)


def body_of(message: bytes) -> bytes:
    block = Block(message)
    return b"".join(entity(block, head_of(block)))


def test_head_keeps_order_case_duplicates_and_bytes():
    data = (
        b"HTTP/1.1 203 Non-Auth \xe9\r\nsET-cookie: a\r\nX-Odd:\xc4\xe3\xba\xc3 \r\nno colon\r\nSet-Cookie:b\r\n"
        b"Folded: one\r\n\t two\r\nEmpty:\r\n: nameless\r\n\r\nbody"
    )
    head = parse_head(data)
    assert (head.status, head.reason, head.is_complete) == (203, b"Non-Auth \xe9", True)
    assert head.fields == (
        (b"sET-cookie", b"a"),
        (b"X-Odd", b"\xc4\xe3\xba\xc3"),
        (b"Set-Cookie", b"b"),
        (b"Folded", b"one two"),
        (b"Empty", b""),
    )
    assert head.strays == (b"no colon", b": nameless")
    assert data[head.length :] == b"body"
    assert head.get_all(b"set-cookie") == [b"a", b"b"]
    assert head.get(b"SET-COOKIE") == b"a"
    assert head.get(b"absent") is None


@pytest.mark.parametrize(
    ("line", "status", "reason"),
    [
        (b"HTTP/1.1 200 OK", 200, b"OK"),
        (b"HTTP/1.0 302", 302, b""),
        (b"HTTP/1.0 302 ", 302, b""),
        (b"HTTP/2 200", 200, b""),
        (b"ICY 200 OK", 200, b"OK"),
        (b"HTTP/1.1 abc", None, b""),
        (b"GET / HTTP/1.1", None, b""),
        (b"http/1.1   404   Not   Found", 404, b"Not   Found"),
    ],
)
def test_start_lines(line, status, reason):
    head = parse_head(line + b"\r\nA: b\r\n\r\n")
    assert (head.start_line, head.status, head.reason) == (line, status, reason)
    assert head.fields == ((b"A", b"b"),)


@pytest.mark.parametrize("newline", [b"\r\n", b"\n", b"\r\r\n"])
def test_line_endings(newline):
    head = parse_head(b"HTTP/1.1 200 OK" + newline + b"A: b" + newline * 2 + b"body")
    assert (head.fields, head.length) == (((b"A", b"b"),), 19 + 3 * len(newline))


def test_message_without_a_head_is_all_entity():
    head = parse_head(b"<html>plain</html>\n\nmore")
    assert (head.length, head.status, head.fields) == (0, None, ())
    assert body_of(b"<html>plain</html>\n\nmore") == b"<html>plain</html>\n\nmore"
    assert body_of(b"") == b""


def test_endless_head_is_bounded():
    block = Block(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500_000)
    head = head_of(block)
    assert not head.is_complete
    assert head.length == MAX_HEAD
    assert len(head.fields) <= 10_000


def test_head_longer_than_a_chunk_is_parsed():
    message = b"HTTP/1.1 200 OK\r\n" + b"A: " + b"b" * 300_000 + b"\r\n\r\nbody"
    assert body_of(message) == b"body"


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("framed", "plain"),
    [
        (b"5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\n\r\n", b"hello world"),
        (b"5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n", b"hello"),
        (b"5\nhello\n0\n\n", b"hello"),
        (b"00005 \r\nhello\r\n0\r\n\r\n", b"hello"),
        (b"0\r\n\r\n", b""),
        (b"", b""),
        (b"5\r\nhel", b"hel"),
        (b"5\r\nhello", b"hello"),
        (b"5\r\nhello\r\n", b"hello"),
        (b"5\r\nhello\r\n1", b"hello"),
        (b"5\r\nhello\r\n1f;a", b"hello"),
        (b"<html>no chunks</html>", b"<html>no chunks</html>"),
        (b'{"already": 1}', b'{"already": 1}'),
        (b"5\r\nhello\r\n<p>framing lost\r\n0\r\n\r\n", b"hello\r\n<p>framing lost\r\n0\r\n\r\n"),
        (b"fffffffffffffffffff\r\nx", b"fffffffffffffffffff\r\nx"),
        (b"ffffffff\r\nshort", b"short"),
    ],
)
def test_chunk_framing_is_removed_leniently(framed, plain):
    assert body_of(CHUNKED + framed) == plain


@bounded
@given(st.lists(st.binary(min_size=1, max_size=300), max_size=8), st.integers(0, 3000))
def test_truncated_chunked_body_gives_a_prefix_of_the_entity(pieces, cut):
    framed = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    assert body_of(CHUNKED + framed) == b"".join(pieces)
    if cut and framed[:cut].find(b"\n") >= 0:
        assert b"".join(pieces).startswith(body_of(CHUNKED + framed[:cut]))


@bounded
@given(st.binary(max_size=400))
def test_any_bytes_have_a_head_and_an_entity(data):
    for message in (data, b"HTTP/1.1 200 OK\r\n" + data, CHUNKED + data):
        head = head_of(Block(message))
        assert 0 <= head.length <= len(message)
        assert message.endswith(b"".join(entity(Block(message), head))) or head.is_chunked


names = st.from_regex(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}", fullmatch=True)
values = st.binary(max_size=40).map(lambda value: value.translate(None, b"\r\n").strip())


@bounded
@given(st.lists(st.tuples(names, values), max_size=12), st.binary(max_size=50))
def test_any_fields_are_returned_as_sent(fields, body):
    data = b"HTTP/1.1 200 OK\r\n" + b"".join(b"%b: %b\r\n" % field for field in fields) + b"\r\n" + body
    head = parse_head(data)
    assert head.fields == tuple(fields)
    assert data[head.length :] == body


PLAIN = "正文 body ".encode() * 500
CODED = {
    "gzip": gzip.compress(PLAIN),
    "x-gzip": gzip.compress(PLAIN[:100]) + gzip.compress(PLAIN[100:]),
    "deflate": zlib.compress(PLAIN),
    "br": brotli.compress(PLAIN),
    "zstd": zstd.compress(PLAIN),
    "identity": PLAIN,
}


@pytest.mark.parametrize("coding", CODED)
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_codings_are_decoded(coding, size):
    coded = CODED[coding]
    assert decode([coded[at : at + size] for at in range(0, len(coded), size)], [coding]) == PLAIN


def test_deflate_without_zlib_header_is_decoded():
    deflate = zlib.compressobj(wbits=-15)
    assert decode([deflate.compress(PLAIN) + deflate.flush()], ["deflate"]) == PLAIN


def test_last_coding_is_decoded_first():
    assert decode([brotli.compress(gzip.compress(PLAIN))], ["gzip", "br"]) == PLAIN


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_entity_that_is_not_in_its_coding_is_unchanged(coding):
    assert decode([b"<html>", b" never coded"], [coding]) == b"<html> never coded"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_truncated_entity_is_decoded_as_far_as_possible(coding):
    noise = bytes(range(256)) * 40 + PLAIN
    coded = {"gzip": gzip.compress, "deflate": zlib.compress, "br": brotli.compress, "zstd": zstd.compress}[coding](
        noise
    )
    assert noise.startswith(decode([coded[: len(coded) // 2]], [coding]))


@pytest.mark.parametrize("coding", ["sdch", "utf-8", "iso-8859-1", "chunked", "text/html", "aws-chunked", "8bit", ""])
def test_unknown_coding_is_ignored(coding):
    assert decode([PLAIN], [coding]) == PLAIN
    assert decode([gzip.compress(PLAIN)], [coding, "gzip"]) == PLAIN
    assert decode([gzip.compress(PLAIN)], ["gzip", coding]) == PLAIN


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_bomb_is_stopped_at_the_limit(coding):
    bomb = bytes(300 << 20)
    coded = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstd.compress}.get(
        coding, lambda data: brotli.compress(data, quality=1)
    )(bomb[: 64 << 20])
    with pytest.raises(TooLargeError, match="larger than 1000000 bytes"):
        decode([coded], [coding], limit=1_000_000)
