"""Deduplication: a payload in the archive is referred to instead of stored again, but only if it can be read back."""

import gzip
import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive import Block, Collection, Truncation, WarcWriter
from archive.reading import record_at
from archive.revisit import IDENTICAL_PAYLOAD, MIN_PAYLOAD, NOT_MODIFIED, Dedup

HEAD = (
    b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: "v1"\r\nLast-Modified: Sun, 01 Mar 2026 00:00:00 GMT\r\n\r\n'
)
BODY = b"<p>news</p>" * 200
UNCHANGED = b'HTTP/1.1 304 Not Modified\r\nETag: W/"v1"\r\n\r\n'


@pytest.fixture
def collection(tmp_path):
    with Collection(tmp_path) as collection:
        yield collection


def writer_of(collection: Collection, dedup: Dedup = Dedup.URL) -> WarcWriter:
    return collection.writer("test", {}, dedup=dedup)


def record(collection: Collection, location):
    return record_at(collection.file(location.file), location.offset, location.length)


def later(capture, hours=1, **changes):
    return replace(capture, started_at=capture.started_at + timedelta(hours=hours), **changes)


def asking(condition: bytes) -> bytes:
    return b"GET /a?q=1 HTTP/1.1\r\nHost: news.test\r\n" + condition + b"\r\n\r\n"


def test_identical_payload_is_stored_as_a_revisit_with_its_own_head(collection, make_capture):
    first = make_capture(HEAD + BODY)
    other_head = HEAD.replace(b"ETag", b"Set-Cookie: n=2\r\nEtag")
    with writer_of(collection) as writer:
        original, again = writer.write(first), writer.write(later(first, response=Block(other_head + BODY)))
    kept = record(collection, again)
    assert dict(kept.fields) | {"WARC-Block-Digest": "", "WARC-Warcinfo-ID": ""} == {
        "WARC-Type": "revisit",
        "WARC-Record-ID": f"<{again.record_id}>",
        "WARC-Warcinfo-ID": "",
        "WARC-Target-URI": "http://news.test/a?q=1",
        "WARC-Date": "2026-03-01T13:00:00.250000Z",
        "WARC-IP-Address": "192.0.2.7",
        "WARC-Truncated": "length",
        "WARC-Profile": IDENTICAL_PAYLOAD,
        "WARC-Refers-To": f"<{original.record_id}>",
        "WARC-Refers-To-Target-URI": "http://news.test/a?q=1",
        "WARC-Refers-To-Date": "2026-03-01T12:00:00.250000Z",
        "WARC-Block-Digest": "",
        "WARC-Payload-Digest": original.payload_digest,
        "Content-Type": "application/http;msgtype=response",
        "Content-Length": str(len(other_head)),
    }
    assert bytes(kept.block) == other_head
    assert again.payload_digest == original.payload_digest
    assert [(one.mime, one.status) for one in collection.index.captures(first.url)] == [
        ("text/html", 200),
        ("warc/revisit", 200),
    ]


def test_third_capture_refers_to_the_first_in_another_file(collection, make_capture):
    first, refers = make_capture(HEAD + BODY), []
    for hours in range(3):
        with writer_of(collection) as writer:
            refers.append(record(collection, writer.write(later(first, hours))))
    assert [one.type for one in refers] == ["response", "revisit", "revisit"]
    assert {one.get("WARC-Refers-To") for one in refers[1:]} == {f"<{refers[0].id}>"}


@pytest.mark.parametrize(
    ("dedup", "other_url", "expected"),
    [
        (Dedup.OFF, "http://news.test/a?q=1", "response"),
        (Dedup.URL, "http://news.test/b", "response"),
        (Dedup.ANY, "http://news.test/b", "revisit"),
        (Dedup.ANY, "http://news.test/a?q=1", "revisit"),
    ],
)
def test_dedup_setting_limits_where_the_payload_is_looked_for(collection, make_capture, dedup, other_url, expected):
    first = make_capture(HEAD + BODY)
    with writer_of(collection, dedup) as writer:
        writer.write(first)
        again = record(collection, writer.write(later(first, url=other_url)))
    assert again.type == expected
    assert again.get("WARC-Refers-To-Target-URI") == (first.url if expected == "revisit" else None)


@pytest.mark.parametrize(
    "response",
    [
        HEAD + BODY[: MIN_PAYLOAD - 1],
        HEAD.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n")
        + b"800\r\n"
        + b"x" * 2048
        + b"\r\n0\r\n\r\n",
    ],
    ids=["short", "chunked"],
)
def test_some_responses_are_always_stored_in_full(collection, make_capture, response):
    first = make_capture(response)
    with writer_of(collection) as writer:
        kept = [record(collection, writer.write(later(first, hours))) for hours in range(2)]
    assert [one.type for one in kept] == ["response"] * 2


def test_page_that_returns_to_an_earlier_state_refers_to_that_capture(collection, make_capture):
    bodies = [BODY, BODY + b"edited", BODY]
    with writer_of(collection) as writer:
        captures = (later(make_capture(HEAD + body), hours) for hours, body in enumerate(bodies))
        kept = [record(collection, writer.write(capture)) for capture in captures]
    assert [one.type for one in kept] == ["response", "response", "revisit"]


def test_truncated_capture_is_neither_a_revisit_nor_an_original(collection, make_capture):
    whole = make_capture(HEAD + BODY)
    cut = replace(whole, truncated=Truncation.DISCONNECT)
    with writer_of(collection) as writer:
        kept = [record(collection, writer.write(later(one, hours))) for hours, one in enumerate((cut, whole, cut))]
    assert [one.type for one in kept] == ["response"] * 3


@pytest.mark.parametrize("trouble", ["cut", "flipped", "gone", "another"])
def test_unreadable_record_is_not_referred_to(collection, make_capture, trouble):
    first = make_capture(HEAD + os.urandom(5000))
    with writer_of(collection) as writer:
        original = writer.write(first)
    path = collection.file(original.file)
    whole = path.read_bytes()
    if trouble == "cut":
        path.write_bytes(whole[: original.offset + 2000])
    elif trouble == "flipped":
        at = original.offset + 2000
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    elif trouble == "gone":
        path.unlink()
    else:
        (entry,) = collection.index.captures(first.url)
        collection.index.replace_file(original.file, [replace(entry, record_id="urn:uuid:another")])
    with writer_of(collection) as writer:
        assert record(collection, writer.write(later(first))).type == "response"


def test_open_file_of_another_writer_is_not_referred_to(collection, make_capture):
    """A power cut could remove that record but leave the revisit."""
    first = make_capture(HEAD + BODY)
    with writer_of(collection) as one, writer_of(collection) as two:
        one.write(first)
        assert record(collection, two.write(later(first))).type == "response"
        assert record(collection, two.write(later(first, 2))).type == "revisit"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (b'If-None-Match: "v1"', "revisit"),
        (b'If-None-Match: "v0", W/"v1"', "revisit"),
        (b"If-Modified-Since: Sun, 01 Mar 2026 00:00:00 GMT", "revisit"),
        (b'If-None-Match: "v0"\r\nIf-Modified-Since: Sun, 01 Mar 2026 00:00:00 GMT', "response"),
        (b"If-Modified-Since: Mon, 02 Mar 2026 00:00:00 GMT", "response"),
        (b"Accept: */*", "response"),
    ],
)
def test_not_modified_refers_to_the_capture_with_the_requested_validator(collection, make_capture, condition, expected):
    first = make_capture(HEAD + BODY)
    with writer_of(collection) as writer:
        original = writer.write(first)
        again = writer.write(later(first, request=asking(condition), response=Block(UNCHANGED)))
    kept = record(collection, again)
    assert (kept.type, bytes(kept.block)) == (expected, UNCHANGED)
    if expected == "revisit":
        assert (kept.get("WARC-Profile"), kept.get("WARC-Truncated")) == (NOT_MODIFIED, None)
        assert kept.get("WARC-Refers-To") == f"<{original.record_id}>"
        assert kept.get("WARC-Refers-To-Target-URI") == first.url
        assert kept.get("WARC-Refers-To-Date") == "2026-03-01T12:00:00.250000Z"
        assert kept.get("WARC-Payload-Digest") == again.payload_digest == original.payload_digest


def test_not_modified_after_a_revisit_refers_to_the_original(collection, make_capture):
    first = make_capture(HEAD + BODY)
    newer = HEAD.replace(b'"v1"', b'"v2"')
    with writer_of(collection) as writer:
        original = writer.write(first)
        assert record(collection, writer.write(later(first, 1, response=Block(newer + BODY)))).type == "revisit"
        asked = later(first, 2, request=asking(b'If-None-Match: "v2"'), response=Block(UNCHANGED))
        kept = record(collection, writer.write(asked))
    assert kept.get("WARC-Refers-To") == f"<{original.record_id}>"
    assert kept.get("WARC-Payload-Digest") == original.payload_digest


def test_other_tools_accept_the_records(collection, make_capture):
    first = make_capture(
        HEAD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n") + gzip.compress(os.urandom(3000))
    )
    with writer_of(collection) as writer:
        writer.write(first)
        writer.write(later(first))
        last = writer.write(later(first, 2, request=asking(b'If-None-Match: "v1"'), response=Block(UNCHANGED)))
    path = collection.file(last.file)
    check = subprocess.run([sys.executable, "-m", "warcio.cli", "check", str(path)], capture_output=True, check=False)
    assert check.returncode == 0, check.stdout
    run = [Path(sys.executable).with_name("warcio"), "index", "-f", "warc-type,offset,http:status", path]
    lines = subprocess.run(run, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line for line in lines if "revisit" in line and str(last.offset) in line and "304" in line]
