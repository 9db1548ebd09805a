"""The recording of an exchange does not depend on how its bytes are split into pieces."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.capture import Truncation
from crawler.handlers.exchange import FRAMING_ALLOWANCE, HEAD_MAXSIZE, InterimFilter, ResponseTooLong, WireExchange

bounded = settings(max_examples=150, deadline=None)

line_ends = st.sampled_from([b"\r\n", b"\n"])
interims = st.builds(
    lambda code, fields, end: b"HTTP/1.1 %d Hint" % code + end + b"".join(field + end for field in fields) + end,
    st.integers(100, 199),
    st.lists(st.sampled_from([b"Link: </a>", b"X: y", b" folded", b"colonless"]), max_size=3),
    line_ends,
)
finals = st.one_of(
    st.binary(max_size=60).filter(lambda data: not data.startswith(b"HTTP/")),
    st.builds(
        lambda code, end, body: b"HTTP/1.1 %d OK" % code + end + b"Server: x" + end + end + body,
        st.integers(200, 799),
        line_ends,
        st.one_of(st.binary(max_size=60), interims),
    ),
)


@st.composite
def cut_stream(draw):
    before, final = draw(st.lists(interims, max_size=3)), draw(finals)
    stream = b"".join(before) + final
    cuts = sorted(draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    edges = [0, *cuts, len(stream)]
    return [stream[start:end] for start, end in pairwise(edges)], final


@bounded
@given(cut_stream())
def test_only_interim_responses_are_removed(stream):
    pieces, final = stream
    splitter = InterimFilter()
    assert b"".join([splitter.feed(piece) for piece in pieces] + [splitter.finish()]) == final


@bounded
@given(cut_stream(), st.binary(max_size=20))
def test_exchange_keeps_final_response_without_surplus(stream, surplus):
    pieces, final = stream
    exchange = WireExchange()
    exchange.begin("192.0.2.1", is_connected=True)
    exchange.record_sent(b"GET / HTTP/1.1\r\n")
    exchange.record_sent(b"\r\n")
    for piece in pieces[:-1]:
        exchange.record_received(piece)
    exchange.record_received(pieces[-1] + surplus)
    exchange.record_end(surplus=len(surplus))
    exchange.record_received(b"of the next exchange")
    capture = exchange.capture("http://example.test/")
    assert bytes(capture.response) == final
    assert (capture.request, capture.truncated) == (b"GET / HTTP/1.1\r\n\r\n", None)


@pytest.mark.parametrize(
    ("stream", "kept"),
    [
        (b"", b""),
        (b"HTTP/1.1 10", b"HTTP/1.1 10"),
        (b"HTTP/1.1 103 Early", b"HTTP/1.1 103 Early"),  # not certainly a status line before its end
        (b"HTTP/1.1 103 Early Hints\r\nLink: <", b""),
        (b"HTTP/1.1 101\r\n\r\nHTTP/1.1 2", b"HTTP/1.1 2"),
        (b"HTTP/1.1 1000 x\r\n\r\n", b"HTTP/1.1 1000 x\r\n\r\n"),
        (b"HTTP/1.1  103 x\r\n\r\n", b"HTTP/1.1  103 x\r\n\r\n"),
        (b"HTTP 103 x\r\n\r\n", b"HTTP 103 x\r\n\r\n"),
        (b"\r\nHTTP/1.1 103 x\r\n\r\n", b"\r\nHTTP/1.1 103 x\r\n\r\n"),
    ],
)
def test_stream_that_stops_early_is_kept_unless_interim(stream, kept):
    splitter = InterimFilter()
    assert splitter.feed(stream) + splitter.finish() == kept


def begun(**kwargs):
    exchange = WireExchange(**kwargs)
    exchange.begin("192.0.2.1", is_connected=True)
    return exchange


def truncation_after(*events, reason=None):
    exchange = begun()
    for event in events:
        event(exchange)
    return exchange.capture("http://example.test/", reason).truncated


def ended(exchange):
    exchange.record_end()


def stopped(exchange):
    exchange.stop()


def closed(exchange):
    exchange.record_disconnect(is_clean=True)


def broken(exchange):
    exchange.record_disconnect(is_clean=False)


@pytest.mark.parametrize(
    ("events", "reason", "truncated"),
    [
        ([ended], None, None),
        ([ended, broken], None, None),  # closed after the end: irrelevant
        ([ended], Truncation.LENGTH, None),  # complete, though larger than allowed
        ([closed, ended], None, None),  # the close is the end
        ([closed], None, Truncation.DISCONNECT),
        ([broken], None, Truncation.DISCONNECT),
        ([broken, ended], None, Truncation.DISCONNECT),  # a reset does not end a response
        ([], Truncation.TIME, Truncation.TIME),
        ([closed, ended], Truncation.TIME, Truncation.TIME),  # we closed it
        ([stopped, closed, ended], None, Truncation.UNSPECIFIED),
        ([], None, Truncation.UNSPECIFIED),
    ],
)
def test_truncation_reason_of_early_ends(events, reason, truncated):
    assert truncation_after(*events, reason=reason) is truncated


def test_no_server_address_is_recorded_behind_a_proxy():
    exchange = begun()
    assert exchange.capture("http://example.test/").ip_address == "192.0.2.1"
    exchange.is_proxied = True
    assert exchange.capture("http://example.test/").ip_address is None


def test_request_counts_as_sent_once_connected():
    exchange = WireExchange()
    exchange.begin("192.0.2.1", is_connected=False)
    exchange.record_sent(b"GET")
    assert not exchange.is_on_socket
    exchange.is_connected = True
    assert exchange.is_on_socket


@pytest.mark.parametrize(("maxsize", "is_head"), [(0, True), (100, True), (100_000, False)])
def test_bytes_on_the_wire_are_bounded(maxsize, is_head):
    exchange = begun(maxsize=maxsize)
    limit = HEAD_MAXSIZE if is_head else HEAD_MAXSIZE + FRAMING_ALLOWANCE * maxsize
    exchange.record_received(b"x" * limit, is_head=is_head)
    exchange.record_received(b"x", is_head=is_head)
    with pytest.raises(ResponseTooLong, match=f"more than {limit} bytes"):
        exchange.record_received(b"x", is_head=is_head)


def test_unlimited_body_is_unlimited_on_the_wire():
    exchange = begun(maxsize=0)
    for _ in range(8):
        exchange.record_received(b"x" * HEAD_MAXSIZE)
    assert len(exchange.capture("http://example.test/").response) == 8 * HEAD_MAXSIZE


def test_failure_ends_the_download_once():
    calls = []
    exchange = begun(abandon=lambda: calls.append("abandon"))
    exchange.fail(OSError("no space left"))
    exchange.record_received(b"more")
    assert calls == ["abandon"]
    assert str(exchange.failure) == "no space left"
    assert bytes(exchange.capture("http://example.test/").response) == b""
