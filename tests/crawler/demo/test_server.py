"""The sample server, byte by byte over plain sockets."""

import gzip
import http.client
import socket

import pytest

from crawler.demo import DemoError, DemoServer

HOST = "www.one.localhost"


def test_response_is_sent_byte_for_byte(ask, html):
    answer = ask("/")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"HTTP/1.1 200 OK",
        b"Content-Type: text/html; charset=utf-8",
        b'ETag: "one"',
        b"Last-Modified: Mon, 03 Mar 2025 08:00:00 GMT",
        b"Content-Length: %d" % len(html),
        b"Connection: close",
    ]
    assert body == html.encode()


def test_chunks_are_framed(ask, html):
    head, _, body = ask("/chunked").partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head
    assert b"Content-Length" not in head
    assert body.startswith(b"64\r\n" + html.encode()[:100] + b"\r\n")
    assert body.endswith(b"\r\n0\r\n\r\n")


def test_gzip_is_sent_only_if_accepted(ask, html):
    head, _, body = ask("/gzip", "Accept-Encoding: gzip, deflate").partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip" in head
    assert gzip.decompress(body) == html.encode()
    assert ask("/gzip").endswith(html.encode())


def test_head_has_no_body(ask, html):
    answer = ask("/", method="HEAD")
    assert b"Content-Length: %d\r\n" % len(html) in answer
    assert answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("field", "status"),
    [
        ('If-None-Match: "one"', b"304 Not Modified"),
        ('If-None-Match: W/"one", "two"', b"304 Not Modified"),
        ("If-None-Match: *", b"304 Not Modified"),
        ('If-None-Match: "two"', b"200 OK"),
        ("If-Modified-Since: Mon, 03 Mar 2025 08:00:00 GMT", b"304 Not Modified"),
        ("If-Modified-Since: Mon, 03 Mar 2025 07:59:59 GMT", b"200 OK"),
        ("If-Modified-Since: the day before yesterday", b"200 OK"),
    ],
)
def test_conditional_requests_get_304_or_200(ask, field, status):
    answer = ask("/", field)
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert (answer.endswith(b"\r\n\r\n")) == (status == b"304 Not Modified")


def test_etag_overrides_date(ask):
    answer = ask("/", 'If-None-Match: "two"', "If-Modified-Since: Mon, 03 Mar 2025 08:00:00 GMT")
    assert answer.startswith(b"HTTP/1.1 200 ")


def test_other_methods_are_refused(ask):
    assert ask("/", "Content-Length: 0", method="POST").startswith(b"HTTP/1.1 405 ")


def test_invalid_request_gets_400(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(b"what is this\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 400 Bad Request\r\n")


@pytest.mark.parametrize("length", ["minus one", "-5", "9" * 400])
def test_invalid_content_length_gets_400(ask, length):
    assert ask("/", f"Content-Length: {length}").startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_request_to_unknown_host_gets_421_and_is_logged(server, ask):
    assert ask("/x", host="spam-3.localhost").startswith(b"HTTP/1.1 421 ")
    ask("/private/page")
    ask("/")
    assert [(one.host, one.path) for one in server.forbidden_requests()] == [
        ("spam-3.localhost", "/x"),
        (HOST, "/private/page"),
    ]
    assert server.count_requests("spam-3.localhost") == 1
    assert server.count_requests(HOST, "/private/") == 1


def test_absolute_form_of_proxied_request_gives_the_host(server, ask, html):
    answer = ask(f"http://{HOST}:{server.port}/", host="proxy.localhost")
    assert answer.endswith(html.encode())


def test_log_has_both_messages(server, ask):
    answer = ask("/?q=1")
    [exchange] = server.log
    assert (exchange.host, exchange.method, exchange.path, exchange.status) == (HOST, "GET", "/?q=1", 200)
    assert exchange.sent == answer
    assert exchange.bytes_sent == len(answer)
    assert exchange.request.startswith(b"GET /?q=1 HTTP/1.1\r\nHost: www.one.localhost:")
    assert exchange.started <= exchange.ended


def test_one_connection_serves_several_requests(server):
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    for path in ("/", "/chunked", "/nothing", "/gzip"):
        client.request("GET", path, headers={"Host": f"{HOST}:{server.port}"})
        client.getresponse().read()
    client.close()
    assert {exchange.connection for exchange in server.log} == {1}
    assert [exchange.status for exchange in server.log] == [200, 200, 404, 200]


def test_port_in_use_is_an_error(server):
    with (
        pytest.raises(DemoError, match=f"port {server.port}.*in use.*choose another"),
        DemoServer([], port=server.port),
    ):
        pass


def test_two_portals_with_the_same_host_are_an_error(one_page):
    with pytest.raises(DemoError, match=r"two portals have the host www\.one\.localhost"):
        DemoServer([one_page(), one_page()])


def test_stopped_server_does_not_listen(one_page):
    with DemoServer([one_page()]) as server:
        pass
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", server.port), timeout=5)


def test_stopping_does_not_wait_for_open_connections(one_page):
    with DemoServer([one_page()]) as server:
        client = socket.create_connection(("127.0.0.1", server.port), timeout=5)
    with client:
        assert client.recv(10) == b""
