"""Revisits of captures whose file is only in the bucket: created only if readable there, and without a long wait."""

import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from archive import Block, Collection, Dedup
from archive.offload import Receipts, find_movable, offload
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
    """Return a collection whose two captures are only in the bucket, reached through a cable that can be cut."""
    remote = S3Storage(bucket[1], endpoint=cable.url)
    folder = tmp_path / "warc"
    with Collection(tmp_path, storage=TieredStorage(FolderStorage(folder), remote)) as collection:
        with collection.writer("test", {}) as writer:
            writer.write(first)
            writer.write(other)
        list(
            offload(
                folder,
                find_movable(folder, collection.index),
                remote,
                Receipts(tmp_path / "receipts"),
                keep_local=False,
            )
        )
        assert not list(folder.glob("*.warc.gz"))
        yield collection


def written_again(collection: Collection, *captures) -> list[tuple[str, str | None]]:
    """Write the captures an hour later each. Return type and WARC-Refers-To of each record stored for a response."""
    with collection.writer("test", {}, dedup=Dedup.URL) as writer:
        for hours, capture in enumerate(captures, 1):
            writer.write(replace(capture, started_at=capture.started_at + timedelta(hours=hours)))
    (path,) = collection.warc_folder.glob("*.warc.gz")
    kept = [record for record in read_records(path) if record.type in ("response", "revisit")]
    return [(record.type, record.get("WARC-Refers-To")) for record in kept]


def test_capture_in_the_bucket_is_referred_to(moved, first, make_capture):
    original = moved.index.newest(first.url)[0]
    unchanged = b"HTTP/1.1 304 Not Modified\r\n\r\n"
    asked = b'GET /a?q=1 HTTP/1.1\r\nIf-None-Match: "v1"\r\n\r\n'
    not_modified = make_capture(unchanged, request=asked)
    refers = f"<{original.record_id}>"
    assert written_again(moved, first, not_modified) == [("revisit", refers), ("revisit", refers)]
    for entry in moved.index.captures(first.url):
        assert moved.load(entry).payload() == BODY
    assert not list(moved.verify())


def test_another_payload_with_the_same_digest_is_stored_in_full(moved, first, monkeypatch):
    """Different content can be constructed with the same SHA-1; the index cannot distinguish it."""
    original = moved.index.newest(first.url)[0]
    monkeypatch.setattr("archive.warc_writer._payload_digest", lambda capture: original.digest)
    assert written_again(moved, replace(first, response=Block(HEAD + BODY[:-4] + b"</b>"))) == [("response", None)]


def test_capture_deleted_from_the_bucket_is_not_referred_to(moved, first, bucket):
    client, name = bucket
    client.delete_object(Bucket=name, Key=moved.index.newest(first.url)[0].file)
    assert written_again(moved, first) == [("response", None)]


@pytest.mark.slow
def test_silent_bucket_is_waited_for_once(moved, first, other, cable):
    cable.open.clear()
    begin = time.monotonic()
    kept = written_again(moved, first, other, first)
    assert time.monotonic() - begin < 2 * PATIENCE
    cable.open.set()
    assert [kind for kind, _ in kept] == [
        "response",
        "response",
        "revisit",
    ]  # the last refers to a local one


def test_all_waiting_for_a_bucket_together_is_limited(moved, first, other, monkeypatch):
    monkeypatch.setattr("archive.remote_lookup.PATIENCE_IN_ALL", 1e-9)
    written = threading.Event()
    monkeypatch.setattr(moved.storage, "find", lambda name: written.wait(60) and None)
    assert written_again(moved, first, other) == [("response", None)] * 2
    written.set()


def test_failing_bucket_is_asked_once(moved, first, other, monkeypatch):
    asked = []

    def refuse(name: str):
        asked.append(name)
        raise StorageError("refuses")

    monkeypatch.setattr(moved.storage, "find", refuse)
    assert written_again(moved, first, other) == [("response", None)] * 2
    assert len(asked) == 1
