"""Every HTTP head is parsed once on its way through the archive, however many functions need it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from archive import Block, Collection, Dedup, http, read_captures
from archive.indexing import read_entries

LONG_FIELDS = b"".join(b"X-Field-%d: %b\r\n" % (number, b"v" * 100) for number in range(100))
PAGE = b'HTTP/1.1 200 OK\r\nETag: "1"\r\n' + LONG_FIELDS + b"\r\n" + b"<p>text</p>" * 200
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
UNCHANGED = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
CONDITIONAL = b'GET / HTTP/1.1\r\nHost: news.test\r\nIf-None-Match: "1"\r\n\r\n'


@pytest.fixture
def parsed(monkeypatch):
    """The start line of every head that is parsed, in order."""
    lines = []
    parse = http._parse_head

    def counting(data, end):
        head = parse(data, end)
        lines.append(head.start_line)
        return head

    monkeypatch.setattr(http, "_parse_head", counting)
    return lines


@pytest.fixture
def collection(tmp_path):
    with Collection(tmp_path) as collection:
        yield collection


def test_writing_parses_each_message_once(collection, make_capture, parsed):
    later = make_capture().started_at + timedelta(days=1)
    with collection.writer("test", {}, dedup=Dedup.URL) as writer:
        writer.write(make_capture(PAGE))
        assert parsed == [b"HTTP/1.1 200 OK"]
        parsed.clear()
        writer.write(make_capture(PAGE, started_at=later))
        assert parsed == [b"HTTP/1.1 200 OK"] * 2  # the capture and its original
        parsed.clear()
        writer.write(make_capture(UNCHANGED, request=CONDITIONAL, started_at=later + timedelta(days=1)))
        assert sorted(parsed) == [b"GET / HTTP/1.1", b"HTTP/1.1 200 OK", b"HTTP/1.1 304 Not Modified"]


def test_loading_a_revisit_parses_its_head_and_the_originals(collection, make_capture, parsed):
    later = make_capture().started_at + timedelta(days=1)
    with collection.writer("test", {}, dedup=Dedup.URL) as writer:
        writer.write(make_capture(PAGE))
        location = writer.write(make_capture(PAGE, started_at=later))
    parsed.clear()
    loaded = collection.load(location)
    assert (loaded.status, bytes(loaded.response), loaded.payload()) == (200, PAGE, b"<p>text</p>" * 200)
    assert len(parsed) == 2


def test_reading_and_indexing_parse_a_head_once(collection, make_capture, parsed):
    with collection.writer("test", {}) as writer:
        location = writer.write(make_capture(CHUNKED))  # without a payload digest: readers compute it
    path = collection.file(location.file)
    parsed.clear()
    (capture,) = read_captures(path)
    assert (capture.status, capture.body()) == (200, b"hello")
    assert len(parsed) == 1
    parsed.clear()
    assert len(list(read_entries(path))) == 1
    assert len(parsed) == 1


def test_a_changed_capture_does_not_keep_the_old_head(make_capture):
    capture = make_capture(PAGE)
    assert capture.status == 200
    assert replace(capture, response=Block(UNCHANGED)).status == 304
