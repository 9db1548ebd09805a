"""The framing of HTTP/1.1: however a response is split into pieces, the parser finds the same head, body and end."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.handlers.http1 import CHUNK_LINE_MAXSIZE, TRAILERS_MAXSIZE, BadResponse, ResponseParser, format_request

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

#: name -> (response, its body)
RESPONSES = {
    "length": (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
    "no reason and LF": (b"HTTP/1.1 200\nContent-Length: 5\n\nhello", b"hello"),
    "no body": (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", b""),
    "interim": (b"HTTP/1.1 103 x\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
    "chunks": (CHUNKED + b"5;name=value\r\nhello\r\n1\r\n!\r\n0\r\nX-Sum: 1\r\n\r\n", b"hello!"),
    "chunks with LF and spaces": (CHUNKED + b"5  \nhello\n 1 ;x\n!\n0\n\n", b"hello!"),
    "chunk like a line end": (CHUNKED + b"4\r\n\r\n\r\n\r\n0\r\n\r\n", b"\r\n\r\n"),
}


@settings(max_examples=200, deadline=None)
@given(
    case=st.sampled_from(list(RESPONSES.values())),
    cuts=st.lists(st.integers(0, 120), max_size=6),
    surplus=st.binary(max_size=20),
)
def test_response_is_parsed_alike_however_it_is_split(case, cuts, surplus):
    response, body = case
    edges = [0, *sorted(min(cut, len(response)) for cut in cuts), len(response)]
    pieces = [response[start:end] for start, end in pairwise(edges)]
    pieces[-1] += surplus
    parser, found = ResponseParser(), b""
    for piece in pieces:
        if not parser.is_complete:
            found += parser.feed(piece)
        else:
            surplus = surplus[: parser.surplus]
    assert (found, parser.is_complete, parser.surplus) == (body, True, len(surplus))


def test_fields_keep_order_case_and_number():
    parser = ResponseParser()
    parser.feed(
        b"HTTP/1.0 404 \r\n folded without a field\r\nB: 1\r\nstray\r\na:2\r\nB : 3\r\n\t4\r\n\xe6: x\r\n"
        b"Content-Length: 0\r\n\r\n"
    )
    head = parser.head
    assert head is not None
    assert head.fields == ((b"B", b"1"), (b"a", b"2"), (b"B", b"3\t4"), (b"Content-Length", b"0"))
    assert (head.version, head.status, head.length, head.values(b"b")) == ((1, 0), 404, 0, [b"1", b"3\t4"])


@pytest.mark.parametrize(
    ("lines", "is_persistent"),
    [
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: x\r\nconnection: Close\r\n", False),
        (b"HTTP/1.0 200 OK\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", True),
    ],
)
def test_connection_options_decide_on_reuse(lines, is_persistent):
    parser = ResponseParser()
    parser.feed(lines + b"\r\n")
    assert parser.head is not None
    assert parser.head.is_persistent is is_persistent


def test_response_to_head_has_no_body():
    parser = ResponseParser(is_bodiless=True)
    assert parser.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") == b""
    assert parser.is_complete


def test_body_without_length_lasts_until_the_connection_closes():
    parser = ResponseParser()
    assert parser.feed(b"HTTP/1.1 200 OK\r\n\r\none ") + parser.feed(b"two") == b"one two"
    assert (parser.ends_with_connection, parser.is_complete) == (True, False)


@pytest.mark.parametrize(
    "response",
    [
        b"HTTP/1.1\r\n",
        b"HTTP/1.1 OK\r\n",
        b"HTTP/1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        CHUNKED + b"\r\n",
        CHUNKED + b"-5\r\nhello",
        CHUNKED + b"5\r\nhelloX",
        CHUNKED + b"5;" + b"x" * CHUNK_LINE_MAXSIZE,
        CHUNKED + b"0\r\n" + b"X: y\r\n" * (TRAILERS_MAXSIZE // 6 + 1),
    ],
)
def test_broken_framing_is_an_error(response):
    with pytest.raises(BadResponse):
        ResponseParser().feed(response)


def test_request_has_length_first_and_host_last():
    request = format_request(b"POST", b"/a?b", [(b"Etag", [b"x", b"y"])], b"a.example", b"body")
    assert request == (b"POST /a?b HTTP/1.1\r\nContent-Length: 4\r\nETag: x\r\nETag: y\r\nHost: a.example\r\n\r\nbody")
    assert format_request(b"GET", b"/", [(b"Host", [b"b.example"])], b"a.example") == (
        b"GET / HTTP/1.1\r\nHost: b.example\r\n\r\n"
    )


def test_line_ends_in_values_do_not_add_header_lines():
    assert b"\r\nX: a Evil: b\r\n" in format_request(b"GET", b"/", [(b"X", [b"a\r\nEvil: b"])], b"h")


@pytest.mark.parametrize(
    ("method", "target", "name"),
    [(b"GET /x", b"/", b"X"), (b"GET", b"/ HTTP/1.1\r\nEvil: b", b"X"), (b"GET", b"/", b"X: y\r\nEvil")],
)
def test_request_that_could_be_split_is_rejected(method, target, name):
    with pytest.raises(ValueError, match="not a"):
        format_request(method, target, [(name, [b"v"])], b"h")
