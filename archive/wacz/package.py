"""The ZIP file of a WACZ and its manifest (WACZ 1.1.1; Frictionless Data Package)."""

import io
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
from typing import IO, Any, BinaryIO, Self, cast

from archive.errors import WriteError
from archive.record import format_date
from archive.wacz.signature import SigningKey
from archive.warc_file import sync_folder

WACZ_VERSION = "1.1.1"

# What a resource's name may hold (Data Package, section Data Resource).
_UNFIT = re.compile(r"[^-a-z0-9._/]")


class Package:
    """A WACZ while it is written: under a name of its own until `finish` has written the manifest.

    Every entry is hashed as it streams through. Raises WriteError when the disk refuses; what was begun is removed.
    """

    def __init__(self, path: Path, *, now: datetime) -> None:
        self.path = Path(path)
        self._now = now.astimezone(UTC)
        self._part = self.path.with_name(self.path.name + ".part")
        self._resources: list[dict[str, Any]] = []
        with self._trouble():
            self._file = self._part.open("wb+")
            self._zip = zipfile.ZipFile(self._file, "w")

    @contextmanager
    def entry(self, path: str, *, deflated: bool = False) -> Iterator[BinaryIO]:
        """A new entry of the ZIP to write to, and in the manifest when it is written."""
        with self._trouble(), self._open(path, deflated=deflated) as raw:
            entry = _Entry(raw)
            yield cast(BinaryIO, entry)
            name = _UNFIT.sub("-", path.rpartition("/")[2].lower())
            digest = f"sha256:{entry.sha256.hexdigest()}"
            self._resources.append({"name": name, "path": path, "hash": digest, "bytes": entry.size})

    def _open(self, path: str, *, deflated: bool) -> IO[bytes]:
        info = zipfile.ZipInfo(path, self._now.timetuple()[:6])
        info.compress_type = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        return self._zip.open(info, "w", force_zip64=True)

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
        with self._trouble():
            for name, data in (("datapackage.json", written), ("datapackage-digest.json", json.dumps(seal).encode())):
                with self._open(name, deflated=True) as entry:
                    entry.write(data)
            self._zip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self.path)
            sync_folder(self.path.parent)

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise WriteError(
                f"cannot write: {reason}", file=self.path, mend="free space or name another file"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError, ValueError):  # what was begun goes; the trouble that ended it has been told
            self._zip.close()
        self._file.close()
        self._part.unlink(missing_ok=True)


class _Entry(io.RawIOBase):
    """Passes bytes on, and knows their number and digest."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self.size = 0
        self.sha256 = sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._raw.write(data)
        self.sha256.update(data)
        self.size += len(data)
        return len(data)
