"""Closed WARC files in a bucket of S3, or of any server that speaks its protocol."""

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Self, cast
from urllib.parse import urlsplit

from archive.errors import ArchiveError
from archive.storage.base import SUFFIX, NotHereError, StoredFile, check_name

try:
    import boto3  # type: ignore[import-untyped]
    from botocore.config import Config  # type: ignore[import-untyped]
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
except ImportError as missing:
    raise ArchiveError("a bucket needs the package boto3", hint="pip install 'broadsheet[s3]'") from missing

#: Bytes of a part: a longer file is uploaded in parts of this size, each held in memory while it is sent.
PART = 16 << 20

#: Bytes fetched where reading begins, and at most: the step doubles as long as reading goes on without a jump.
FIRST_STEP, LAST_STEP = 64 << 10, 4 << 20

#: How often the bytes that a cut connection left out are asked for again.
RETRIES = 4


class StorageError(ArchiveError):
    """The bucket cannot be reached, refuses, or holds other bytes than were sent."""


class S3Storage:
    """Files in a bucket, under a prefix.

    Keys, region and server are the usual ones of AWS tools: the environment (``AWS_ACCESS_KEY_ID``,
    ``AWS_SECRET_ACCESS_KEY``, ``AWS_DEFAULT_REGION``, ``AWS_ENDPOINT_URL_S3``) or ``~/.aws``; `endpoint` names another
    server. Every method raises StorageError when the bucket refuses or stays out of reach.
    """

    def __init__(self, bucket: str, prefix: str = "", *, endpoint: str | None = None) -> None:
        self.bucket = bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        config = Config(
            retries={"mode": "standard", "total_max_attempts": RETRIES + 1},
            connect_timeout=10,
            read_timeout=60,
            # We send and compare checksums of our own; many servers refuse the ones a client adds unasked.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        with self._trouble("cannot be used"):
            self._client: Any = boto3.client("s3", endpoint_url=endpoint, config=config)

    @classmethod
    def at(cls, url: str, *, endpoint: str | None = None) -> Self:
        """The storage at ``s3://bucket/prefix``. Raises StorageError for another URL."""
        parts = urlsplit(url)
        if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment:
            raise StorageError(f"{url!r} names no bucket", hint="write s3://bucket or s3://bucket/folder")
        return cls(parts.netloc, parts.path, endpoint=endpoint)

    @property
    def url(self) -> str:
        """The storage as `at` takes it."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def files(self) -> Iterator[StoredFile]:
        """Every file, by name."""
        with self._trouble("cannot be listed"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix, Delimiter="/"
            )
            for page in pages:
                for one in page.get("Contents", ()):
                    name = one["Key"].removeprefix(self.prefix)
                    if name.endswith(SUFFIX):
                        yield StoredFile(name, one["Size"])

    def find(self, name: str) -> StoredFile | None:
        """The file of that name; ``None`` when it is not here."""
        head = self._head(name)
        return None if head is None else StoredFile(name, head["ContentLength"])

    def open(self, name: str) -> BinaryIO:
        """The file's bytes by range requests: what is read, and a little ahead."""
        head = self._head(name)
        if head is None:
            raise NotHereError("WARC file is not here", file=f"{self.url}/{name}", hint="put it back")
        return cast(BinaryIO, io.BufferedReader(_Object(self, name, head["ContentLength"], head["ETag"])))

    def store(self, path: Path, *, read_back: bool = False) -> str:
        """Upload the file at `path` under its name and compare what the bucket says it holds. Its SHA-256, hexadecimal.

        The server's checksum of what it received is compared; with `read_back`, or where the server keeps none, the
        object is read again instead. Parts that an upload cut short left behind are thrown away first.
        Raises StorageError when the two differ: the local file is then the only sound one.
        """
        with self._trouble("cannot be uploaded", path.name), path.open("rb") as file:
            self._abort_half_uploads(path.name)
            whole = sha256()
            size = path.stat().st_size
            sent = self._put(path.name, file, whole) if size <= PART else self._put_parts(path.name, file, whole)
        head = self._head(path.name) or {}
        held = head.get("ChecksumSHA256")
        if held is None or read_back:
            same = self._digest(path.name) == whole.hexdigest()
        else:
            # Of parts: the checksum of their checksums, and how many they are.
            same = held.partition("-")[0] == sent
        if not same or head.get("ContentLength") != size:
            hint = "the local file was kept; upload it again"
            raise StorageError("the bucket holds other bytes than were sent", file=f"{self.url}/{path.name}", hint=hint)
        return whole.hexdigest()

    def _put(self, name: str, file: BinaryIO, whole: Any) -> str:
        data = file.read()
        whole.update(data)
        checksum = _base64(whole.digest())
        self._client.put_object(**self._key(name), Body=data, ChecksumSHA256=checksum)
        return checksum

    def _put_parts(self, name: str, file: BinaryIO, whole: Any) -> str:
        upload = self._client.create_multipart_upload(**self._key(name), ChecksumAlgorithm="SHA256")
        of_upload = {**self._key(name), "UploadId": upload["UploadId"]}
        parts: list[dict[str, Any]] = []
        digests = sha256()
        while piece := file.read(PART):
            whole.update(piece)
            digest = sha256(piece).digest()
            digests.update(digest)
            number, checksum = len(parts) + 1, _base64(digest)
            sent = self._client.upload_part(**of_upload, PartNumber=number, Body=piece, ChecksumSHA256=checksum)
            parts.append({"PartNumber": number, "ETag": sent["ETag"], "ChecksumSHA256": checksum})
        self._client.complete_multipart_upload(**of_upload, MultipartUpload={"Parts": parts})
        return _base64(digests.digest())

    def _abort_half_uploads(self, name: str) -> None:
        key = self._key(name)
        listed = self._client.list_multipart_uploads(Bucket=self.bucket, Prefix=key["Key"])
        for upload in listed.get("Uploads", ()):
            if upload["Key"] == key["Key"]:
                self._client.abort_multipart_upload(**key, UploadId=upload["UploadId"])

    def _digest(self, name: str) -> str:
        digest = sha256()
        with self.open(name) as file:
            while piece := file.read(LAST_STEP):
                digest.update(piece)
        return digest.hexdigest()

    def _head(self, name: str) -> dict[str, Any] | None:
        with self._trouble("cannot be looked up", name):
            try:
                return cast("dict[str, Any]", self._client.head_object(**self._key(name), ChecksumMode="ENABLED"))
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                    return None
                raise

    def range(self, name: str, start: int, length: int, etag: str) -> bytes:
        """`length` bytes from `start` of the object that has this `etag`; a cut connection is made again."""
        data = b""
        with self._trouble("cannot be read", name):
            for tries_left in reversed(range(RETRIES + 1)):
                wanted = f"bytes={start + len(data)}-{start + length - 1}"
                try:
                    body = self._client.get_object(**self._key(name), Range=wanted, IfMatch=etag)["Body"]
                    for piece in body.iter_chunks(1 << 16):
                        data += piece
                except BotoCoreError:
                    if not tries_left:
                        raise
                if len(data) >= length:
                    break
        if len(data) != length:
            raise StorageError(f"gives {len(data)} bytes for {length}", file=f"{self.url}/{name}", offset=start)
        return data

    def _key(self, name: str) -> dict[str, str]:
        check_name(name)
        return {"Bucket": self.bucket, "Key": self.prefix + name}

    @contextmanager
    def _trouble(self, what: str, name: str = "") -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            place = f"{self.url}/{name}".rstrip("/")
            reason = " ".join(str(error).split())
            hint = "check bucket, server and keys (AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID, ...)"
            raise StorageError(f"{what}: {reason}", file=place, hint=hint) from error
        except OSError as error:
            raise StorageError(f"{what}: {error.strerror or error}", file=name or self.url) from error


class _Object(io.RawIOBase):
    """One object, read by ranges."""

    def __init__(self, storage: S3Storage, name: str, size: int, etag: str) -> None:
        self.name = name
        self._storage = storage
        self._size = size
        self._etag = etag
        self._position = 0
        self._window = b""
        self._window_start = 0
        self._step = FIRST_STEP

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
        goes_on = bool(self._window) and self._position == self._window_start + len(self._window)
        self._step = min(2 * self._step, LAST_STEP) if goes_on else FIRST_STEP
        length = min(self._step, self._size - self._position)
        self._window = self._storage.range(self.name, self._position, length, self._etag)
        self._window_start = self._position


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode("ascii")
