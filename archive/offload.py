"""The move of closed WARC files to a bucket: uploaded, compared, and only then given up here."""

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

#: The ledger's file within the folder of the index.
FILE_NAME = "offloaded.jsonl"


class Remote(Protocol):
    """Where files go."""

    @property
    def url(self) -> str: ...

    def find(self, name: str) -> StoredFile | None: ...

    def store(self, path: Path) -> str: ...


@dataclass(frozen=True, slots=True)
class Receipt:
    """A file that the storage at `url` was seen to hold: its size in bytes and its SHA-256, hexadecimal."""

    name: str
    size: int
    sha256: str
    url: str


@dataclass(frozen=True, slots=True)
class Move:
    """What was done with one file."""

    receipt: Receipt
    uploaded: bool
    dropped: bool


def movable(folder: Path, index: Index) -> list[str]:
    """The closed files of `folder` that can be moved: those the index holds whole, so that they are found there."""
    whole = index.complete_files()
    return [file.name for file in FolderStorage(folder).files() if file.name in whole]


def offload(
    folder: Path, names: Iterable[str], remote: Remote, ledger: "Ledger", *, keep_local: bool, wait: bool = False
) -> Iterator[Move]:
    """Upload the closed files `names` that lie in `folder` to `remote`, and give up those here unless `keep_local`.

    A file is here or there at every moment, mostly both: it is given up once the remote checksum was compared, its
    receipt is on the disk, and the remote still has it. Stopped at any point, the next call goes on; of a half upload
    nothing is kept. Two calls at once exclude each other: the second fails, or waits if told to. Raises ArchiveError
    when the remote or the disk refuses.
    """
    here = FolderStorage(folder)
    with ledger.opened(wait=wait) as receipts:
        for name in names:
            stored = here.find(name)
            if stored is None:
                continue
            receipt = receipts.get(name)
            there = remote.find(name)
            uploaded = receipt is None or receipt.url != remote.url or receipt.size != stored.size or there != stored
            if uploaded:
                receipt = Receipt(name, stored.size, remote.store(folder / name), remote.url)
                ledger.append(receipt)
            assert receipt is not None
            if not keep_local:
                _give_up(folder / name)
            yield Move(receipt, uploaded, not keep_local)


def _give_up(path: Path) -> None:
    try:
        path.unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise WriteError(f"is stored remotely but cannot be removed here: {error.strerror}", file=path) from error


class Ledger:
    """The receipts, a line each, on the disk before a file is given up."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def receipts(self) -> dict[str, Receipt]:
        """The last receipt of each file. A line cut short by a crash counts as none."""
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
    def opened(self, *, wait: bool = False) -> Iterator[dict[str, Receipt]]:
        """The receipts, with no one else moving files meanwhile. Raises ArchiveError when someone does and `wait` is
        false."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._file = file
                if file.tell() and not self.path.read_bytes().endswith(b"\n"):  # a crash cut the last line short
                    file.write(b"\n")
                yield self.receipts()
        except BlockingIOError as error:
            raise ArchiveError("another process moves files", file=self.path, hint="let it end first") from error
        except OSError as error:
            raise WriteError(f"cannot write: {error.strerror}", file=self.path) from error
        finally:
            self._file = None

    def append(self, receipt: Receipt) -> None:
        """Write a receipt to the disk."""
        assert self._file is not None, "the ledger is opened"
        self._file.write(json.dumps(asdict(receipt)).encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
