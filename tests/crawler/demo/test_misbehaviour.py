"""Each misbehaviour, as received over the socket."""

import socket
import time
from datetime import UTC, datetime

import pytest

from crawler.demo import misbehaviour

HOST = "www.one.localhost"


def test_misbehaviour_applies_to_the_first_requests_only(server, ask):
    server.misbehave(HOST, "/", misbehaviour.unavailable(), times=2)
    assert [ask("/")[:12] for _ in range(3)] == [b"HTTP/1.1 503", b"HTTP/1.1 503", b"HTTP/1.1 200"]


def test_misbehaviours_apply_in_the_order_added(server, ask):
    server.misbehave(HOST, "/", misbehaviour.unavailable(), times=1)
    server.misbehave(HOST, "/", misbehaviour.too_many_requests(), times=1)
    assert [ask("/")[9:12] for _ in range(3)] == [b"503", b"429", b"200"]


def test_misbehaviour_applies_to_its_host_and_prefix_only(server, ask):
    server.misbehave(HOST, "/chunked", misbehaviour.unavailable())
    server.misbehave("www.other.localhost", "/", misbehaviour.unavailable())
    assert ask("/").startswith(b"HTTP/1.1 200")
    assert ask("/chunked").startswith(b"HTTP/1.1 503")
    server.clear_misbehaviour()
    assert ask("/chunked").startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("wait", "field"),
    [
        (3, b"Retry-After: 3\r\n"),
        (datetime(2025, 6, 12, 8, 15, tzinfo=UTC), b"Retry-After: Thu, 12 Jun 2025 08:15:00 GMT\r\n"),
    ],
)
def test_retry_after_in_seconds_and_as_date(server, ask, wait, field):
    server.misbehave(HOST, "/", misbehaviour.too_many_requests(retry_after=wait))
    answer = ask("/")
    assert answer.startswith(b"HTTP/1.1 429 Too Many Requests\r\n")
    assert field in answer


def test_cut_response_is_shorter_than_its_content_length(server, ask, html):
    server.misbehave(HOST, "/", misbehaviour.cut(100))
    head, _, body = ask("/").partition(b"\r\n\r\n")
    assert b"Content-Length: %d\r\n" % len(html) in head
    assert body == html.encode()[:100]


def test_cut_after_the_body_still_has_a_longer_content_length(server, ask, html):
    server.misbehave(HOST, "/", misbehaviour.cut(5000))
    head, _, body = ask("/").partition(b"\r\n\r\n")
    assert b"Content-Length: 5001\r\n" in head
    assert body == html.encode()


def test_cut_chunks_have_no_last_chunk(server, ask, html):
    server.misbehave(HOST, "/", misbehaviour.cut_chunked(150, size=64))
    _, _, body = ask("/").partition(b"\r\n\r\n")
    assert len(body) == 150
    assert body.startswith(b"40\r\n" + html.encode()[:64] + b"\r\n40\r\n")
    assert b"\r\n0\r\n" not in body


@pytest.mark.parametrize("chunked", [False, True])
def test_never_ending_response_continues_until_the_client_disconnects(server, chunked):
    server.misbehave(HOST, "/", misbehaviour.never_ending(chunked=chunked, drip=0.005))
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        received = b""
        while len(received) < 6000:
            received += client.recv(65536)
    assert b"Content-Length" not in received
    assert (b"Transfer-Encoding: chunked" in received) == chunked
    deadline = time.monotonic() + 5
    while not server.log and time.monotonic() < deadline:
        time.sleep(0.01)
    assert server.log[0].bytes_sent >= 6000


def test_slow_response_is_complete(server, ask, html):
    server.misbehave(HOST, "/", misbehaviour.slow(0.1))
    before = time.monotonic()
    assert ask("/").endswith(html.encode())
    assert time.monotonic() - before >= 0.1


def test_reset_sends_no_response(server, ask):
    server.misbehave(HOST, "/", misbehaviour.reset(), times=1)
    with pytest.raises(ConnectionResetError):
        ask("/")
    assert server.log[0].bytes_sent == 0
    assert ask("/").startswith(b"HTTP/1.1 200")


def test_redirects_may_lead_to_any_address(server, ask):
    server.misbehave(HOST, "/", misbehaviour.redirect("http://169.254.169.254/latest/", 307))
    answer = ask("/")
    assert answer.startswith(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://169.254.169.254/latest/\r\n")


def test_body_is_sent_with_bad_headers(server, ask, html):
    odd = {
        misbehaviour.colonless_header("no colon here"): b"\r\nno colon here\r\n",
        misbehaviour.gbk_header("X-Editor", "江滨晚报"): b"\r\nX-Editor: " + "江滨晚报".encode("gbk") + b"\r\n",
        misbehaviour.duplicate_header(): b"\r\nSet-Cookie: a=1\r\nset-COOKIE: b=2\r\n",
        misbehaviour.duplicate_header(("X", "1"), ("x", "2")): b"\r\nX: 1\r\nx: 2\r\n",
    }
    for order, line in odd.items():
        server.clear_misbehaviour()
        server.misbehave(HOST, "/", order)
        answer = ask("/")
        assert line in answer
        assert answer.endswith(b"\r\n\r\n" + html.encode())


def test_status_line_without_reason_phrase(server, ask):
    server.misbehave(HOST, "/", misbehaviour.no_reason())
    assert ask("/").startswith(b"HTTP/1.1 200\r\n")


def test_http10_response_ends_with_the_connection(server, ask, html):
    server.misbehave(HOST, "/", misbehaviour.http10())
    head, _, body = ask("/").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.0 200 OK\r\nContent-Type: text/html")
    assert b"Content-Length" not in head
    assert b"Connection" not in head
    assert body == html.encode()


def test_http10_response_to_head_has_no_body(server, ask):
    server.misbehave(HOST, "/", misbehaviour.http10())
    assert ask("/", method="HEAD").endswith(b"\r\n\r\n")


def test_early_hints_are_sent_first(server, ask, html):
    server.misbehave(HOST, "/", misbehaviour.early_hints())
    interim, final, *_ = ask("/").split(b"\r\n\r\n")
    assert interim.startswith(b"HTTP/1.1 103 Early Hints\r\nLink: ")
    assert final.startswith(b"HTTP/1.1 200 OK\r\n")


def test_garbage_is_not_http(server, ask):
    server.misbehave(HOST, "/", misbehaviour.garbage(b"\x00\x01 nothing like it"))
    assert ask("/") == b"\x00\x01 nothing like it"
