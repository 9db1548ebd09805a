"""Slow, idle and too many connections to a served desk."""

import http.client
import logging
import socket
import time
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from crawler.web import connections
from crawler.web.server import RateLimit

from .conftest import served

pytestmark = pytest.mark.slow  # processes and time limits

HALF = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "


async def hello(scope, receive, send):
    if scope["path"] == "/body":
        while (await receive()).get("more_body"):
            pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    size = 40 << 20 if scope["path"] == "/large" else 5
    await send({"type": "http.response.body", "body": b"x" * size})


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(connections, "REQUEST_TIME", 0.5)
    monkeypatch.setattr(connections, "STALL_TIME", 0.5)
    monkeypatch.setattr(connections, "max_connections", lambda: 20)
    with served(hello) as where:
        host, _, port = urlsplit(where).netloc.partition(":")
        yield host, int(port)


def connect(server, data: bytes = b"") -> socket.socket:
    connection = socket.create_connection(server, timeout=5)
    connection.sendall(data)
    return connection


def is_closed_within(connection: socket.socket, seconds: float) -> bool:
    connection.settimeout(seconds)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def get(server) -> float:
    started = time.monotonic()
    connection = http.client.HTTPConnection(*server, timeout=5)
    connection.request("GET", "/")
    assert connection.getresponse().read() == b"xxxxx"
    connection.close()
    return time.monotonic() - started


@pytest.mark.parametrize(
    "data",
    [b"", HALF, b"POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"],
    ids=["idle", "half a header", "half a body"],
)
def test_unfinished_request_is_closed(server, data):
    assert is_closed_within(connect(server, data), 2)


def test_trickling_request_is_closed(server):
    connection = connect(server, HALF)
    started = time.monotonic()
    while time.monotonic() - started < 5 and not is_closed_within(connection, 0.05):
        with suppress(OSError):
            connection.sendall(b"a")
    assert time.monotonic() - started < 3


def test_second_request_of_a_connection_has_a_deadline_too(server):
    connection = connect(server, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    connection.recv(1000)
    time.sleep(0.2)
    connection.sendall(HALF)
    started = time.monotonic()
    connection.settimeout(5)
    while connection.recv(1000):
        pass
    assert time.monotonic() - started < 2


def test_client_that_does_not_read_is_closed(server):
    connection = connect(server, b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
    time.sleep(1.5)
    received = 0
    with suppress(ConnectionResetError):
        while data := connection.recv(1 << 20):
            received += len(data)
    assert received < 40 << 20


def test_many_half_sent_requests_leave_others_answered(server):
    held = [connect(server, HALF) for _ in range(100)]
    assert get(server) < 1
    still_open = sum(not is_closed_within(one, 0.01) for one in held)
    assert still_open <= 20
    for one in held:
        one.close()


def test_connections_of_other_addresses_are_kept(server):
    own = socket.create_connection(server, timeout=5, source_address=("127.0.4.1", 0))
    held = [connect(server, HALF) for _ in range(60)]
    own.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert own.recv(1000).startswith(b"HTTP/1.1 200")
    for one in held:
        one.close()


def test_limits_leave_room_for_other_files(monkeypatch):
    for files, most in ((256, 102), (1024, 400), (1 << 20, 400)):
        monkeypatch.setattr(connections, "_file_limit", lambda files=files: files)
        assert connections.max_connections() == most
        assert connections.max_connections() + 3 * connections.accept_backlog() < files


def test_repeated_messages_are_not_logged():
    limit = RateLimit(3)
    records = [logging.makeLogRecord({"msg": f"message {number}"}) for number in range(10)]
    kept = [record.getMessage() for record in records if limit.filter(record)]
    assert kept == ["message 0", "message 1", "message 2", "more messages in this minute are not shown"]
