"""Messages: responses can be parsed by http.client, and invalid requests are errors."""

import gzip
import http.client
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.demo.errors import DemoError
from crawler.demo.messages import Reply, Request, encode_chunks


class FakeSocket:
    """A socket for http.client that returns fixed bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self.data)


def request(*fields: str, method: str = "GET") -> Request:
    return Request.parse("\r\n".join([f"{method} / HTTP/1.1", *fields, "", ""]).encode(), 80)


@settings(max_examples=60, deadline=None)
@given(
    body=st.binary(max_size=3000),
    size=st.sampled_from([0, 1, 7, 64, 5000]),
    is_gzip=st.booleans(),
    status=st.sampled_from([200, 204, 304, 404, 503, 799]),
    method=st.sampled_from(["GET", "HEAD"]),
)
def test_every_response_can_be_parsed(body, size, is_gzip, status, method):
    reply = Reply(status=status, headers=(("X-One", "1"),), body=body, chunked=size, gzip=is_gzip)
    answer = http.client.HTTPResponse(
        FakeSocket(b"".join(reply.message(request("Accept-Encoding: gzip", method=method)))), method=method
    )
    answer.begin()
    read = answer.read()
    assert (answer.status, answer.getheader("X-One")) == (status, "1")
    if method == "HEAD" or status in (204, 304):
        assert read == b""
    else:
        assert (gzip.decompress(read) if is_gzip else read) == body


def test_same_page_gives_same_bytes():
    reply = Reply(body=b"news " * 100, gzip=True)
    asked = request("Accept-Encoding: gzip")
    assert reply.message(asked) == reply.message(asked)


@pytest.mark.parametrize(
    ("body", "size", "framed"),
    [
        (b"", 4, b"0\r\n\r\n"),
        (b"abcd", 4, b"4\r\nabcd\r\n0\r\n\r\n"),
        (b"abcde", 4, b"4\r\nabcd\r\n1\r\ne\r\n0\r\n\r\n"),
    ],
)
def test_chunks_are_encoded(body, size, framed):
    assert encode_chunks(body, size) == framed


@pytest.mark.parametrize(
    ("host_line", "target", "host", "path"),
    [
        ("Host: www.one.localhost:8080", "/a?b=c", "www.one.localhost", "/a"),
        ("host:WWW.One.localhost", "/", "www.one.localhost", "/"),
        ("Host: [::1]:8080", "/", "[::1]", "/"),
        ("Host: proxy", "http://www.one.localhost:81/x/y?z", "www.one.localhost", "/x/y"),
        ("X: y", "/", "", "/"),
    ],
)
def test_host_and_path_of_request(host_line, target, host, path):
    found = Request.parse(f"GET {target} HTTP/1.1\r\n{host_line}\r\n\r\n".encode(), 8080)
    assert (found.host, found.path, found.target) == (host, path, target)


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /\r\n\r\n",
        b"GET / HTTP/2\r\n\r\n",
        b"\x16\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\nno\r\n\r\n",
        b"GET http://[x/ HTTP/1.1\r\n\r\n",
    ],
)
def test_invalid_requests_are_errors(raw):
    with pytest.raises(DemoError, match=r"not an HTTP/1 request line|not a header line|not a request target"):
        Request.parse(raw, 80)


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_request_or_a_demo_error(raw):
    try:
        Request.parse(raw, 80)
    except DemoError as error:
        assert str(error).startswith("not a")  # noqa: PT017


@pytest.mark.parametrize(
    ("version", "connection", "closes"),
    [("1.1", "", False), ("1.1", "close", True), ("1.0", "", True), ("1.0", "Keep-Alive", False)],
)
def test_requests_that_close_the_connection(version, connection, closes):
    found = Request.parse(f"GET / HTTP/{version}\r\nConnection: {connection}\r\n\r\n".encode(), 80)
    assert found.wants_close == closes
