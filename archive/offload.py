"""Moves closed WARC files to a bucket: upload, compare, and only then delete the local file."""

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Protocol

from archive.errors import ArchiveError, WriteError
from archive.index import Index
from archive.storage import FolderStorage, StoredFile
from archive.warc_file import sync_folder

#: Name of the file of receipts in the folder of the index.
RECEIPTS_FILE = "offloaded.jsonl"


class RemoteStorage(Protocol):
    """The storage that files are moved to."""

    @property
    def url(self) -> str: ...

    def find(self, name: str) -> StoredFile | None: ...

    def store(self, path: Path) -> str: ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that the storage at `url` had the file: its size in bytes and its SHA-256, hexadecimal."""

    name: str
    size: int
    sha256: str
    url: str


@dataclass(frozen=True, slots=True)
class Move:
    """The result for one file. `uploaded` is false if the remote had it already, `dropped` true if deleted locally."""

    receipt: Receipt
    uploaded: bool
    dropped: bool


def find_movable(folder: Path, index: Index) -> list[str]:
    """Return the closed files in `folder` that may be moved: those whose captures are all in the index."""
    indexed = index.complete_files()
    return [file.name for file in FolderStorage(folder).files() if file.name in indexed]


def offload(
    folder: Path,
    names: Iterable[str],
    remote: RemoteStorage,
    receipts: "Receipts",
    *,
    keep_local: bool,
    wait: bool = False,
) -> Iterator[Move]:
    """Upload the closed files `names` in `folder` to `remote`, and delete them locally unless `keep_local`.

    At every moment a file is in at least one of the two places: it is deleted only after its remote checksum was
    compared, its receipt is on the disk, and the remote still has it. If the process is stopped at any point, the next
    call continues; incomplete uploads are discarded. Only one call runs at a time: a second one fails, or waits if
    `wait`. Raises ArchiveError if the remote or the disk refuses.
    """
    local = FolderStorage(folder)
    with receipts.lock(wait=wait) as known:
        for name in names:
            stored = local.find(name)
            if stored is None:
                continue
            receipt = known.get(name)
            uploaded = (
                receipt is None
                or receipt.url != remote.url
                or receipt.size != stored.size
                or remote.find(name) != stored
            )
            if uploaded:
                receipt = Receipt(name, stored.size, remote.store(folder / name), remote.url)
                receipts.append(receipt)
            assert receipt is not None
            if not keep_local:
                _delete_local(folder / name)
            yield Move(receipt, uploaded, not keep_local)


def _delete_local(path: Path) -> None:
    try:
        path.unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise WriteError(f"is stored remotely but cannot be deleted here: {error.strerror}", file=path) from error


class Receipts:
    """The file of receipts, one JSON line each. A receipt is on the disk before its file is deleted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def read(self) -> dict[str, Receipt]:
        """Return the last receipt of each file. A line that a crash cut short is ignored."""
        try:
            lines = self.path.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise ArchiveError(f"cannot read: {error.strerror}", file=self.path) from error
        found = {}
        for line in lines:
            try:
                receipt = Receipt(**json.loads(line))
            except (ValueError, TypeError):
                continue
            found[receipt.name] = receipt
        return found

    @contextmanager
    def lock(self, *, wait: bool = False) -> Iterator[dict[str, Receipt]]:
        """Lock the file for `append` and yield the receipts in it.

        If another process has the lock, waits for it if `wait`, else raises ArchiveError.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._file = file
                if file.tell() and not self.path.read_bytes().endswith(b"\n"):  # a crash cut the last line short
                    file.write(b"\n")
                yield self.read()
        except BlockingIOError as error:
            raise ArchiveError("another process is moving files", file=self.path, hint="wait until it ends") from error
        except OSError as error:
            raise WriteError(f"cannot write: {error.strerror}", file=self.path) from error
        finally:
            self._file = None

    def append(self, receipt: Receipt) -> None:
        """Append a receipt and wait until it is on the disk. Only while locked."""
        assert self._file is not None, "the receipts are locked"
        self._file.write(json.dumps(asdict(receipt)).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
