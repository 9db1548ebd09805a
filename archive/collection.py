"""An archive in one folder: its WARC files and their index. The one way in for the rest of the house."""

import logging
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from archive.capture import Capture, Location
from archive.cdxj import IndexEntry
from archive.errors import ArchiveError, DamagedError, UnreachableError
from archive.importing import Imported, import_file
from archive.index import Index
from archive.indexing import read_typed_entries
from archive.reading import CAPTURE_TYPES, OnDamage, is_page
from archive.reading.unpacking import is_packed
from archive.repair import Repair, repair_left_open
from archive.resolver import Resolver
from archive.storage import FolderStorage, Storage, TieredStorage, check_name
from archive.storage.loose_files import GivenFiles
from archive.verify import Finding, verify_collection
from archive.warc_file import OPEN_SUFFIX
from archive.warc_writer import WarcWriter

log = logging.getLogger(__name__)


def _warn(error: DamagedError) -> None:
    log.warning("not read: %s", error)


@dataclass(frozen=True, slots=True)
class Indexed:
    """A file that was imported: what became of it, and how many captures the index has of it now."""

    imported: Imported
    captures: int


class Collection:
    """The archive under `root`: files in ``root/warc``, index in ``root/index``.

    `storage` is where closed files are read from when that is more than the folder: one with a bucket behind it.
    """

    def __init__(self, root: Path, *, storage: Storage | None = None) -> None:
        self.root = Path(root)
        self.warc_folder = self.root / "warc"
        self.storage: Storage = storage or FolderStorage(self.warc_folder)
        self.index = Index(self.root / "index")
        self._resolver = Resolver(self.index, self.storage.open)
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def of_files(cls, paths: Iterable[Path], *, on_damage: OnDamage = _warn) -> Self:
        """A collection of the files at `paths` (WARC, ARC, WACZ of any writer), to be read and then closed.

        It lies in a temporary folder that `close` removes; the files themselves are only read. `on_damage` is told of
        what cannot be. A location names the file it was read from, or a copy where the file is a package or its records
        cannot be found by an offset. Raises ArchiveError for a file that cannot be opened or holds no capture.
        """
        scratch = tempfile.TemporaryDirectory(prefix="broadsheet-")
        given = GivenFiles()
        root = Path(scratch.name)
        collection = cls(root, storage=TieredStorage(given, FolderStorage(root / "warc")))
        collection._scratch = scratch
        try:
            for path in paths:
                if not collection._read(path, given, on_damage):
                    raise ArchiveError("no capture of a page is in it", file=path)
        except BaseException:
            collection.close()
            raise
        return collection

    def _read(self, path: Path, given: GivenFiles, on_damage: OnDamage) -> int:
        """Index the file at `path` where it lies, or a copy when its records cannot be found there."""
        damage: list[DamagedError] = []
        if not is_packed(path):
            name = given.add(path)
            captures = self.reindex(name, on_damage=damage.append)
            if captures and not any(isinstance(error, UnreachableError) for error in damage):
                for error in damage:
                    on_damage(error)
                return captures
            given.remove(name)
            self.index.replace_file(name, [])
        captures = 0
        for imported in import_file(path, self.warc_folder):
            for error in imported.damage:
                on_damage(error)
            captures += self._index(imported, on_damage).captures
        return captures

    def writer(self, prefix: str, info: Mapping[str, str], **options: Any) -> WarcWriter:
        """A writer of files of its own here, whose captures are in the index when `write` returns.

        `options` are those of WarcWriter (``sync``, ``max_size``, ``max_age``, ...).
        """
        return WarcWriter(self.warc_folder, prefix=prefix, info=info, index=self.index, storage=self.storage, **options)

    def file(self, name: str) -> Path:
        """The path of a WARC file of the folder by its name, closed or still open.

        Raises ArchiveError for a name that is not here or leads out of the folder.
        """
        check_name(name)
        path = self.warc_folder / name
        for candidate in (path, path.with_name(name + OPEN_SUFFIX), path):
            if candidate.exists():
                return candidate
        raise ArchiveError("WARC file is not here", file=path, hint="put it back, or take it out of the index")

    def load(self, where: IndexEntry | Location) -> Capture:
        """The capture that lies at `where`; of a revisit, what it stands for (see `Resolver`).

        Raises ArchiveError when it is not there, or what it refers to is not.
        """
        location = where.location if isinstance(where, IndexEntry) else where
        return self._resolver.capture(location)

    def original(self, where: IndexEntry | Location) -> Location:
        """Where the bytes lie that were sent: `where`, or for a revisit the record it refers to."""
        return self._resolver.original(where.location if isinstance(where, IndexEntry) else where)

    def closest(self, url: str, when: datetime, *, status: int | None = None) -> Capture | None:
        """The capture of `url` nearest to `when`; ``None`` when there is none."""
        entry = self.index.closest(url, when, status=status)
        return None if entry is None else self.load(entry)

    def recover(self) -> list[Repair]:
        """Repair each file a dead writer left open, and index each file the index does not hold whole.

        Run it when a crawl starts: it is quick when there is nothing to do, and leaves living writers' files alone.
        """
        repairs = repair_left_open(self.warc_folder)
        held_whole = self.index.complete_files() - {repair.file for repair in repairs}
        for path in sorted(self.warc_folder.glob("*.warc.gz")):
            if path.name not in held_whole:
                self.reindex(path.name, on_damage=_warn)
        return repairs

    def import_file(self, source: Path) -> Iterator[Indexed]:
        """Take in the records of `source`, a WARC, ARC or WACZ file of any writer, and index them.

        What is here already is not taken in twice. Raises what `archive.importing.import_file` raises.
        """
        for imported in import_file(source, self.warc_folder):
            yield self._index(imported, _warn)

    def _index(self, imported: Imported, on_damage: OnDamage) -> Indexed:
        if imported.file is None:
            return Indexed(imported, 0)
        if imported.file not in self.index.complete_files():
            return Indexed(imported, self.reindex(imported.file, on_damage=on_damage))
        return Indexed(imported, len(self.index.captures_in(imported.file)))

    def reindex(self, file: str, *, on_damage: OnDamage | None = None) -> int:
        """Enter every capture of the closed `file` into the index, in place of what it held. How many there are.

        Raises DamagedError where the file cannot be read on; with `on_damage` it is told, and what can be read entered.
        """
        with self.storage.open(file) as stream:
            entries = list(_entries(read_typed_entries(stream, kinds=CAPTURE_TYPES, on_damage=on_damage, name=file)))
        self.index.replace_file(file, entries)
        return len(entries)

    def verify(self) -> Iterator[Finding]:
        """What is wrong with the closed files, with the index against them, and with what dead writers left."""
        return verify_collection(self.storage, self.index, self.warc_folder)

    def close(self) -> None:
        """Close the index."""
        self.index.close()
        if self._scratch is not None:
            self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _entries(typed: Iterable[tuple[str, IndexEntry]]) -> Iterator[IndexEntry]:
    """The index entries of a file's captures. What was made of a page is entered only where the page is not."""
    held: set[str] = set()
    made: list[IndexEntry] = []
    for kind, entry in typed:
        if not is_page(entry.url):
            continue
        # Without an HTTP head they are read as whole answers, and found as such.
        found = replace(entry, status=200) if kind in ("resource", "conversion") else entry
        if kind == "conversion":
            made.append(found)
        else:
            held.add(found.urlkey)
            yield found
    yield from (entry for entry in made if entry.urlkey not in held)
