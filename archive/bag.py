"""Export as a bag for handover: a folder with checksums of everything in it (BagIt 1.0, RFC 8493)."""

import io
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import BinaryIO, Self

from archive.collection import Collection
from archive.errors import ArchiveError, DamagedError, WriteError
from archive.index import Index
from archive.selection import Selection
from archive.trust.manifest import TIMESTAMP_SUFFIX
from archive.wacz.export import Progress, create_file, move_into, write_selected_files
from archive.wacz.package import CHUNK_SIZE, raise_write_errors
from archive.warc_file import sync_folder


@dataclass(frozen=True, slots=True)
class BagExport:
    """A bag that was written: its numbers of WARC files, captures, articles and payload bytes.

    `lost` has a line for everything that was selected but could not be exported.
    """

    path: Path
    files: int
    captures: int
    articles: int
    bytes: int
    lost: tuple[str, ...]


class Bag:
    """A bag while it is written: a folder beside `path` until `finish` gives it its name."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes = 0
        self._hashes: dict[str, str] = {}
        with raise_write_errors(path):
            if path.exists():
                raise WriteError("exists already", file=path, hint="choose another folder, or remove it first")
            path.parent.mkdir(parents=True, exist_ok=True)
            self.draft = Path(mkdtemp(prefix=f"{path.name}.", dir=path.parent))

    def add(self, path: str, source: BinaryIO, *, size: int, deflated: bool = False) -> None:
        """Copy `source` to ``data/<path>``; `deflated` is ignored. Raises DamagedError unless it has `size` bytes."""
        digest, copied = sha256(), 0
        target = self.draft / "data" / path
        with raise_write_errors(self.path):
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as file:
                while piece := source.read(CHUNK_SIZE):
                    file.write(piece)
                    digest.update(piece)
                    copied += len(piece)
                file.flush()
                os.fsync(file.fileno())
        if copied != size:
            raise DamagedError(f"has {copied} bytes, not {size}", file=path, hint="restore it from a copy")
        self.bytes += copied
        self._hashes[f"data/{path}"] = digest.hexdigest()

    def finish(self, info: Mapping[str, str], now: datetime) -> None:
        """Write the manifests and ``bag-info.txt`` with `info`, and give the folder its name."""
        facts = {**info, "Bagging-Date": f"{now:%Y-%m-%d}", "Payload-Oxum": f"{self.bytes}.{len(self._hashes)}"}
        tags = {
            "bagit.txt": "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
            "bag-info.txt": "".join(f"{name}: {' '.join(value.split())}\n" for name, value in facts.items()),
            "manifest-sha256.txt": _lines(self._hashes),
        }
        hashes = {name: sha256(text.encode()).hexdigest() for name, text in tags.items()}
        with raise_write_errors(self.path):
            for name, text in (*tags.items(), ("tagmanifest-sha256.txt", _lines(hashes))):
                (self.draft / name).write_bytes(text.encode())
            sync_folder(self.draft)
            self.draft.chmod(0o755)
            self.draft.rename(self.path)
            sync_folder(self.path.parent)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.draft, ignore_errors=True)


def _lines(hashes: Mapping[str, str]) -> str:
    """Return a manifest: digests and paths, with line ends and percent signs encoded (RFC 8493, section 2.1.3)."""
    return "".join(
        f"{digest}  {path.replace('%', '%25').replace(chr(10), '%0A').replace(chr(13), '%0D')}\n"
        for path, digest in sorted(hashes.items())
    )


def write_bag(
    path: Path,
    collection: Collection,
    articles: Iterable[str],
    *,
    selection: Selection,
    info: Mapping[str, str],
    now: datetime | None = None,
    progress: Progress = iter,
) -> BagExport:
    """Write the selected captures, the originals of their revisits and `articles` (JSON lines) to the bag at `path`.

    The bag has WARC files (``warc/``), their index as CDXJ, the articles, and the timestamps of files that are in it as
    a whole; if everything is selected, also the manifest of the archive and the record of what was removed. What cannot
    be read is left out and listed in the result. Raises ArchiveError if nothing is selected, `path` exists, or the
    storage or the disk refuses.
    """
    lost: list[str] = []
    with Bag(path) as bag:
        scratch = bag.draft / "scratch"
        scratch.mkdir()
        with Index(scratch) as index:
            files = write_selected_files(
                bag, collection, selection, index, scratch, lost, folder="warc", progress=progress
            )
            captures, names = len(index), index.files()
            if not captures:
                what = f"nothing can be exported: {lost[0]}" if lost else "no capture is selected"
                raise ArchiveError(what, hint="" if lost else "see `broadsheet archive stats` for the captures")
            with (scratch / "cdxj").open("w", encoding="utf-8", newline="\n") as out:
                index.export_cdxj(out)
        move_into(bag, "index.cdxj", scratch / "cdxj")
        _add_history(bag, collection, names, is_whole=selection.is_everything)
        count = 0
        with create_file(scratch / "articles") as lines:
            for line in articles:
                lines.write(line.encode() + b"\n")
                count += 1
        if count:
            move_into(bag, "articles.jsonl", scratch / "articles")
        shutil.rmtree(scratch)
        bag.finish(info, now or datetime.now(UTC))
    return BagExport(path, files, captures, count, bag.bytes, tuple(lost))


def _add_history(bag: Bag, collection: Collection, names: Iterable[str], *, is_whole: bool) -> None:
    """Add timestamps and, if the bag has the whole archive, the manifest and the record of removals."""
    paths = [collection.manifest.folder / (name + TIMESTAMP_SUFFIX) for name in names]
    if is_whole:
        paths += [collection.manifest.path, collection.removals.log]
    for path in paths:
        if path.exists():
            data = path.read_bytes()
            bag.add(f"manifest/{path.name}", io.BytesIO(data), size=len(data))
