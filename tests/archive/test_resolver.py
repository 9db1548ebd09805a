"""Revisits are loaded as complete responses: ours and other writers', across files, in chains, and broken ones."""

import gzip
from datetime import UTC, datetime, timedelta

import pytest

from archive import ArchiveError, Collection, Index, Truncation
from archive.digest import sha1_label
from archive.errors import DamagedError

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = b"<p>text</p>" * 200
IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"


def answer(extra=b"", body=BODY):
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + extra + b"\r\n" + body


def chunked(body):
    return b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"


def record(kind, record_id, block, when="2026-03-01T12:00:00Z", url="http://a.test/", **fields):
    lines = [f"WARC-Type: {kind}", f"WARC-Record-ID: <urn:x:{record_id}>", f"WARC-Date: {when}"]
    lines += [f"WARC-Target-URI: {url}", *(f"WARC-{name.replace('_', '-')}: {value}" for name, value in fields.items())]
    lines += ["Content-Type: application/http", f"Content-Length: {len(block)}"]
    return gzip.compress("\r\n".join(("WARC/1.0", *lines, "", "")).encode() + block + b"\r\n\r\n")


def revisit(record_id="2", block=b"", *, profile=IDENTICAL, when="2026-03-02T12:00:00Z", **fields):
    return record("revisit", record_id, block, when, Profile=profile, **fields)


@pytest.fixture
def collection(tmp_path):
    with Collection(tmp_path) as collection:
        collection.warc_folder.mkdir()
        yield collection


def put(collection, *files):
    """Store and index files of records. Return the capture of the last record."""
    for number, records in enumerate(files):
        (collection.warc_folder / f"{number}.warc.gz").write_bytes(b"".join(records))
        collection.reindex(f"{number}.warc.gz")
    return collection.load(collection.index.captures("http://a.test/")[-1])


REFERENCES = {
    "by-id": {"Refers_To": "<urn:x:1>"},
    "by-url-and-date": {"Refers_To_Target_URI": "http://a.test/", "Refers_To_Date": "2026-03-01T12:00:00Z"},
    "by-all": {
        "Refers_To": "<urn:x:1>",
        "Refers_To_Target_URI": "http://a.test/",
        "Refers_To_Date": "2026-03-01T12:00:00Z",
    },
}


@pytest.mark.parametrize("together", [True, False], ids=["one-file", "two-files"])
@pytest.mark.parametrize("reference", REFERENCES)
def test_identical_payload_follows_the_head_as_received(collection, reference, together):
    head = b"HTTP/1.1 200 Fine\r\nX-Second: yes\r\n\r\n"
    records = [record("response", "1", answer())], [revisit(block=head, **REFERENCES[reference])]
    found = put(collection, records[0] + records[1]) if together else put(collection, *records)
    assert bytes(found.response) == head + BODY
    assert (found.body(), found.status, found.truncated) == (BODY, 200, None)
    assert found.location.record_id == "urn:x:2"
    assert collection.original(found.location).record_id == "urn:x:1"


def test_original_is_found_by_digest_alone(collection, make_capture):
    digest = "sha1:" + "A" * 32
    with pytest.raises(DamagedError, match="the original of a revisit is missing"):
        put(collection, [revisit(Payload_Digest=digest)])
    digest = sha1_label([BODY])
    elsewhere = record("response", "1", answer(), url="http://elsewhere.test/", Payload_Digest=digest)
    assert put(collection, [elsewhere], [revisit(Payload_Digest=digest)]).body() == BODY


def test_revisit_without_a_head_gets_the_original_head(collection):
    found = put(collection, [record("response", "1", answer(b"X: 1\r\n"))], [revisit(Refers_To="<urn:x:1>")])
    assert bytes(found.response) == answer(b"X: 1\r\n")


@pytest.mark.parametrize("first", [b"", b"Transfer-Encoding: chunked\r\n"], ids=["plain", "chunked"])
@pytest.mark.parametrize("second", [b"", b"Transfer-Encoding: chunked\r\n"], ids=["plain", "chunked"])
def test_payload_is_framed_as_the_head_announces(collection, first, second):
    head = answer(second, b"")
    original = answer(first, chunked(BODY) if first else BODY)
    found = put(collection, [record("response", "1", original)], [revisit(block=head, Refers_To="<urn:x:1>")])
    assert found.payload() == BODY
    assert bytes(found.response) == head + (chunked(BODY) if second else BODY)


def test_not_modified_revisit_is_the_original_response(collection):
    head = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
    original = [record("response", "1", answer())]
    found = put(collection, original, [revisit(block=head, profile=NOT_MODIFIED, Refers_To="<urn:x:1>")])
    assert bytes(found.response) == answer()
    assert found.started_at == NOON + timedelta(days=1)


def test_old_304_without_a_reference_belongs_to_the_previous_response(collection):
    early, late = record("response", "1", answer()), record("response", "9", answer(), "2026-03-09T00:00:00Z")
    head = b"HTTP/1.1 304 Not Modified\r\n\r\n"
    put(collection, [early, late], [revisit(block=head, profile="http://netpreserve.org/warc/1.0/server-not-modified")])
    (entry,) = [entry for entry in collection.index.captures("http://a.test/") if entry.mime == "warc/revisit"]
    assert collection.original(entry).record_id == "urn:x:1"


def test_chain_of_revisits_is_followed_but_not_a_cycle(collection):
    links = [revisit(str(n + 2), when=f"2026-03-02T12:00:{n:02d}Z", Refers_To=f"<urn:x:{n + 1}>") for n in range(7)]
    assert put(collection, [record("response", "1", answer())], links).body() == BODY
    circle = [revisit("2", Refers_To="<urn:x:3>"), revisit("3", when="2026-03-03T12:00:00Z", Refers_To="<urn:x:2>")]
    with pytest.raises(DamagedError, match=r"the original of a revisit is missing: urn:x:[23]"):
        put(collection, circle, [])


def test_endless_chain_is_an_error(collection):
    links = [revisit(str(n + 2), when=f"2026-03-02T12:00:{n:02d}Z", Refers_To=f"<urn:x:{n + 1}>") for n in range(20)]
    with pytest.raises(DamagedError, match="a chain of more than 8 revisits"):
        put(collection, [record("response", "1", answer())], links)


def test_error_names_a_missing_original(collection):
    lost = revisit(
        Refers_To="<urn:x:gone>", Refers_To_Target_URI="http://b.test/", Refers_To_Date="2020-01-01T00:00:00Z"
    )
    with pytest.raises(
        ArchiveError, match=r"0\.warc\.gz at byte 0: the original of a revisit is missing: urn:x:gone http://b"
    ):
        put(collection, [lost])
    findings = [(finding.offset, finding.record_id, finding.what) for finding in collection.verify()]
    assert findings == [
        (0, "urn:x:2", "the original of a revisit is missing: urn:x:gone http://b.test/ 2020-01-01T00:00:00+00:00")
    ]


def test_original_with_another_payload_is_rejected(collection):
    wrong = revisit(block=answer(body=b""), Refers_To="<urn:x:1>", Payload_Digest="sha1:" + "A" * 32)
    with pytest.raises(DamagedError, match="has another payload than sha1:AAAA"):
        put(collection, [record("response", "1", answer())], [wrong])


def test_revisits_of_our_writer_are_loaded_in_full(tmp_path, make_capture):
    later = make_capture().started_at + timedelta(days=1)
    page, again = answer(b'ETag: "1"\r\nX-Time: 1\r\n'), answer(b'ETag: "1"\r\nX-Time: 2\r\n')
    asked = b'GET / HTTP/1.1\r\nHost: news.test\r\nIf-None-Match: "1"\r\n\r\n'
    unchanged = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'
    with Collection(tmp_path) as collection:
        with collection.writer("test", {}, dedup="url") as writer:
            first = writer.write(make_capture(page))
            second = writer.write(make_capture(again, started_at=later))
            third = writer.write(make_capture(unchanged, request=asked, started_at=later + timedelta(days=1)))
        assert [entry.mime for entry in collection.index.captures(make_capture().url)][1:] == ["warc/revisit"] * 2
        assert bytes(collection.load(second).response) == again
        assert bytes(collection.load(third).response) == page
        assert collection.load(third).request == asked
        assert collection.original(third) == collection.load(first).location
        assert collection.load(second).truncated is None
        assert list(collection.verify()) == []
        before = list(collection.index.search())
        collection.reindex(first.file)
        assert list(collection.index.search()) == before


def test_truncated_original_gives_a_truncated_capture(collection):
    original = record("response", "1", answer(), Truncated="disconnect")
    found = put(collection, [original], [revisit(block=answer(body=b""), Refers_To="<urn:x:1>", Truncated="length")])
    assert found.truncated is Truncation.DISCONNECT


def test_damaged_original_is_skipped_and_named_if_another_record_has_the_payload(collection, caplog):
    digest = sha1_label([BODY])
    first = record("response", "1", answer(), Payload_Digest=digest)
    other = record("response", "7", answer(b"X: 7\r\n"), "2026-01-01T00:00:00Z", Payload_Digest=digest)
    again = revisit(**REFERENCES["by-all"], Payload_Digest=digest)
    put(collection, [first], [other], [again])
    path = collection.warc_folder / "0.warc.gz"
    path.write_bytes(first[:40] + bytes(20) + first[60:])
    (entry,) = [one for one in collection.index.captures("http://a.test/") if one.mime == "warc/revisit"]
    assert collection.load(entry).body() == BODY
    assert "not used as the original of a revisit: 0.warc.gz at byte 0" in caplog.text
    assert [finding.file for finding in collection.verify()] == ["0.warc.gz"] * 2


def test_of_captures_in_one_second_the_one_with_the_payload_is_the_original(collection):
    one, two = (record("response", str(n), answer(body=BODY + b"%d" % n)) for n in (1, 2))
    reference = {"Refers_To_Target_URI": "http://a.test/", "Refers_To_Date": "2026-03-01T12:00:00Z"}
    found = put(collection, [one, two], [revisit(**reference, Payload_Digest=sha1_label([BODY + b"2"]))])
    assert found.body() == BODY + b"2"
    assert list(collection.verify()) == []


def test_verify_names_a_revisit_whose_original_has_another_payload(collection):
    original = record("response", "1", answer(), Payload_Digest=sha1_label([BODY]))
    wrong = revisit(Refers_To="<urn:x:1>", Payload_Digest=sha1_label([b"other"]))
    with pytest.raises(DamagedError, match="has another payload"):
        put(collection, [original], [wrong])
    (finding,) = collection.verify()
    assert (finding.file, finding.offset) == ("1.warc.gz", 0)
    assert "has another payload than sha1:" in finding.what


def test_revisits_are_resolved_without_reading_all_captures_of_their_url(collection, monkeypatch):
    digest = sha1_label([BODY])
    reference = {"Refers_To_Target_URI": "http://a.test/", "Refers_To_Date": "2026-03-01T12:00:00Z"}
    revisits = [
        revisit(str(n), when=f"2026-03-02T12:{n}:00Z", Payload_Digest=digest, **reference) for n in range(10, 40)
    ]
    put(collection, [record("response", "1", answer(), Payload_Digest=digest)], revisits)
    entries = collection.index.captures("http://a.test/")
    monkeypatch.delattr(Index, "captures")
    assert [collection.load(entry).body() for entry in entries[1:]] == [BODY] * len(revisits)
