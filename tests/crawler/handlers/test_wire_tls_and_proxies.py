"""Captures over TLS and through proxies hold the plain text of the exchange, without handshake or tunnel."""

import socket
import ssl
import threading

import pytest
import trustme
from scrapy.exceptions import DownloadFailedError

from archive.capture import Truncation

ANSWER = (
    b"HTTP/1.1 200 OK\r\nX-Odd: 1\r\nx-odd: 2\r\nTransfer-Encoding: chunked\r\n\r\n5;e=1\r\nhello\r\n0\r\nT: r\r\n\r\n"
)


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture
def tls(authority):
    """Wraps the server side of a connection in TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("news.localhost", "127.0.0.1").configure_cert(context)
    return lambda connection: context.wrap_socket(connection, server_side=True)


@pytest.fixture
def trusting(authority, client, tmp_path, monkeypatch):
    """A client that verifies certificates and trusts the test authority."""
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return client({"DOWNLOAD_VERIFY_CERTIFICATES": True})


@pytest.fixture
def tunnel():
    """A proxy that opens CONNECT tunnels: its URL, the CONNECT requests it read, and its response."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[bytes] = []
    answer = [b"HTTP/1.1 200 Connection established\r\n\r\n"]

    def pump(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def serve():
        while True:
            try:
                inner, _ = listener.accept()
            except OSError:
                return
            request = b""
            while b"\r\n\r\n" not in request:
                request += inner.recv(65536)
            asked.append(request)
            inner.sendall(answer[0])
            if b" 200 " not in answer[0]:
                inner.close()
                continue
            port = int(request.split(b" ")[1].rpartition(b":")[2])
            outer = socket.create_connection(("127.0.0.1", port))
            for ends in ((inner, outer), (outer, inner)):
                threading.Thread(target=pump, args=ends, daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", asked, answer
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def test_https_exchanges_are_captured(serve, trusting, tls):
    server = serve((ANSWER,), (ANSWER,), wrap=tls)
    outcomes = [trusting.fetch(server.url(f"/{n}", "news.localhost", "https")) for n in range(2)]
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert [outcome.bytes for outcome in outcomes] == [ANSWER, ANSWER]
    assert [outcome.capture.request for outcome in outcomes] == server.requests
    assert {outcome.capture.ip_address for outcome in outcomes} == {"127.0.0.1"}
    assert server.connections == 1


@pytest.mark.parametrize("piece", [1, 9])
def test_https_response_in_small_pieces_is_captured(serve, trusting, tls, piece):
    steps = (ANSWER[at : at + piece] for at in range(0, len(ANSWER), piece))
    outcome = trusting.fetch(serve(tuple(steps), wrap=tls).url("/", "news.localhost", "https"))
    assert (outcome.bytes, outcome.capture.truncated) == (ANSWER, None)


def test_truncated_https_response_is_kept(serve, trusting, tls, script):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"
    outcome = trusting.fetch(serve((answer, 0.05, script.close), wrap=tls).url("/", "news.localhost", "https"))
    assert (outcome.bytes, outcome.capture.truncated) == (answer, Truncation.DISCONNECT)


def test_https_close_without_alert_is_a_truncation(serve, trusting, tls, script):
    """Without the closing alert of TLS, an end looks like a cut cable (RFC 9112, section 9.8)."""
    answer = b"HTTP/1.0 200 OK\r\n\r\nto the"
    outcome = trusting.fetch(serve((answer, 0.05, script.close), wrap=tls).url("/", "news.localhost", "https"))
    assert (outcome.bytes, outcome.capture.truncated) == (answer, Truncation.DISCONNECT)


def test_endless_https_response_times_out(serve, trusting, tls):
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    server = serve((head, *(b"x", 0.02) * 100), wrap=tls)
    outcome = trusting.fetch(server.url("/", "news.localhost", "https"), timeout=1.0)
    assert outcome.capture.truncated is Truncation.TIME
    assert len(head) < len(outcome.bytes)
    assert server.sent[0].startswith(outcome.bytes)


def test_no_capture_if_the_handshake_fails(serve, client, tls):
    server = serve((ANSWER,), wrap=tls)
    outcome = client({"DOWNLOAD_VERIFY_CERTIFICATES": True}).fetch(server.url("/", "news.localhost", "https"))
    assert "certificate" in str(outcome.error)
    assert (outcome.captures, server.requests) == ([], [])


def test_no_capture_from_a_server_without_tls(serve, client):
    outcome = client().fetch(serve(()).url("/", "news.localhost", "https"), timeout=0.5)
    assert outcome.error is not None
    assert outcome.captures == []


def test_https_exchanges_through_a_tunnel_are_captured(serve, trusting, tls, tunnel):
    proxy, asked, _ = tunnel
    server = serve((ANSWER,), (ANSWER,), wrap=tls)
    url = server.url("/a?b", "news.localhost", "https")
    outcomes = [
        trusting.fetch(url, meta={"proxy": proxy}, headers={"Proxy-Authorization": "Basic eDp5"}) for _ in range(2)
    ]
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert [outcome.bytes for outcome in outcomes] == [ANSWER, ANSWER]
    assert [outcome.capture.request for outcome in outcomes] == server.requests
    assert b"CONNECT" not in server.requests[0] + outcomes[0].bytes
    assert b"Proxy-Authorization" not in outcomes[0].capture.request
    assert outcomes[0].capture.ip_address is None
    assert b"Proxy-Authorization: Basic eDp5" in asked[0]
    assert len(asked) == 1


@pytest.mark.parametrize("way", ["direct", "tunnel"])
def test_https_close_with_alert_ends_the_response(serve, trusting, tls, tunnel, script, way):
    answer = b"HTTP/1.0 200 OK\r\n\r\nto the end"
    server = serve((answer, 0.05, script.unwrap), wrap=tls)
    meta = {"proxy": tunnel[0]} if way == "tunnel" else {}
    outcome = trusting.fetch(server.url("/", "news.localhost", "https"), meta=meta)
    assert (outcome.bytes, outcome.capture.truncated) == (answer, None)


def test_no_capture_if_the_tunnel_is_refused(serve, trusting, tls, tunnel):
    proxy, _, answer = tunnel
    answer[0] = b"HTTP/1.1 403 Forbidden\r\n\r\n"
    outcome = trusting.fetch(serve((ANSWER,), wrap=tls).url("/", "news.localhost", "https"), meta={"proxy": proxy})
    assert isinstance(outcome.error, DownloadFailedError)
    assert "403" in str(outcome.error)
    assert outcome.captures == []


def test_plain_proxy_gets_the_full_url(serve, client):
    proxy = serve((ANSWER,))
    outcome = client().fetch("http://portal.example/a?b=c#d", meta={"proxy": proxy.url("")})
    assert outcome.bytes == ANSWER
    assert outcome.capture.request == proxy.requests[0]
    assert outcome.capture.request.startswith(b"GET http://portal.example/a?b=c HTTP/1.1\r\n")
    assert (outcome.capture.url, outcome.capture.ip_address) == ("http://portal.example/a?b=c", None)


def test_certificate_of_another_host_is_refused(serve, trusting, tls):
    server = serve((ANSWER,), wrap=tls)
    outcome = trusting.fetch(server.url("/", "other.localhost", "https"))
    assert isinstance(outcome.error, DownloadFailedError)
    assert "certificate" in str(outcome.error)
    assert (outcome.captures, server.requests) == ([], [])


def test_response_names_certificate_address_and_protocol(serve, trusting, tls):
    response = trusting.fetch(serve((ANSWER,), wrap=tls).url("/", "news.localhost", "https")).response
    assert b"BEGIN CERTIFICATE" in response.certificate.dumpPEM()
    assert (str(response.ip_address), response.protocol) == ("127.0.0.1", "HTTP/1.1")


def test_large_request_over_https_is_sent_whole(serve, trusting, tls):
    server = serve((ANSWER,), wrap=tls)
    outcome = trusting.fetch(server.url("/", "news.localhost", "https"), method="POST", body=b"\x00a=b" * 100_000)
    assert outcome.error is None
    assert outcome.capture.request == server.requests[0]
