"""Entries read from files equal those of the writer, of the full parser, and of cdxj-indexer."""

import gzip
import io
import os
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import Collection, Dedup
from archive.cdxj import cdxj_line
from archive.errors import DamagedError
from archive.indexing import CDXJ_TYPES, entry_of_record, read_entries
from archive.reading import read_records
from archive.record import Record

HTTP = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
FIELDS = {
    "WARC-Type": "response",
    "WARC-Record-ID": "<urn:uuid:00000000-0000-4000-8000-000000000001>",
    "WARC-Target-URI": "http://news.test/a?b=1",
    "WARC-Date": "2026-03-01T12:00:00Z",
    "WARC-Payload-Digest": "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N",
    "Content-Type": "application/http;msgtype=response",
}


def record(block: bytes = HTTP, **changes: str | None) -> bytes:
    fields = FIELDS | {name.replace("_", "-"): value for name, value in changes.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    return f"WARC/1.1\r\n{lines}Content-Length: {len(block)}\r\n\r\n".encode() + block + b"\r\n\r\n"


def outcome(entries) -> tuple[list[object], str]:
    """Return the entries before the damage, and the error message."""
    given = []
    try:
        given.extend(iter(entries))
    except DamagedError as error:
        return given, str(error)
    return given, ""


def parse_fully(data: bytes) -> tuple[list[object], str]:
    records = read_records(io.BytesIO(data), name="a.warc.gz")
    listed = (one for one in records if one.type in CDXJ_TYPES and one.get("Content-Type") != "application/warc-fields")
    return outcome(map(entry_of_record, listed))


def read_fast(data: bytes) -> tuple[list[object], str]:
    return outcome(read_entries(io.BytesIO(data), name="a.warc.gz"))


def test_entries_equal_those_of_the_writer(tmp_path, make_capture):
    first = make_capture(b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: "1"\r\n\r\n' + os.urandom(3000))
    asked = b'GET / HTTP/1.1\r\nIf-None-Match: "1"\r\n\r\n'
    captures = [
        first,
        make_capture(CHUNKED, url="http://news.test/chunked"),
        make_capture(b"not http", url="http://news.test/\u4e2d"),
        make_capture(b"HTTP/1.0 404\r\n\r\n", url="https://news.test:8443/gone"),
        replace(first, started_at=first.started_at + timedelta(days=1)),
        make_capture(b"HTTP/1.1 304 Not Modified\r\n\r\n", url=first.url, request=asked),
    ]
    with Collection(tmp_path) as collection:
        with collection.writer("test", {}, dedup=Dedup.URL) as writer:
            locations = [writer.write(capture) for capture in captures]
        entries = list(read_entries(collection.file(locations[0].file)))
        assert [entry.location for entry in entries] == locations
        assert [entry.mime for entry in entries][-2:] == ["warc/revisit"] * 2
        assert sorted(entries, key=str) == sorted(collection.index.search(), key=str)


@pytest.mark.parametrize(
    "member",
    [
        record(),
        record(CHUNKED, WARC_Payload_Digest=None),
        record(HTTP, WARC_Payload_Digest=None),
        record(WARC_Type="revisit", WARC_Payload_Digest=None),
        record(b"\x89PNG", WARC_Type="resource", Content_Type="image/png; q=1", WARC_Target_URI="file:///a b.png"),
        record(b"a: b", WARC_Type="metadata", Content_Type="application/warc-fields"),
        record(b"{}", WARC_Type="metadata", Content_Type="application/json", WARC_Target_URI="urn:Page:X"),
        record(b"GET / HTTP/1.1\r\n\r\n", WARC_Type="request"),
        record(WARC_Target_URI="<http://news.test/a?b=1>"),
        record(WARC_Target_URI="http://news.test/\u4e2d\u6587"),
        record(b"HTTP/1.1 200\r\nX: y\r\nCONTENT-TYPE:text/plain\r\n\r\n"),
        record(b"HTTP/1.1 200 OK\nContent-Type: text/plain\n\nbody"),
        record(b"HTTP/1.1 200 OK\r\nContent-Type: \r\n text/plain\r\n\r\n"),
        record(b"HTTP/1.1 200 OK\r\nContent-Type: text/html"),
        record(b"ICY 200 OK\r\n\r\nx"),
        record(b""),
        record().replace(b"WARC-Target-URI", b"Warc-Target-Uri"),
        record().replace(b"WARC-Payload-Digest", b"warc-payload-digest"),
        record().replace(b"msgtype=response\r\n", b"msgtype=response\r\nX-Long: a\r\n b\r\n"),
        record().replace(b"\r\nWARC-Date: ", b"\r\nWARC-Date:"),
        record(HTTP + b"x" * (5 << 20)),
    ],
    ids=lambda member: str(member[:300]),
)
def test_fast_path_gives_the_same_entries_as_the_full_parser(member):
    plain, odd = gzip.compress(record()), gzip.compress(member)
    for data in (odd, plain + odd + plain, odd + odd, gzip.compress(member + record()) + plain, member + record()):
        assert read_fast(data) == parse_fully(data)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 400), st.integers(0, 3), st.binary(max_size=4) | st.sampled_from([b"\r\n", b"\r\n ", b"\n", b":"])
)
def test_fast_path_and_full_parser_agree_on_changed_records(at, removed, inserted):
    member = record(CHUNKED, WARC_Payload_Digest=None)
    data = gzip.compress(member[:at] + inserted + member[at + removed :])
    assert read_fast(data) == parse_fully(data)


def test_reading_continues_after_damage(tmp_path):
    parts = [gzip.compress(record(WARC_Target_URI=f"http://news.test/{number}")) for number in range(5)]
    parts[1] = parts[1][:60] + bytes(20) + parts[1][80:]
    parts[3] = gzip.compress(record(WARC_Date="yesterday"))
    path = tmp_path / "a.warc.gz"
    path.write_bytes(b"".join(parts))
    damage = []
    found = [entry.url[-1] for entry in read_entries(path, on_damage=damage.append)]
    assert found == ["0", "2", "4"]
    offsets = [len(parts[0]), len(b"".join(parts[:3]))]
    assert [error.offset for error in damage] == offsets
    with pytest.raises(DamagedError, match=rf"a\.warc\.gz at byte {offsets[0]}: "):
        list(read_entries(path))


@pytest.mark.skipif(not shutil.which("cdxj-indexer"), reason="cdxj-indexer is not installed")
def test_lines_equal_those_of_cdxj_indexer(tmp_path, make_capture, make_writer):
    with make_writer() as writer:
        for number, response in enumerate((HTTP, CHUNKED, b"HTTP/1.1 301 Moved\r\nLocation: /\r\n\r\n", b"odd")):
            file = writer.write(make_capture(response, url=f"http://www.News.test/{number}/\u4e2d?b=2&a=1")).file
    path = tmp_path / "warc" / file
    theirs = subprocess.run(["cdxj-indexer", "-s", path], capture_output=True, text=True, check=True).stdout
    assert sorted(map(cdxj_line, read_entries(path))) == theirs.splitlines(keepends=True)


def test_lines_equal_saved_output_of_cdxj_indexer(tmp_path, make_capture, make_writer):
    """Output of cdxj-indexer 1.5.0, which digests the framed bytes of a chunked response."""
    with make_writer() as writer:
        for response in (HTTP, CHUNKED):
            file = writer.write(make_capture(response, url="http://www.News.test/\u4e2d?b=2&a=1")).file
    first, second = read_entries(tmp_path / "warc" / file)
    assert cdxj_line(first) == (
        'test,news)/%e4%b8%ad?a=1&b=2 20260301120000 {"url": "http://www.News.test/\\u4e2d?b=2&a=1", '
        '"mime": "text/html", "status": "200", "digest": "sha1:VL2MMHO4YXUKFWV63YHTWSBM3GXKSQ2N", '
        f'"length": "{first.length}", "offset": "{first.offset}", "filename": "{file}"}}\n'
    )
    assert '"digest": "sha1:FPKJFAEPEIMEFSS2G2SDNSN5YKX3N5JX"' in cdxj_line(second)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 330),
    st.integers(0, 3),
    st.binary(max_size=4) | st.sampled_from([b"\r\n", b"\r\n ", b"\n", b":", b"warc-date: x\r\n", b"\r\nWARC-Type:"]),
)
def test_get_returns_the_same_value_as_the_fields(at, removed, inserted):
    member = record()
    data = gzip.compress(member[:at] + inserted + member[at + removed :])
    try:
        found = list(read_records(io.BytesIO(data), name="a.warc.gz"))
    except DamagedError:
        return
    for one in found:
        careful_one = Record(one.version, one.fields, one.block, one.file, one.offset, one.length)
        for name in {*FIELDS, *(name for name, _ in one.fields), "Content-Length", "warc-date", "WARC", "X"}:
            assert one.get(name) == careful_one.get(name), name
