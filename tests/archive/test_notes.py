"""Notes of crawlers about pages: kept, indexed, found beside the capture, exported with it, and never taken for it."""

import gzip
import json
from datetime import UTC, datetime
from io import StringIO

import pytest

from archive import Collection
from archive.notes import described_url, kind_of_note, note_keys, note_url
from archive.replay import CaptureFinder
from archive.surt import surt
from archive.wacz import Selection, write_wacz

PAGE = "http://news.test/Story?b=2&a=1"
NOON = datetime(2026, 5, 22, 12, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n picture"


def record(kind: str, url: str, block: bytes, media_type: str, *, minute: int = 0, extra: str = "") -> bytes:
    number = abs(hash((kind, url, minute)))
    head = (
        f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:x:{number}>\r\nWARC-Target-URI: {url}\r\n"
        f"WARC-Date: 2026-05-22T12:{minute:02}:00Z\r\n{extra}Content-Type: {media_type}\r\n"
        f"Content-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n")


RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>page"
RECORDS = [
    record("response", PAGE, RESPONSE, "application/http;msgtype=response"),
    record("metadata", PAGE, b"outlink: http://news.test/next L a/@href\r\n", "application/warc-fields"),
    record("conversion", PAGE, b"page", "text/plain"),
    record("resource", f"urn:view:{PAGE}", PNG, "image/png", minute=1),
    record("resource", f"urn:view:{PAGE}", PNG + b" later", "image/png", minute=40),
    record("resource", f"urn:text:{PAGE}", "图书馆".encode(), "text/plain", minute=2),
    record("resource", f"urn:pageinfo:{PAGE}", b'{"urls": {}}', "application/json", minute=3),
    record("metadata", "metadata://gnu.org/software/wget/warc/wget_arguments.txt", b"-r", "text/plain"),
    record("resource", "urn:crawl-log", b"a log", "text/plain"),
]


@pytest.fixture
def collection(tmp_path):
    source = tmp_path / "other.warc.gz"
    source.write_bytes(b"".join(RECORDS))
    with Collection(tmp_path / "data") as opened:
        [imported] = opened.import_file(source)
        assert (imported.imported.records, imported.captures, imported.not_indexed) == (len(RECORDS), 1, ())
        yield opened


def test_each_note_is_found_and_read_by_its_url(collection):
    for url, body in (
        (f"urn:view:{PAGE}", PNG),
        (f"urn:text:{PAGE}", "图书馆".encode()),
        (f"urn:metadata:{PAGE}", b"outlink: http://news.test/next L a/@href\r\n"),
        (f"urn:conversion:{PAGE}", b"page"),
        ("urn:metadata:metadata://gnu.org/software/wget/warc/wget_arguments.txt", b"-r"),
        ("urn:crawl-log", b"a log"),
    ):
        capture = collection.closest(url, NOON)
        assert capture is not None, url
        assert (capture.status, capture.body()) == (200, body)
    assert [one.record_id for one in collection.verify()] == []


def test_notes_are_not_captures_of_the_page(collection):
    [only] = collection.index.captures(PAGE)
    assert only.mime == "text/html"
    assert [one.url for one in collection.index.search(host="news.test")] == [PAGE]
    assert list(collection.index.search(host="gnu.org")) == []


def test_nearest_note_of_each_kind_is_found_beside_the_capture(collection):
    finder = CaptureFinder(collection, lambda url: False)
    found = finder.find_notes(PAGE, NOON)
    assert [(kind_of_note(one.url), one.date.minute) for one in found] == [
        ("view", 1), ("text", 2), ("pageinfo", 3), ("metadata", 0), ("conversion", 0),
    ]  # fmt: skip
    assert finder.find_notes(PAGE, NOON.replace(year=2027)) == []
    withheld = CaptureFinder(collection, lambda url: url == PAGE)
    assert withheld.find_notes(PAGE, NOON) == [], "notes about a withheld page are withheld"


def test_notes_are_exported_with_their_page(collection, tmp_path):
    write_wacz(tmp_path / "out.wacz", collection, selection=Selection(hosts=("news.test",)), software="test", now=NOON)
    with Collection(tmp_path / "again") as again:
        list(again.import_file(tmp_path / "out.wacz"))
        finder = CaptureFinder(again, lambda url: False)
        assert len(finder.find_notes(PAGE, NOON)) == 5
        assert again.closest("urn:crawl-log", NOON) is None, "it is about no page"


def test_cdxj_has_the_notes_that_other_tools_know(collection):
    out = StringIO()
    collection.index.export_cdxj(out)
    urls = [json.loads(line.split(" ", 2)[2])["url"] for line in out.getvalue().splitlines()]
    assert sorted(set(urls)) == sorted(
        [PAGE, f"urn:view:{PAGE}", f"urn:text:{PAGE}", f"urn:pageinfo:{PAGE}", "urn:crawl-log"]
    )


def test_urls_of_notes_name_their_page_and_kind():
    assert described_url(f"URN:FullPage:{PAGE}") == PAGE
    assert described_url("urn:uuid:1") == "urn:uuid:1"
    assert described_url(PAGE) == PAGE
    assert kind_of_note(f"urn:fullpage:{PAGE}") == "fullPage"
    assert kind_of_note(PAGE) == kind_of_note("urn:other:http://a.test/") == ""
    assert note_url("metadata", "urn:pageinfo:x") == "urn:pageinfo:x"
    assert surt(f"urn:fullPage:{PAGE}") in note_keys(PAGE)
