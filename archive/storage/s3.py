"""Closed WARC files in a bucket of S3 or of any server with the same protocol."""

import base64
import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Self, cast
from urllib.parse import urlsplit

from archive.errors import ArchiveError
from archive.storage.base import CLOSED_SUFFIX, NotStoredError, StoredFile, check_file_name

try:
    import boto3  # type: ignore[import-untyped]
    from botocore.config import Config  # type: ignore[import-untyped]
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
except ImportError as missing:
    raise ArchiveError("a bucket needs the package boto3", hint="pip install 'broadsheet[s3]'") from missing

#: Longer files are uploaded in parts of this many bytes. One part is in memory at a time.
PART_SIZE = 16 << 20

#: Bytes of the first range request and of the longest: the length doubles while reading is sequential.
MIN_FETCH, MAX_FETCH = 64 << 10, 4 << 20

#: Number of retries for the missing bytes after a connection broke.
RETRIES = 4


class StorageError(ArchiveError):
    """The bucket cannot be reached, refuses, or has other bytes than were sent."""


class S3Storage:
    """Files in a bucket, under a prefix.

    Keys, region and server are configured as for AWS tools: by the environment (``AWS_ACCESS_KEY_ID``,
    ``AWS_SECRET_ACCESS_KEY``, ``AWS_DEFAULT_REGION``, ``AWS_ENDPOINT_URL_S3``) or ``~/.aws``. `endpoint` is the URL of
    another server. Every method raises StorageError if the bucket refuses or cannot be reached.
    """

    def __init__(self, bucket: str, prefix: str = "", *, endpoint: str | None = None) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        config = Config(
            retries={"mode": "standard", "total_max_attempts": RETRIES + 1},
            connect_timeout=10,
            read_timeout=60,
            # `store` sends and compares its own checksums; many servers refuse those that the client adds by default.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        with self._translate_errors("cannot be used"):
            self._client: Any = boto3.client("s3", endpoint_url=endpoint, config=config)

    @classmethod
    def at(cls, url: str, *, endpoint: str | None = None) -> Self:
        """Return the storage at ``s3://bucket/prefix``. Raises StorageError for any other URL."""
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
            raise StorageError(f"{url!r} is not the URL of a bucket", hint="write s3://bucket or s3://bucket/folder")
        return cls(parts.netloc, parts.path, endpoint=endpoint)

    @property
    def url(self) -> str:
        """The storage's URL, as passed to `at`."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def files(self) -> Iterator[StoredFile]:
        """Yield the files, sorted by name."""
        with self._translate_errors("cannot be listed"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix, Delimiter="/"
            )
            for page in pages:
                for entry in page.get("Contents", ()):
                    name = entry["Key"].removeprefix(self.prefix)
                    if name.endswith(CLOSED_SUFFIX):
                        yield StoredFile(name, entry["Size"])

    def find(self, name: str) -> StoredFile | None:
        """Return the file of that name, or ``None``."""
        head = self._head(name)
        return None if head is None else StoredFile(name, head["ContentLength"])

    def open(self, name: str) -> BinaryIO:
        """Open the file; range requests fetch what is read and a little ahead. Raises NotStoredError if missing."""
        head = self._head(name)
        if head is None:
            raise NotStoredError("WARC file not found", file=f"{self.url}/{name}", hint="restore it")
        return cast(BinaryIO, io.BufferedReader(_ObjectReader(self, name, head["ContentLength"], head["ETag"])))

    def store(self, path: Path, *, read_back: bool = False) -> str:
        """Upload the file at `path` under its name and verify it. Return its SHA-256, hexadecimal.

        The checksum that the server computed is compared. With `read_back`, or if the server has no checksum, the
        object is read and hashed instead. Parts of earlier uploads that broke off are deleted first.
        Raises StorageError if the checksums differ: then only the local file is intact.
        """
        with self._translate_errors("cannot be uploaded", path.name), path.open("rb") as file:
            self._abort_unfinished_uploads(path.name)
            digest = sha256()
            size = path.stat().st_size
            upload = self._upload_whole if size <= PART_SIZE else self._upload_parts
            expected = upload(path.name, file, digest)
        head = self._head(path.name) or {}
        stored = head.get("ChecksumSHA256")
        if stored is None or read_back:
            is_same = self._digest(path.name) == digest.hexdigest()
        else:
            # For an upload in parts this is the checksum of their checksums, "-" and their number.
            is_same = stored.partition("-")[0] == expected
        if not is_same or head.get("ContentLength") != size:
            hint = "the local file was kept; upload it again"
            raise StorageError("the bucket has other bytes than were sent", file=f"{self.url}/{path.name}", hint=hint)
        return digest.hexdigest()

    def _upload_whole(self, name: str, file: BinaryIO, digest: Any) -> str:
        """Upload the file in one request and add its bytes to `digest`. Return the checksum the server should have."""
        data = file.read()
        digest.update(data)
        checksum = _base64(digest.digest())
        self._client.put_object(**self._key(name), Body=data, ChecksumSHA256=checksum)
        return checksum

    def _upload_parts(self, name: str, file: BinaryIO, digest: Any) -> str:
        """Upload the file in parts and add its bytes to `digest`. Return the checksum the server should have."""
        upload = self._client.create_multipart_upload(**self._key(name), ChecksumAlgorithm="SHA256")
        upload_key = {**self._key(name), "UploadId": upload["UploadId"]}
        parts: list[dict[str, Any]] = []
        digest_of_digests = sha256()
        while data := file.read(PART_SIZE):
            digest.update(data)
            part_digest = sha256(data).digest()
            digest_of_digests.update(part_digest)
            number, checksum = len(parts) + 1, _base64(part_digest)
            sent = self._client.upload_part(**upload_key, PartNumber=number, Body=data, ChecksumSHA256=checksum)
            parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": checksum})
        self._client.complete_multipart_upload(**upload_key, MultipartUpload={"Parts": parts})
        return _base64(digest_of_digests.digest())

    def _abort_unfinished_uploads(self, name: str) -> None:
        key = self._key(name)
        listed = self._client.list_multipart_uploads(Bucket=self.bucket, Prefix=key["Key"])
        for upload in listed.get("Uploads", ()):
            if upload["Key"] == key["Key"]:
                self._client.abort_multipart_upload(**key, UploadId=upload["UploadId"])

    def _digest(self, name: str) -> str:
        digest = sha256()
        with self.open(name) as file:
            while piece := file.read(MAX_FETCH):
                digest.update(piece)
        return digest.hexdigest()

    def _head(self, name: str) -> dict[str, Any] | None:
        with self._translate_errors("cannot be looked up", name):
            try:
                return cast("dict[str, Any]", self._client.head_object(**self._key(name), ChecksumMode="ENABLED"))
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                    return None
                raise

    def read_range(self, name: str, start: int, length: int, etag: str) -> bytes:
        """Return `length` bytes from `start` of the object with this `etag`; after a broken connection it retries."""
        data = b""
        with self._translate_errors("cannot be read", name):
            for tries_left in reversed(range(RETRIES + 1)):
                missing_range = f"bytes={start + len(data)}-{start + length - 1}"
                try:
                    body = self._client.get_object(**self._key(name), Range=missing_range, IfMatch=etag)["Body"]
                    for piece in body.iter_chunks(1 << 16):
                        data += piece
                except BotoCoreError:
                    if not tries_left:
                        raise
                if len(data) >= length:
                    break
        if len(data) != length:
            raise StorageError(
                f"returned {len(data)} bytes instead of {length}", file=f"{self.url}/{name}", offset=start
            )
        return data

    def _key(self, name: str) -> dict[str, str]:
        check_file_name(name)
        return {"Bucket": self.bucket, "Key": self.prefix + name}

    @contextmanager
    def _translate_errors(self, what: str, name: str = "") -> Iterator[None]:
        """Raise errors of boto3 and of the disk as StorageError, with `what` in front of the reason."""
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            place = f"{self.url}/{name}".rstrip("/")
            reason = " ".join(str(error).split())
            hint = "check bucket, server and keys (AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID, ...)"
            raise StorageError(f"{what}: {reason}", file=place, hint=hint) from error
        except OSError as error:
            raise StorageError(f"{what}: {error.strerror or error}", file=name or self.url) from error


def list_objects(url: str) -> Iterator[tuple[str, int, str]]:
    """Yield URL, size and ETag of the objects below ``s3://bucket/folder``, or of the one object at `url`, by name.

    Subfolders are included. Raises StorageError if the bucket cannot be listed.
    """
    storage = S3Storage.at(url)
    folder = urlsplit(url).path.strip("/")
    with storage._translate_errors("cannot be listed"):
        for page in storage._client.get_paginator("list_objects_v2").paginate(Bucket=storage.bucket, Prefix=folder):
            for entry in page.get("Contents", ()):
                if not folder or entry["Key"] == folder or entry["Key"].startswith(f"{folder}/"):
                    yield f"s3://{storage.bucket}/{entry['Key']}", entry["Size"], entry["ETag"].strip('"')


def fetch_object(url: str, folder: Path) -> Path:
    """Copy the object at `url`, ``s3://bucket/folder/name``, to `folder`. Return the path of the copy.

    Raises NotStoredError if there is no such object, StorageError if it cannot be read.
    """
    place, _, name = url.rpartition("/")
    storage = S3Storage.at(place)
    path = folder / name
    with storage.open(name) as source, storage._translate_errors("cannot be copied", name), path.open("wb") as copy:
        shutil.copyfileobj(source, copy, MAX_FETCH)
    return path


class _ObjectReader(io.RawIOBase):
    """A file-like reader of one object, by range requests."""

    def __init__(self, storage: S3Storage, name: str, size: int, etag: str) -> None:
        self.name = name
        self._storage = storage
        self._size = size
        self._etag = etag
        self._position = 0
        self._window = b""
        self._window_start = 0
        self._fetch_size = MIN_FETCH

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        if self._position >= self._size or not len(buffer):
            return 0
        within = self._position - self._window_start
        if not 0 <= within < len(self._window):
            self._fetch()
            within = 0
        piece = self._window[within : within + len(buffer)]
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def _fetch(self) -> None:
        is_sequential = bool(self._window) and self._position == self._window_start + len(self._window)
        self._fetch_size = min(2 * self._fetch_size, MAX_FETCH) if is_sequential else MIN_FETCH
        length = min(self._fetch_size, self._size - self._position)
        self._window = self._storage.read_range(self.name, self._position, length, self._etag)
        self._window_start = self._position


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
