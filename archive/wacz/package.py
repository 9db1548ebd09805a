"""The ZIP file of a WACZ and its manifest (WACZ 1.1.1; Frictionless Data Package)."""

import json
import os
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Any, BinaryIO, Self

from archive.errors import DamagedError, WriteError
from archive.record import format_date
from archive.wacz.signature import Signer
from archive.warc_file import sync_folder

WACZ_VERSION = "1.1.1"

#: Bytes copied at a time.
CHUNK_SIZE = 1 << 20

# Characters not allowed in a resource's name (Data Package, section Data Resource).
_INVALID_IN_NAME = re.compile(r"[^-a-z0-9._/]")


class WaczFile:
    """A WACZ while it is written: a file in the folder `scratch` until `finish` writes the manifest and moves it.

    Every entry is hashed while it is copied. Methods raise WriteError if the disk refuses.
    """

    def __init__(self, path: Path, scratch: Path, *, now: datetime) -> None:
        self.path = Path(path)
        self._now = now.astimezone(UTC)
        self._draft = scratch / "package"
        self._resources: list[dict[str, Any]] = []
        with raise_write_errors(self.path):
            self._file = self._draft.open("wb+")
            self._zip = zipfile.ZipFile(self._file, "w")

    def add(self, path: str, source: BinaryIO, *, size: int, deflated: bool = False) -> None:
        """Copy `source` to the entry `path` and list it in the manifest. DamagedError unless it has `size` bytes."""
        digest, copied = sha256(), 0
        with raise_write_errors(self.path), self._entry(path, size, deflated=deflated) as entry:
            while piece := source.read(CHUNK_SIZE):
                entry.write(piece)
                digest.update(piece)
                copied += len(piece)
        if copied != size:
            raise DamagedError(f"has {copied} bytes, not {size}", file=path, hint="restore it from a copy")
        name = _INVALID_IN_NAME.sub("-", path.rpartition("/")[2].lower())
        self._resources.append({"name": name, "path": path, "hash": f"sha256:{digest.hexdigest()}", "bytes": size})

    def _entry(self, path: str, size: int, *, deflated: bool) -> IO[bytes]:
        info = zipfile.ZipInfo(path, self._now.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        # Given a size just below the limit, zipfile may write a ZIP64 local header but no ZIP64 directory entry;
        # wabac.js then reads the file from a wrong offset. So the size is given only if it needs ZIP64.
        info.file_size = size if size > zipfile.ZIP64_LIMIT else 0
        return self._zip.open(info, "w")

    def finish(self, description: Mapping[str, str], *, software: str, key: Signer | None) -> None:
        """Write ``datapackage.json`` and its digest, signed if there is a `key`, and give the file its final name."""
        created = format_date(self._now.replace(microsecond=0))
        manifest = {
            "profile": "data-package",
            "wacz_version": WACZ_VERSION,
            "software": software,
            "created": created,
            **description,
            "resources": self._resources,
        }
        manifest_data = json.dumps(manifest, indent=2).encode()
        digest = f"sha256:{sha256(manifest_data).hexdigest()}"
        stated: dict[str, Any] = {"path": "datapackage.json", "hash": digest}
        if key is not None:
            stated["signedData"] = key.signed_data(digest, created=created, software=software)
        with raise_write_errors(self.path):
            for name, data in (
                ("datapackage.json", manifest_data),
                ("datapackage-digest.json", json.dumps(stated).encode()),
            ):
                with self._entry(name, len(data), deflated=True) as entry:
                    entry.write(data)
            self._zip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._draft.replace(self.path)
            sync_folder(self.path.parent)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError, ValueError):  # an unfinished package: the error that stopped it is already raised
            self._zip.close()
        self._file.close()


@contextmanager
def raise_write_errors(path: Path) -> Iterator[None]:
    """Raise errors of the disk as WriteError for the package at `path`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WriteError(f"cannot write: {reason}", file=path, hint="free space or choose another file") from error
