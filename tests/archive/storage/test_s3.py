"""Buckets as storages, tested with an S3 server: verified uploads, range requests, broken connections."""

import hashlib
import io
import os
import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import ArchiveError
from archive.storage import NotStoredError, StoredFile, s3
from archive.storage.s3 import S3Storage, StorageError, _ObjectReader

NAME = "site-20260301120000250-00000-host-0011aabb.warc.gz"


@pytest.fixture
def storage(bucket, s3_server):
    return S3Storage(bucket[1], "archive/warc", endpoint=s3_server)


@pytest.fixture
def file(tmp_path):
    """Return a file of three million random bytes, so that bytes from a wrong place are noticed."""
    path = tmp_path / NAME
    path.write_bytes(os.urandom(3_000_000))
    return path


@pytest.fixture
def in_parts(monkeypatch):
    """Lower the part size from 16 MiB to 5 MiB, the smallest that S3 allows."""
    monkeypatch.setattr(s3, "PART_SIZE", 5 << 20)


def requests(client) -> list[str | None]:
    """Return a list that receives the range of each request to the server."""
    ranges: list[str | None] = []
    client.meta.events.register(
        "before-sign.s3.GetObject", lambda request, **_: ranges.append(request.headers["Range"])
    )
    return ranges


def test_stored_file_is_listed_found_and_read(storage, bucket, file):
    client, name = bucket
    assert storage.store(file) == hashlib.sha256(file.read_bytes()).hexdigest()
    client.put_object(Bucket=name, Key="archive/warc/notes.txt", Body=b"x")
    client.put_object(Bucket=name, Key="archive/warc/deeper/b.warc.gz", Body=b"x")
    client.put_object(Bucket=name, Key="c.warc.gz", Body=b"x")
    assert list(storage.files()) == [StoredFile(NAME, 3_000_000)]
    assert storage.find(NAME) == StoredFile(NAME, 3_000_000)
    assert storage.find("none.warc.gz") is None
    with storage.open(NAME) as opened:
        assert opened.read() == file.read_bytes()
    with pytest.raises(NotStoredError, match=r"s3://.*/archive/warc/none.warc.gz: WARC file not found"):
        storage.open("none.warc.gz")
    with pytest.raises(ArchiveError, match="is not a file name"):
        storage.find("../c.warc.gz")


def test_listing_follows_pagination(storage, bucket):
    client, name = bucket
    pages = []
    storage._client.meta.events.register("provide-client-params.s3.ListObjectsV2", lambda params, **_: pages.append(1))
    storage._client.meta.events.register(
        "provide-client-params.s3.ListObjectsV2", lambda params, **_: {**params, "MaxKeys": 3}
    )
    names = [f"{number:04d}.warc.gz" for number in range(7)]
    for one in names:
        client.put_object(Bucket=name, Key=f"archive/warc/{one}", Body=b"")
    assert [one.name for one in storage.files()] == names
    assert len(pages) == 3


def test_reading_a_record_fetches_one_small_range(storage, file):
    storage.store(file)
    asked = requests(storage._client)
    with storage.open(NAME) as opened:
        opened.seek(1_000_000)
        assert opened.read(20_000) == file.read_bytes()[1_000_000:1_020_000]
        assert opened.tell() == 1_020_000
        opened.seek(-10, os.SEEK_END)
        assert opened.read() == file.read_bytes()[-10:]
    assert asked == ["bytes=1000000-1065535", "bytes=2999990-2999999"]


def test_sequential_reading_fetches_growing_ranges(storage, file):
    storage.store(file)
    asked = requests(storage._client)
    with storage.open(NAME) as opened:
        while opened.read(10_000):
            pass
    steps = [int(end) - int(start) + 1 for start, end in (one.removeprefix("bytes=").split("-") for one in asked)]
    assert steps == [65536, 131072, 262144, 524288, 1048576, 3_000_000 - 31 * 65536]


def test_long_file_is_uploaded_in_parts_with_checksums(storage, bucket, tmp_path, in_parts):
    client, name = bucket
    long = tmp_path / NAME
    long.write_bytes(os.urandom(12 << 20))
    assert storage.store(long) == hashlib.sha256(long.read_bytes()).hexdigest()
    parts = [hashlib.sha256(long.read_bytes()[at : at + (5 << 20)]).digest() for at in range(0, 12 << 20, 5 << 20)]
    head = client.head_object(Bucket=name, Key=f"archive/warc/{NAME}", ChecksumMode="ENABLED")
    assert len(parts) == 3
    assert head["ETag"].strip('"').endswith("-3")
    with storage.open(NAME) as opened:
        assert opened.read() == long.read_bytes()


def test_unfinished_uploads_of_the_same_file_are_deleted(storage, bucket, tmp_path, in_parts):
    client, name = bucket
    key = {"Bucket": name, "Key": f"archive/warc/{NAME}"}
    half = client.create_multipart_upload(**key)
    client.upload_part(**key, UploadId=half["UploadId"], PartNumber=1, Body=b"x" * (5 << 20))
    other = client.create_multipart_upload(Bucket=name, Key=f"archive/warc/{NAME}.other")
    assert storage.find(NAME) is None  # incomplete uploads are not listed
    long = tmp_path / NAME
    long.write_bytes(os.urandom(6 << 20))
    storage.store(long)
    left = client.list_multipart_uploads(Bucket=name)["Uploads"]
    assert [one["UploadId"] for one in left] == [other["UploadId"]]


def test_upload_stored_with_other_bytes_is_an_error(storage, file, monkeypatch):
    """Found by the server's checksum, or by reading back if it has none."""
    put = storage._client.put_object

    def wrong(**arguments):
        arguments.pop("ChecksumSHA256")
        body = arguments["Body"]
        return put(**arguments | {"Body": body[:-1] + bytes([body[-1] ^ 1])})

    monkeypatch.setattr(storage._client, "put_object", wrong)
    with pytest.raises(StorageError, match="the bucket has other bytes than were sent; the local file was kept"):
        storage.store(file)
    monkeypatch.setattr(storage._client, "put_object", lambda **arguments: put(**arguments | {"Body": b""}))
    with pytest.raises(StorageError):
        storage.store(file)


def test_file_is_read_back_if_the_server_has_no_checksum(storage, file, monkeypatch):
    head = storage._client.head_object

    def without(**arguments):
        answer = head(**arguments)
        answer.pop("ChecksumSHA256", None)
        return answer

    monkeypatch.setattr(storage._client, "head_object", without)
    asked = requests(storage._client)
    storage.store(file)
    assert asked
    asked.clear()
    monkeypatch.undo()


def test_reading_continues_after_broken_connections(bucket, cable, s3_server, file):
    S3Storage(bucket[1], endpoint=s3_server).store(file)
    storage = S3Storage(bucket[1], endpoint=cable.url)
    cable.cut("down", after=100_000, times=3)
    with storage.open(NAME) as opened:
        assert opened.read() == file.read_bytes()
    assert cable.done == 3


def test_unreachable_server_is_a_clear_error(bucket, cable, s3_server, file, monkeypatch):
    monkeypatch.setattr(s3, "RETRIES", 0)
    S3Storage(bucket[1], endpoint=s3_server).store(file)
    storage = S3Storage(bucket[1], endpoint=cable.url)
    with storage.open(NAME) as opened:
        cable.cut("down", after=1_000, times=1000)
        with pytest.raises(StorageError, match=rf"s3://{bucket[1]}/{NAME}: cannot be read: "):
            opened.read()
    assert cable.done == 1
    with socket.create_server(("127.0.0.1", 0)) as unused:
        unused_url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(StorageError, match=r"cannot be looked up: .*check bucket, server and keys"):
        S3Storage(bucket[1], endpoint=unused_url).find(NAME)


def test_broken_upload_leaves_no_file_and_succeeds_next_time(bucket, cable, file, monkeypatch):
    monkeypatch.setattr(s3, "RETRIES", 0)
    storage = S3Storage(bucket[1], endpoint=cable.url)
    cable.cut("up", after=1_000_000, times=1)
    with pytest.raises(StorageError, match="cannot be uploaded"):
        storage.store(file)
    assert cable.done == 1
    assert storage.find(NAME) is None
    storage.store(file)
    with storage.open(NAME) as opened:
        assert opened.read() == file.read_bytes()


def test_object_replaced_while_reading_is_an_error(storage, bucket, file):
    storage.store(file)
    with storage.open(NAME) as opened:
        opened.read(100)
        file.write_bytes(os.urandom(3_000_000))
        storage.store(file)
        opened.seek(2_000_000)
        with pytest.raises(StorageError, match="cannot be read"):
            opened.read(100)


@pytest.mark.parametrize("url", ["http://x/y", "s3:///y", "x", "s3://bucket/a?b"])
def test_other_urls_are_refused(url):
    with pytest.raises(StorageError, match="is not the URL of a bucket; write s3://"):
        S3Storage.at(url)


def test_url_names_bucket_and_folder(s3_server):
    assert S3Storage.at("s3://bucket/a/b/", endpoint=s3_server).url == "s3://bucket/a/b"
    assert S3Storage.at("s3://bucket", endpoint=s3_server).url == "s3://bucket"


def test_missing_bucket_is_a_clear_error(s3_server):
    storage = S3Storage.at("s3://no-such-bucket", endpoint=s3_server)
    with pytest.raises(StorageError, match=r"s3://no-such-bucket: cannot be listed: .*NoSuchBucket"):
        list(storage.files())


class MemoryStorage:
    """A storage in memory, as far as `_ObjectReader` uses it."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def read_range(self, name: str, start: int, length: int, etag: str) -> bytes:
        assert 0 < length <= len(self.data) - start, "never more than there is"
        return self.data[start : start + length]


@given(
    size=st.integers(0, 500_000),
    steps=st.lists(st.tuples(st.integers(-10, 600_000), st.integers(0, 300_000)), max_size=12),
)
@settings(max_examples=60, deadline=None)
def test_any_seeks_and_reads_return_the_same_bytes_as_a_file(size, steps):
    data = bytes(i * 7 % 251 for i in range(1000)) * (size // 1000 + 1)
    data = data[:size]
    ours, file = io.BufferedReader(_ObjectReader(MemoryStorage(data), "x", size, "etag")), io.BytesIO(data)
    for place, length in steps:
        if place >= 0:
            assert ours.seek(place) == file.seek(place)
        assert ours.read(length) == file.read(length)
        assert ours.tell() == file.tell()
