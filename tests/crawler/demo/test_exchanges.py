"""Gaps and parallel requests as measured by the sample server."""

import socket
import threading
import time

import pytest

from crawler.demo import misbehaviour
from crawler.demo.exchanges import Exchange, gaps, peak_parallel

HOST = "www.one.localhost"


def exchange(started: float, ended: float) -> Exchange:
    return Exchange(
        host=HOST, method="GET", path="/", started=started, ended=ended, status=200, connection=1, request=b"", sent=b""
    )


@pytest.mark.parametrize(
    ("times", "found", "parallel"),
    [
        ([], [], 0),
        ([(0, 1)], [], 1),
        ([(0, 1), (3, 4), (4.5, 5)], [2, 0.5], 1),
        ([(3, 4), (0, 1)], [2], 1),
        ([(0, 1), (1, 2)], [0], 1),
        ([(0, 5), (1, 2), (6, 7)], [-4, 1], 2),
        ([(0, 9), (1, 8), (2, 7), (10, 11)], [-8, -7, 1], 3),
    ],
)
def test_gaps_and_parallel_requests(times, found, parallel):
    exchanges = [exchange(*pair) for pair in times]
    assert gaps(exchanges) == found
    assert peak_parallel(exchanges) == parallel


def test_gap_is_from_end_of_response_to_next_request(server, ask):
    server.misbehave(HOST, "/", misbehaviour.slow(0.15), times=1)
    ask("/")
    time.sleep(0.1)
    ask("/")
    # The time of the slow response does not belong to the gap.
    assert 0.09 < server.smallest_gap(HOST) < 0.145
    assert server.exchanges(HOST)[0].ended - server.exchanges(HOST)[0].started >= 0.15
    assert server.peak_parallel(HOST) == 1


def test_parallel_requests_are_counted(server, ask):
    server.misbehave(HOST, "/", misbehaviour.slow(0.2))
    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert server.peak_parallel(HOST) == 3
    assert server.smallest_gap(HOST) < 0


def test_request_starts_with_its_first_byte(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.1\r\n")
        time.sleep(0.1)
        client.sendall(f"Host: {HOST}\r\nConnection: close\r\n\r\n".encode())
        while client.recv(65536):
            pass
    [only] = server.exchanges(HOST)
    assert only.ended - only.started >= 0.09
