"""Captures are read back: from our files, other writers', and damaged or hostile ones."""

import gzip
import io
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from archive import ArchiveError, Block, Capture, Truncation, WarcWriter, read_captures
from archive.errors import DamagedError
from archive.reading import read_records
from archive.warc_reader import read_at

#: Number of captures in each sample; None if the file is damaged.
SAMPLES = {
    "bad.arc": None,
    "dupes.warc.gz": 3,
    "example-bad-non-chunked.warc.gz": 1,
    "example-bad.warc.gz.bad": 2,
    "example-digest.warc": 0,
    "example-extra.warc": 2,
    "example-iana.org-chunked.warc": 1,
    "example-space-in-target-uri.warc.gz": 1,
    "example-trunc.warc": None,
    "example-url-agnostic-orig.warc.gz": 1,
    "example-url-agnostic-revisit.warc.gz": 0,
    "example-wget-1-14.warc.gz": 1,
    "example-wget-bad-target-uri.warc.gz": 1,
    "example-wpull.warc.gz": 1,
    "example-wrong-chunks.warc.gz": 1,
    "example.arc": 1,
    "example.arc.gz": 1,
    "example.warc.gz": 2,
    "httpbin-resource.warc.gz": 1,
    "iana.warc.gz": 48,
    "missing-status-text.warc": 1,
    "post-test.warc.gz": 3,
}


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_of_other_writers(shared, name):
    path = shared / "data" / "warcs" / name
    if SAMPLES[name] is None:
        with pytest.raises(DamagedError, match=rf"{name} at byte \d+: "):
            list(read_captures(path))
        return
    captures = list(read_captures(path))
    assert len(captures) == SAMPLES[name]
    for capture in captures:
        assert capture.status
        assert capture.url.startswith(("http", "file"))
        capture.body()
        if capture.location is not None:
            again = read_at(path, capture.location.offset, capture.location.length)
            assert again.response == capture.response
            assert again.request == capture.request or not again.request


def test_address_and_request_of_other_writers_are_read(shared):
    (capture,) = read_captures(shared / "data" / "warcs" / "example-wget-1-14.warc.gz")
    assert capture.request.startswith(b"GET / HTTP/1.1\r\n")
    assert capture.ip_address
    assert b"Example Domain" in capture.body()


def record(kind: str, url: str, block: bytes, extra: str = "", version: str = "1.0") -> bytes:
    return (
        (
            f"WARC/{version}\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:x:{kind}-{url}>\r\n"
            f"WARC-Date: 2020-01-02T03:04:05Z\r\nWARC-Target-URI: {url}\r\n{extra}Content-Length: {len(block)}\r\n\r\n"
        ).encode()
        + block
        + b"\r\n\r\n"
    )


PAGE = b"HTTP/1.1 200 OK\r\n\r\npage"


@pytest.mark.parametrize("packed", [lambda record: record, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("order", ["request-first", "response-first", "no-concurrent-to", "far-apart"])
def test_requests_are_joined_with_their_responses(packed, order):
    named = "WARC-Concurrent-To: <urn:x:response-http://a.test/>\r\n"
    request = record("request", "http://a.test/", b"GET /", "" if order == "no-concurrent-to" else named)
    response = record("response", "http://a.test/", PAGE)
    other = record("metadata", "http://a.test/", b"x: y")
    parts = {
        "request-first": [request, response],
        "response-first": [response, request, other],
        "no-concurrent-to": [response, request],
        "far-apart": [request, other, other, response],
    }[order]
    data = b"".join(map(packed, parts))
    (capture,) = read_captures(io.BytesIO(data))
    assert (capture.request, bytes(capture.response)) == (b"GET /", PAGE)
    assert capture.started_at == datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_request_for_another_page_is_not_joined():
    data = record("request", "http://b.test/", b"GET /b") + record("response", "http://a.test/", PAGE)
    (capture,) = read_captures(io.BytesIO(data))
    assert capture.request == b""


def test_records_sharing_a_gzip_member_are_read_without_location():
    data = gzip.compress(record("response", "http://a.test/1", PAGE) + record("response", "http://a.test/2", PAGE))
    captures = list(read_captures(io.BytesIO(data)))
    assert [capture.url for capture in captures] == ["http://a.test/1", "http://a.test/2"]
    assert captures[1].location is None


def test_unusual_fields_are_read():
    data = record("response", "<http://a.test/>", PAGE, "WARC-Truncated: whatever\r\nX-Odd: caf\u00e9\r\n folded\r\n")
    (capture,) = read_captures(io.BytesIO(data))
    assert (capture.url, capture.truncated) == ("http://a.test/", Truncation.UNSPECIFIED)
    (again,) = read_records(io.BytesIO(data.replace("caf\u00e9".encode(), b"caf\xe9")))
    assert again.get("x-odd") == "caf\u00e9 folded"


def test_arc_record_is_read():
    page = b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\nold page"
    version = b"1 0 Archive\nURL IP-address Archive-date Content-type Archive-length\n"
    data = b"filedesc://x.arc 0.0.0.0 20010203040506 text/plain %d\n" % len(version) + version + b"\n"
    data += b"http://a.test/old 192.0.2.1 20010203040506 text/html %d\n" % len(page) + page + b"\n"
    (capture,) = read_captures(io.BytesIO(data))
    assert (capture.url, capture.ip_address, capture.body()) == ("http://a.test/old", "192.0.2.1", b"old page")
    assert capture.started_at == datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)


GOOD = record("response", "http://a.test/", PAGE)
HOSTILE = {
    "not-warc": (b"<html>not an archive</html>\n", "expected a record"),
    "endless-head": (b"WARC/1.0\r\n" + b"X: y\r\n" * 1_000_000, "head does not end"),
    "endless-line": (b"WARC/1.0\r\nX: " + b"y" * 5_000_000, "head does not end"),
    "no-length": (GOOD.replace(b"Content-Length", b"Content-Width"), "invalid Content-Length"),
    "odd-length": (GOOD.replace(b"Content-Length: 23", b"Content-Length: -23"), "invalid Content-Length"),
    "huge-length": (GOOD.replace(b"Content-Length: 23", b"Content-Length: " + b"9" * 30), "invalid Content-Length"),
    "absurd-length": (
        GOOD.replace(b"Content-Length: 23", b"Content-Length: " + b"9" * 17),
        "more than the limit",
    ),
    "no-date": (GOOD.replace(b"2020-01-02T03:04:05Z", b"yesterday"), "invalid WARC-Date"),
    "cut": (GOOD[:-20], "cut short"),
    "cut-gzip": (gzip.compress(GOOD)[:-30], "cut short"),
    "flipped-gzip": (
        gzip.compress(GOOD)[:60] + b"\xff\xff\xff" + gzip.compress(GOOD)[63:],
        "gzip member|cut short|no record",
    ),
    "junk-after-member": (gzip.compress(GOOD) + b"junk", "expected a gzip member"),
    "bomb": (gzip.compress(b"WARC/1.0\r\nX: " + bytes(200 << 20)), "head does not end"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_file_raises_one_clear_error(tmp_path, case):
    data, what = HOSTILE[case]
    path = tmp_path / "hostile.warc.gz"
    path.write_bytes(data)
    with pytest.raises(ArchiveError, match=what) as caught:
        list(read_captures(path))
    assert caught.value.file == str(path)
    assert isinstance(caught.value.offset, int)


def test_captures_before_the_damage_are_yielded(tmp_path):
    path = tmp_path / "cut.warc"
    path.write_bytes(GOOD + GOOD[:-20])
    reader = read_captures(path)
    assert bytes(next(reader).response) == PAGE
    with pytest.raises(DamagedError) as caught:
        next(reader)
    assert caught.value.offset == len(GOOD)


@pytest.mark.parametrize("packed", [lambda record: record, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("junk", [b"junk", bytes(3000), b"\x1f\x8b\x08\x00junk", bytes(2 << 20)])
def test_reading_continues_after_damage_with_a_callback(packed, junk):
    one, two = packed(GOOD), packed(record("response", "http://a.test/2", PAGE))
    damage = []
    records = list(read_records(io.BytesIO(one + junk + two + junk + two), on_damage=damage.append))
    assert [found.url for found in records] == ["http://a.test/", "http://a.test/2", "http://a.test/2"]
    assert [found.offset for found in records][1:] == [len(one + junk), len(one + junk + two + junk)]
    assert damage[0].offset == len(one)


def test_missing_file_raises_an_error():
    with pytest.raises(ArchiveError, match="cannot open: No such file"):
        list(read_captures("/nonexistent/x.warc.gz"))


def test_reading_at_a_wrong_offset_raises_an_error(tmp_path, make_capture, make_writer):
    with make_writer() as writer:
        location = writer.write(make_capture())
    path = tmp_path / "warc" / location.file
    with pytest.raises(ArchiveError, match="holds a warcinfo record"):
        read_at(path, 0, location.offset)
    with pytest.raises(ArchiveError, match="expected a record"):
        read_at(path, location.offset + 5, location.length)
    with pytest.raises(ArchiveError, match="no record at this offset"):
        read_at(path, 10_000_000, 10)


captures = st.builds(
    Capture,
    url=st.from_regex(r"https?://[a-z]{1,9}\.test/[!-~\u4e00-\u4eff]{0,40}", fullmatch=True),
    started_at=st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    request=st.binary(max_size=200),
    response=st.binary(max_size=500).map(Block),
    ip_address=st.none() | st.ip_addresses().map(str),
    truncated=st.none() | st.sampled_from(Truncation),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(captures, max_size=5))
def test_any_captures_are_read_as_written(tmp_path, given_captures):
    with WarcWriter(tmp_path, prefix="any", info={}) as writer:
        locations = [writer.write(capture) for capture in given_captures]
    path = tmp_path / locations[0].file if locations else None
    again = list(read_captures(path)) if path else []
    assert [capture.location for capture in again] == locations
    for capture, before in zip(again, given_captures, strict=True):
        assert (capture.url, capture.started_at) == (before.url, before.started_at)
        assert (capture.request, capture.response) == (before.request, before.response)
        assert (capture.ip_address, capture.truncated) == (before.ip_address, before.truncated)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damage_raises_no_other_error(data):
    original = gzip.compress(GOOD) + gzip.compress(record("request", "http://a.test/", b"GET /"))
    original = original if data.draw(st.booleans()) else gzip.decompress(original)
    damaged = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=6))
    try:
        for capture in read_captures(io.BytesIO(bytes(damaged))):
            capture.body()
    except ArchiveError as error:
        assert error.what  # noqa: PT017
