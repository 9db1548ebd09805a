"""Revisits of captures whose file lies in the bucket alone: only of what can be read there, never waited for long."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from archive import Block, Collection, Dedup
from archive.offload import Ledger, movable, offload
from archive.reading import read_records
from archive.remote_lookup import PATIENCE
from archive.storage import FolderStorage, TieredStorage
from archive.storage.s3 import S3Storage, StorageError

HEAD = b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nETag: "v1"\r\n\r\n'
BODY = b"<p>news</p>" * 200


@pytest.fixture
def first(make_capture):
    return make_capture(HEAD + BODY)


@pytest.fixture
def other(make_capture):
    return make_capture(HEAD + BODY, url="http://news.test/other")


@pytest.fixture
def moved(tmp_path, bucket, cable, first, other):
    """A collection whose two captures lie in the bucket alone, at the end of a cable."""
    remote = S3Storage(bucket[1], endpoint=cable.url)
    folder = tmp_path / "warc"
    with Collection(tmp_path, storage=TieredStorage(FolderStorage(folder), remote)) as collection:
        with collection.writer("test", {}) as writer:
            writer.write(first)
            writer.write(other)
        list(offload(folder, movable(folder, collection.index), remote, Ledger(tmp_path / "ledger"), keep_local=False))
        assert not list(folder.glob("*.warc.gz"))
        yield collection


def written_again(collection: Collection, *captures) -> list[tuple[str, str | None]]:
    """Type and WARC-Refers-To of each response-like record that the captures, each an hour later, are kept as."""
    with collection.writer("test", {}, dedup=Dedup.URL) as writer:
        for hours, capture in enumerate(captures, 1):
            writer.write(replace(capture, started_at=capture.started_at + timedelta(hours=hours)))
    (path,) = collection.warc_folder.glob("*.warc.gz")
    kept = [record for record in read_records(path) if record.type in ("response", "revisit")]
    return [(record.type, record.get("WARC-Refers-To")) for record in kept]


def test_what_the_bucket_has_is_referred_to(moved, first, make_capture):
    original = moved.index.newest(first.url)[0]
    unchanged = b"HTTP/1.1 304 Not Modified\r\n\r\n"
    asked = b'GET /a?q=1 HTTP/1.1\r\nIf-None-Match: "v1"\r\n\r\n'
    not_modified = make_capture(unchanged, request=asked)
    refers = f"<{original.record_id}>"
    assert written_again(moved, first, not_modified) == [("revisit", refers), ("revisit", refers)]
    for entry in moved.index.captures(first.url):
        assert moved.load(entry).payload() == BODY
    assert not list(moved.verify())


def test_another_payload_of_the_same_digest_is_kept_whole(moved, first, monkeypatch):
    """As with two contents of one SHA-1, which can be made on purpose: the index cannot tell them apart."""
    original = moved.index.newest(first.url)[0]
    monkeypatch.setattr("archive.warc_writer._payload_digest", lambda capture: original.digest)
    assert written_again(moved, replace(first, response=Block(HEAD + BODY[:-4] + b"</b>"))) == [("response", None)]


def test_what_is_gone_from_the_bucket_is_not_referred_to(moved, first, bucket):
    client, name = bucket
    client.delete_object(Bucket=name, Key=moved.index.newest(first.url)[0].file)
    assert written_again(moved, first) == [("response", None)]


def test_a_bucket_that_is_silent_is_waited_for_once(moved, first, other, cable):
    cable.open.clear()
    begin = time.monotonic()
    kept = written_again(moved, first, other, first)
    assert time.monotonic() - begin < 2 * PATIENCE
    cable.open.set()
    assert [kind for kind, _ in kept] == ["response", "response", "revisit"]  # the last of the first, which is here


def test_a_bucket_is_not_waited_for_longer_than_all_patience(moved, first, other, monkeypatch):
    monkeypatch.setattr("archive.remote_lookup.PATIENCE_IN_ALL", 1e-9)
    assert written_again(moved, first, other) == [("response", None)] * 2


def test_a_bucket_that_refuses_is_asked_once(moved, first, other, monkeypatch):
    asked = []

    def refuse(name: str):
        asked.append(name)
        raise StorageError("refuses")

    monkeypatch.setattr(moved.storage, "find", refuse)
    assert written_again(moved, first, other) == [("response", None)] * 2
    assert len(asked) == 1
