"""Captures are byte-exact: they equal what a raw socket server read and sent, case by case."""

import asyncio
import gzip
import socket
import threading
import time
from datetime import UTC, datetime
from itertools import pairwise
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scrapy import Request, Spider, signals
from scrapy.exceptions import (
    DownloadCancelledError,
    DownloadFailedError,
    DownloadTimeoutError,
    ResponseDataLossError,
    StopDownload,
)
from scrapy.utils.defer import deferred_from_coro

from archive.capture import Truncation
from crawler.handlers.connection import Connection
from crawler.handlers.exchange import WireExchange

GZIPPED = gzip.compress("<p>正文</p>".encode(), mtime=0)


def chunked(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)


#: name -> a response that leaves the connection open
FRAMED = {
    "mixed case and duplicates": b"HTTP/1.1 200 oK\r\nsErVeR: x\r\nSet-Cookie: a=1\r\nSET-cookie: b=2\r\n"
    b"Set-Cookie: a=1\r\nContent-length: 2\r\n\r\nhi",
    "white space around values": b"HTTP/1.1 200 OK\r\nA:   1  \r\nB:2\r\nC:\t3\t\r\nD: 4\r\n  folded\r\n"
    b"Content-Length:2\r\n\r\nhi",
    "bare LF": b"HTTP/1.1 200 OK\nServer: x\nContent-Length: 2\n\nhi",
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi",
    "empty reason": b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nhi",
    "reason in GBK": "HTTP/1.1 404 没有找到\r\nContent-Length: 2\r\n\r\nhi".encode("gbk"),
    "header in GBK": "HTTP/1.1 200 OK\r\nX-标题: 新闻\r\nContent-Length: 2\r\n\r\nhi".encode("gbk"),
    "name in GBK": "HTTP/1.1 200 OK\r\n标题: x\r\nContent-Length: 2\r\n\r\nhi".encode("gbk"),
    "white space before the colon": b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi",
    "a line of 100 kB": b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\nContent-Length: 2\r\n\r\nhi",
    "line without colon": b"HTTP/1.1 200 OK\r\nthis is no header\r\nContent-Length: 2\r\n\r\nhi",
    "unknown status": b"HTTP/1.1 799 Odd\r\nContent-Length: 2\r\n\r\nhi",
    "unknown version": b"HTTP/1.9 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    "empty body": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 4\r\n\r\nmove",
    "204": b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n",
    "304": b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n',
    "304 with a length": b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 1000\r\n\r\n',
    "chunks, extensions and trailers": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
    b"5;name=value\r\nhello\r\n1;q=x\r\n!\r\n0;last\r\nX-Sum: 99\r\nx-sum: 98\r\n\r\n",
    "odd chunk sizes": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"0005\r\nhello\r\nA\r\n0123456789\r\n000\r\n\r\n",
    "gzip with a length": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%s"
    % (len(GZIPPED), GZIPPED),
    "gzip in chunks": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    + chunked(GZIPPED[:7], GZIPPED[7:])
    + b"0\r\n\r\n",
    "binary body": b"HTTP/1.1 200 OK\r\nContent-Length: 256\r\n\r\n" + bytes(range(256)),
    "body like a head": b"HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n\r\n\n",
    "two equal lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi",
}


@pytest.mark.parametrize("answer", FRAMED.values(), ids=FRAMED)
@pytest.mark.parametrize("piece", [0, 1, 7], ids=["at once", "byte by byte", "by seven"])
def test_framed_responses_are_kept_byte_for_byte(serve, client, answer, piece):
    step = max(piece, len(answer) // 200) if piece else len(answer)
    pieces = [answer[at : at + step] for at in range(0, len(answer), step)]
    server = serve(tuple(part for each in pieces for part in ((each, 0.0002) if piece else (each,))))
    before = datetime.now(UTC)
    outcome = client().fetch(server.url("/a?b=1&c#fragment"), headers={"X-Mine": ["1", "2"]}, cookies={"k": "v"})
    assert outcome.error is None
    assert outcome.bytes == answer
    capture = outcome.capture
    assert capture.request == server.requests[0]
    assert capture.request.startswith(b"GET /a?b=1&c HTTP/1.1\r\n")
    assert b"X-Mine: 1\r\nX-Mine: 2\r\n" in capture.request
    assert (capture.url, capture.ip_address, capture.truncated) == (server.url("/a?b=1&c"), "127.0.0.1", None)
    assert before <= capture.started_at <= datetime.now(UTC)


@pytest.mark.parametrize("kind", ["head", "post", "empty post"])
def test_head_and_post_are_kept_byte_for_byte(serve, client, kind):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + (b"" if kind == "head" else b"hello")
    server = serve((answer,))
    arguments = {
        "head": {"method": "HEAD"},
        "post": {"method": "POST", "body": b"\x00\xffa=b" * 50_000},
        "empty post": {"method": "POST"},
    }[kind]
    outcome = client().fetch(server.url(), **arguments)
    assert outcome.bytes == answer
    assert outcome.capture.request == server.requests[0]
    assert outcome.capture.truncated is None


def test_interim_responses_are_not_captured(serve, client):
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    outcome = client().fetch(serve((interim + final,)).url())
    assert (outcome.response.body, outcome.bytes) == (b"hi", final)


def test_two_exchanges_on_one_connection_keep_their_own_bytes(serve, client):
    answers = [b"HTTP/1.1 200 OK\r\nX: %d\r\nContent-Length: 3\r\n\r\nno%d" % (n, n) for n in range(3)]
    server = serve(*((answer,) for answer in answers))
    using = client()
    outcomes = [using.fetch(server.url(f"/{n}")) for n in range(3)]
    assert server.connections == 1
    assert [outcome.bytes for outcome in outcomes] == answers
    assert [outcome.capture.request for outcome in outcomes] == server.requests


HI = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


@pytest.mark.parametrize("how", ["close", "reset"])
def test_request_on_a_connection_that_closed_is_sent_again_on_a_new_one(serve, client, script, how):
    server = serve((HI,), (getattr(script, how),), (HI,))
    using = client()
    assert using.fetch(server.url("/1")).bytes == HI
    outcome = using.fetch(server.url("/2"))
    assert outcome.error is None
    stale, whole = outcome.captures
    assert (bytes(stale.response), stale.truncated) == (b"", Truncation.DISCONNECT)
    assert (bytes(whole.response), whole.truncated) == (HI, None)
    assert [stale.request, whole.request] == server.requests[1:]
    assert server.connections == 2


def test_request_is_sent_again_only_once(serve, client, script):
    server = serve((HI,), (script.close,), (script.close,))
    using = client()
    using.fetch(server.url("/1"))
    outcome = using.fetch(server.url("/2"))
    assert isinstance(outcome.error, DownloadFailedError)
    assert (len(server.requests), server.connections) == (3, 2)


@pytest.mark.parametrize("kind", ["POST", "answer has begun", "new connection"])
def test_request_that_may_have_been_handled_is_not_sent_again(serve, client, script, kind):
    server = serve(
        *([(HI,)] if kind != "new connection" else []), (b"HTTP/1.1" if "begun" in kind else b"", script.close)
    )
    using = client()
    if kind != "new connection":
        using.fetch(server.url("/1"))
    outcome = using.fetch(server.url("/2"), method="POST" if kind == "POST" else "GET")
    assert isinstance(outcome.error, DownloadFailedError)
    assert len(server.requests) == (1 if kind == "new connection" else 2)


@pytest.mark.parametrize("head", [b"HTTP/1.0 200 OK\r\nA: b\r\n\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"])
def test_close_ends_a_response_without_length(serve, client, script, head):
    answer = head + b"to the end" * 1000
    outcome = client().fetch(serve((answer, script.close)).url())
    assert (outcome.bytes, outcome.capture.truncated) == (answer, None)
    assert "partial" in outcome.response.flags


@pytest.mark.parametrize("end", [b"Connection: Close\r\n", b"Connection: x, CLOSE\r\n"])
def test_connection_announced_as_closing_is_not_reused(serve, client, end):
    answer = b"HTTP/1.1 200 OK\r\n" + end + b"Content-Length: 2\r\n\r\nhi"
    server = serve((answer,), (answer,))
    using = client()
    assert [using.fetch(server.url()).bytes for _ in range(2)] == [answer, answer]
    assert server.connections == 2


@pytest.mark.parametrize(("field", "connections"), [(b"", 2), (b"Connection: Keep-Alive\r\n", 1)])
def test_http_1_0_connection_is_reused_only_with_keep_alive(serve, client, field, connections):
    answer = b"HTTP/1.0 200 OK\r\n" + field + b"Content-Length: 2\r\n\r\nhi"
    server = serve((answer,), (answer,))
    using = client()
    assert [using.fetch(server.url()).bytes for _ in range(2)] == [answer, answer]
    assert server.connections == connections


@pytest.mark.parametrize("then", ["close", "stray"])
def test_connection_closed_or_written_to_while_idle_is_not_reused(serve, client, script, then):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    rest = (script.close,) if then == "close" else (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",)
    server = serve((answer, 0.05, *rest), (answer,))
    using = client()
    first = using.fetch(server.url("/1"))
    time.sleep(0.2)
    second = using.fetch(server.url("/2"))
    assert [first.bytes, second.bytes] == [answer, answer]
    assert [first.capture.request, second.capture.request] == server.requests
    assert server.connections == 2


SURPLUS = {
    "after a length": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    "after chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
    "after 304": b"HTTP/1.1 304 Not Modified\r\n\r\n",
    "after no length": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("answer", SURPLUS.values(), ids=SURPLUS)
def test_surplus_bytes_are_dropped_and_end_the_connection(serve, client, answer):
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    server = serve((answer + forged,), (answer,))
    using = client()
    assert [using.fetch(server.url()).bytes for _ in range(2)] == [answer, answer]
    assert server.connections == 2


CUT = {
    "in the body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", ResponseDataLossError),
    "in a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nonly", ResponseDataLossError),
    "before the last chunk": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
        ResponseDataLossError,
    ),
    "in the trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n", ResponseDataLossError),
    "in the headers": (b"HTTP/1.1 200 OK\r\nContent-Le", DownloadFailedError),
    "in the status line": (b"HTTP/1.1 2", DownloadFailedError),
    "before anything": (b"", DownloadFailedError),
}


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize(("answer", "error"), CUT.values(), ids=CUT)
def test_truncated_responses_are_kept_as_received(serve, client, script, answer, error, how):
    outcome = client().fetch(serve((answer, 0.05, getattr(script, how))).url())
    assert isinstance(outcome.error, error)
    assert (outcome.bytes, outcome.capture.truncated) == (answer, Truncation.DISCONNECT)


def test_reset_does_not_end_a_response_without_length(serve, client, script):
    answer = b"HTTP/1.0 200 OK\r\n\r\nto the"
    outcome = client().fetch(serve((answer, 0.05, script.reset)).url())
    assert (outcome.bytes, outcome.capture.truncated) == (answer, Truncation.DISCONNECT)


def test_data_loss_is_accepted_if_the_setting_says_so(serve, client, script):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"
    outcome = client({"DOWNLOAD_FAIL_ON_DATALOSS": False}).fetch(serve((answer, script.close)).url())
    assert outcome.response.flags == ["dataloss"]
    assert (outcome.bytes, outcome.capture.truncated) == (answer, Truncation.DISCONNECT)


def test_body_of_which_nothing_arrived_is_lost_whatever_the_setting_says(serve, client, script):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
    outcome = client({"DOWNLOAD_FAIL_ON_DATALOSS": False}).fetch(serve((answer, script.close)).url())
    assert isinstance(outcome.error, ResponseDataLossError)


GARBAGE = {
    "no status line": b"<html>no HTTP at all</html>\r\n",
    "empty line": b"\r\nHTTP/1.1 200 OK\r\n\r\n",
    "binary": b"\x15\x03\x01\x00\x02\x02\x46\n",
    "word for a status": b"HTTP/1.1 abc OK\r\n\r\n",
    "status of 1xx's look": b"HTTP/one.one 103 x\r\n\r\nrest",
    "broken chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello",
    "unknown transfer encoding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: rot13\r\n\r\nuryyb",
    "conflicting lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "bad length": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nabcd",
}


@pytest.mark.parametrize("answer", GARBAGE.values(), ids=GARBAGE)
def test_unparsable_responses_are_kept_and_fail(serve, client, answer):
    outcome = client().fetch(serve((answer,)).url())
    assert outcome.error is not None
    assert (outcome.bytes, outcome.capture.truncated) == (answer, Truncation.UNSPECIFIED)


def test_missing_response_times_out(serve, client):
    server = serve((2.0,))
    outcome = client().fetch(server.url(), timeout=0.5)
    assert isinstance(outcome.error, DownloadTimeoutError)
    assert (outcome.bytes, outcome.capture.truncated) == (b"", Truncation.TIME)
    assert outcome.capture.request == server.requests[0]


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nX", b"HTTP/1.0 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"]
)
def test_endless_slow_response_times_out(serve, client, head):
    server = serve((head, *(b"x", 0.02) * 100))
    outcome = client().fetch(server.url(), timeout=0.6)
    assert isinstance(outcome.error, DownloadTimeoutError)
    assert outcome.capture.truncated is Truncation.TIME
    assert len(head) < len(outcome.bytes) < len(head) + 100
    assert server.sent[0].startswith(outcome.bytes)


@pytest.mark.parametrize("via", ["setting", "meta"])
@pytest.mark.parametrize("framing", ["close", "chunked"])
def test_response_over_the_size_limit_is_kept_up_to_the_limit(serve, client, script, via, framing):
    body = b"x" * 4_000_000
    if framing == "close":
        answer = b"HTTP/1.1 200 OK\r\n\r\n" + body
    else:
        answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(body) + b"0\r\n\r\n"
    limit = 100_000
    using = client({"DOWNLOAD_MAXSIZE": limit} if via == "setting" else {})
    outcome = using.fetch(
        serve((answer, script.close)).url(), meta={"download_maxsize": limit} if via == "meta" else {}
    )
    assert isinstance(outcome.error, DownloadCancelledError)
    assert outcome.capture.truncated is Truncation.LENGTH
    assert limit < len(outcome.bytes) < limit + (1 << 17)
    assert answer.startswith(outcome.bytes)


def test_announced_length_over_the_limit_cancels_before_the_body(serve, client):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 4000000\r\n\r\n"
    outcome = client({"DOWNLOAD_MAXSIZE": 1000}).fetch(serve((head, 5.0)).url())
    assert isinstance(outcome.error, DownloadCancelledError)
    assert (outcome.bytes, outcome.capture.truncated) == (head, Truncation.LENGTH)


def test_complete_response_over_the_limit_is_not_marked_truncated(serve, client):
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(b"x" * 2000) + b"0\r\n\r\n"
    outcome = client({"DOWNLOAD_MAXSIZE": 1000}).fetch(serve((answer,)).url())
    assert isinstance(outcome.error, DownloadCancelledError)
    assert (outcome.bytes, outcome.capture.truncated) == (answer, None)


ENDLESS = {
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-Trap: " + b"x" * 1000 + b"\r\n"),
    "interim responses": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </%s>\r\n\r\n" % (b"x" * 1000)),
    "chunk extensions": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;" + b"x" * 1000 + b"\r\nx\r\n"),
}


@pytest.mark.parametrize(("head", "more"), ENDLESS.values(), ids=ENDLESS)
def test_endless_framing_is_bounded(serve, client, head, more):
    server = serve((head, *(more * 50,) * 100))
    outcome = client({"DOWNLOAD_MAXSIZE": 10_000}).fetch(server.url())
    assert isinstance(outcome.error, DownloadCancelledError)
    assert "bytes on the wire" in str(outcome.error)
    assert outcome.capture.truncated is Truncation.LENGTH
    assert len(outcome.bytes) < 1 << 19
    assert (head + more * 5000).startswith(outcome.bytes)


@pytest.mark.parametrize("fail", [True, False])
@pytest.mark.parametrize("at", ["headers_received", "bytes_received"])
def test_signal_handler_can_stop_a_download(serve, client, script, fail, at):
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    server = serve((head, b"first", 0.3, b"second", script.close))
    using = client()

    def stop(**_):
        raise StopDownload(fail=fail)

    using.crawler.signals.connect(stop, signal=getattr(signals, at), weak=False)
    outcome = using.fetch(server.url())
    if fail:
        assert isinstance(outcome.error, StopDownload)
    else:
        assert "download_stopped" in outcome.response.flags
    assert outcome.capture.truncated is Truncation.UNSPECIFIED
    assert (head + b"first").startswith(outcome.bytes)
    assert outcome.bytes.startswith(head)


def test_failing_hook_fails_the_download(serve, client):
    def full(request, capture):
        raise RuntimeError("disk full")

    using = client(hook=full)
    answered = using.fetch(serve((b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",)).url())
    failed = using.fetch(serve((b"garbage\r\n",)).url())
    assert [str(outcome.error) for outcome in (answered, failed)] == ["disk full"] * 2
    assert isinstance(failed.error.__context__, DownloadFailedError)


def test_no_capture_without_a_connection(serve, client):
    server = serve()
    server.stop()
    outcome = client().fetch(server.url())
    assert outcome.error is not None
    assert outcome.captures == []


@pytest.mark.parametrize("limits", [{}, {"DOWNLOAD_MAXSIZE": 0, "DOWNLOAD_WARNSIZE": 0}], ids=["usual", "no limit"])
def test_long_response_is_kept_complete(serve, client, limits):
    body = bytes(range(256)) * 20_000
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    outcome = client(limits).fetch(serve((answer,)).url())
    assert outcome.bytes == answer
    assert outcome.response.body == body


def test_concurrent_exchanges_keep_their_own_bytes(serve, client):
    def answer(path):
        body = path * 20_000
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    server = serve(*[lambda request: answer(request.split(b" ")[1])] * 40)
    using = client()
    outcomes = using.fetch_all([server.url(f"/{n}") for n in range(40)])
    for n, outcome in enumerate(outcomes):
        assert outcome.bytes == answer(b"/%d" % n)
        assert outcome.capture.request.startswith(b"GET /%d HTTP/1.1\r\n" % n)
    assert sorted(outcome.capture.request for outcome in outcomes) == sorted(server.requests)


def test_storage_error_fails_the_download(serve, client, monkeypatch):
    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("archive.block.Block.append", full)
    body = b"x" * 1_000_000
    outcome = client().fetch(serve((b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + body,)).url())
    assert isinstance(outcome.error, OSError)
    assert outcome.error.errno == 28
    assert (outcome.bytes, outcome.capture.truncated) == (b"", Truncation.UNSPECIFIED)


def test_download_cancelled_from_outside_is_captured(serve, client):
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"
    server, using = serve((head, 5.0)), client()

    async def cancel_midway():
        task = asyncio.create_task(using.handler.download_request(Request(server.url(), meta={"download_timeout": 9})))
        while not server.sent or server.sent[0] != head:  # noqa: ASYNC110 (the server is another thread)
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    using.in_reactor(lambda: deferred_from_coro(cancel_midway()))
    ((_, capture),) = using.captured
    assert (bytes(capture.response), capture.truncated) == (head, Truncation.UNSPECIFIED)


def test_download_closed_at_shutdown_is_not_captured(serve, client):
    server, using = serve((b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", 0.3)), client()

    async def tear_down_midway():
        download = using.handler.download_request(Request(server.url(), meta={"download_timeout": 9}))
        task = asyncio.create_task(download)
        while not server.requests:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        download.close()
        task.cancel()
        await asyncio.wait([task])

    using.in_reactor(lambda: deferred_from_coro(tear_down_midway()))
    assert using.captured == []


def test_crawl_captures_encoded_bytes_and_parses_decoded_text(serve, client):
    answer = FRAMED["gzip in chunks"].replace(b"200 OK\r\n", b"200 OK\r\nContent-Type: text/html; charset=utf-8\r\n")
    redirect = b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"
    missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    server, texts = serve((missing,), (redirect,), (answer,)), []

    class Portal(Spider):
        name = "portal"

        async def start(self):
            yield Request(server.url("/here"), callback=lambda response: texts.append(response.text))

    using = client()
    using.run(
        Portal,
        {
            "ROBOTSTXT_OBEY": True,
            "DEFAULT_REQUEST_HEADERS": {"Accept-Encoding": "gzip"},
        },
    )
    assert texts == ["<p>正文</p>"]
    assert [bytes(capture.response) for _, capture in using.captured] == [missing, redirect, answer]
    assert [capture.request for _, capture in using.captured] == server.requests
    assert [capture.url for _, capture in using.captured] == [server.url(p) for p in ("/robots.txt", "/here", "/there")]
    assert all(b"\r\nAccept-Encoding: gzip\r\n" in capture.request for _, capture in using.captured)


class FakeTransport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self):
        super().__init__({"peername": ("192.168.1.1", 80)})
        self.written = b""
        self.is_closed = False

    def write(self, data):
        self.written += data

    def is_closing(self):
        return self.is_closed

    def close(self):
        self.is_closed = True

    abort = close


def unplugged(exchange):
    """Return a connection without a socket on which a request was sent, its transport and the response's reader."""
    connection, transport, reader = Connection(Mock(), "key"), FakeTransport(), Mock(is_done=False)
    connection.connection_made(transport)
    connection.send(b"GET / HTTP/1.1\r\nHost: example.test\r\n\r\n", exchange, reader)
    return connection, transport, reader


@settings(max_examples=150, deadline=None)
@given(
    answer=st.sampled_from([answer for answer in FRAMED.values() if len(answer) < 1000]),
    cuts=st.lists(st.integers(0, 400), max_size=6),
    surplus=st.binary(max_size=20),
)
def test_capture_does_not_depend_on_how_bytes_are_split(answer, cuts, surplus):
    """The same responses on a connection without a socket, where every split can be tried."""
    exchange = WireExchange()
    connection, transport, _ = unplugged(exchange)
    stream = answer + surplus
    edges = [0, *sorted(min(cut, len(answer)) for cut in cuts), len(stream)]
    for start, end in pairwise(edges):
        if start < end and not transport.is_closed:
            connection.data_received(stream[start:end])
    capture = exchange.capture("http://example.test/")
    assert (bytes(capture.response), capture.truncated) == (answer, None)
    assert (capture.request, capture.ip_address) == (transport.written, "192.168.1.1")
    assert transport.is_closed is bool(surplus)


def test_connection_dropped_over_garbage_does_not_count_as_closed_by_the_server():
    exchange = WireExchange()
    connection, transport, _ = unplugged(exchange)
    connection.data_received(b"garbage\r\n")
    assert transport.is_closed
    connection.data_received(b"more")
    connection.connection_lost(None)
    capture = exchange.capture("http://example.test/")
    assert (bytes(capture.response), capture.truncated) == (b"garbage\r\n", Truncation.UNSPECIFIED)


def test_url_with_credentials_is_not_requested(serve, client):
    server = serve()
    outcome = client().fetch(server.url().replace("://", "://user:secret@"))
    assert isinstance(outcome.error, ValueError)
    assert (outcome.captures, server.connections) == ([], 0)


def test_one_idle_connection_is_kept_per_host(serve, client):
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
    server = serve(*((0.1, answer),) * 3, *((answer,),) * 2)
    using = client()
    using.fetch_all([server.url(f"/{n}") for n in range(3)])
    assert [using.fetch(server.url()).bytes for _ in range(2)] == [answer, answer]
    assert server.connections == 3
    assert len(set(server.request_connection[3:])) == 1


def test_server_that_closes_at_once_fails_the_download_without_waiting(client):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
        started = time.monotonic()
        outcome = client().fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout=10)
    assert isinstance(outcome.error, DownloadFailedError)
    assert time.monotonic() - started < 5


def test_closed_connection_sends_nothing():
    connection, transport, reader = Connection(Mock(), "key"), FakeTransport(), Mock(is_done=False)
    connection.connection_made(transport)
    transport.close()
    exchange = WireExchange()
    with pytest.raises(DownloadFailedError, match="before the request was sent"):
        connection.send(b"GET / HTTP/1.1\r\n\r\n", exchange, reader)
    assert (transport.written, exchange.is_on_socket) == (b"", False)
