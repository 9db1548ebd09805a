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
from archive.wacz.signature import SigningKey
from archive.warc_file import sync_folder

WACZ_VERSION = "1.1.1"

#: Bytes copied at a time.
PIECE = 1 << 20

# What a resource's name may hold (Data Package, section Data Resource).
_UNFIT = re.compile(r"[^-a-z0-9._/]")


class Package:
    """A WACZ while it is written: in the folder `scratch` until `finish` has written the manifest.

    Every entry is hashed as it streams through. Raises WriteError when the disk refuses.
    """

    def __init__(self, path: Path, scratch: Path, *, now: datetime) -> None:
        self.path = Path(path)
        self._now = now.astimezone(UTC)
        self._part = scratch / "package"
        self._resources: list[dict[str, Any]] = []
        with writing(self.path):
            self._file = self._part.open("wb+")
            self._zip = zipfile.ZipFile(self._file, "w")

    def add(self, path: str, source: BinaryIO, *, size: int, deflated: bool = False) -> None:
        """Copy `source`, which has `size` bytes, to the entry `path`, and name it in the manifest."""
        digest, copied = sha256(), 0
        with writing(self.path), self._entry(path, size, deflated=deflated) as entry:
            while piece := source.read(PIECE):
                entry.write(piece)
                digest.update(piece)
                copied += len(piece)
        if copied != size:
            raise DamagedError(f"has {copied} bytes, not {size}", file=path, hint="restore it from a copy")
        name = _UNFIT.sub("-", path.rpartition("/")[2].lower())
        self._resources.append({"name": name, "path": path, "hash": f"sha256:{digest.hexdigest()}", "bytes": size})

    def _entry(self, path: str, size: int, *, deflated: bool) -> IO[bytes]:
        info = zipfile.ZipInfo(path, self._now.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        # Told of a size below the limit zipfile may write the long form in front of the entry and the short one in the
        # directory; wabac.js then looks for the bytes in the wrong place.
        info.file_size = size if size > zipfile.ZIP64_LIMIT else 0
        return self._zip.open(info, "w")

    def finish(self, description: Mapping[str, str], *, software: str, key: SigningKey | None) -> None:
        """Write ``datapackage.json``, its digest, signed with `key` when there is one, and give the file its name."""
        created = format_date(self._now.replace(microsecond=0))
        manifest = {
            "profile": "data-package",
            "wacz_version": WACZ_VERSION,
            "software": software,
            "created": created,
            **description,
            "resources": self._resources,
        }
        written = json.dumps(manifest, indent=2).encode()
        digest = f"sha256:{sha256(written).hexdigest()}"
        seal: dict[str, Any] = {"path": "datapackage.json", "hash": digest}
        if key is not None:
            seal["signedData"] = key.signed_data(digest, created=created, software=software)
        with writing(self.path):
            for name, data in (("datapackage.json", written), ("datapackage-digest.json", json.dumps(seal).encode())):
                with self._entry(name, len(data), deflated=True) as entry:
                    entry.write(data)
            self._zip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self.path)
            sync_folder(self.path.parent)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError, ValueError):  # of a package given up half-way: the trouble has been told
            self._zip.close()
        self._file.close()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tells trouble of the disk as trouble with the package at `path`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WriteError(f"cannot write: {reason}", file=path, hint="free space or name another file") from error
