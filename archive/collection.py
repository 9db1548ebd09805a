"""An archive in one folder, its WARC files and their index: the interface for the rest of the project."""

import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from archive.capture import Capture, Location
from archive.cdxj import IndexEntry
from archive.duplicates import find_duplicate
from archive.errors import ArchiveError, DamagedError, IndexAccessError, PaddingError, UnreachableError, WriteError
from archive.import_log import LOG_FILE as IMPORT_LOG_FILE
from archive.import_log import ImportLog
from archive.import_notes import read_notes, save_notes
from archive.importing import ImportResult, OnPosition, import_file, remove_import
from archive.index import Index
from archive.indexing import read_page_entries
from archive.notes import is_note
from archive.offload import RECEIPTS_FILE, Receipts
from archive.reading import OnDamage
from archive.reading.unpacking import is_packed
from archive.repair import Repair, repair_left_open
from archive.repair_closed import repair_closed
from archive.resolver import Resolver, find_readable
from archive.retention import Pruner, Removals
from archive.retention.unfinished import finish_removals
from archive.storage import FolderStorage, LooseFiles, Storage, TieredStorage, check_file_name, missing_file
from archive.summary import discard_counts
from archive.trust import FileEvent, Manifest
from archive.trust.check import Progress, TrustReport, check_chain
from archive.trust.manifest import FOLDER as MANIFEST_FOLDER
from archive.trust.manifest import FileDigest, digest_of, last_entries
from archive.verify import REPAIR_HINT, VerifyFinding, verify_collection
from archive.warc_file import OPEN_SUFFIX
from archive.warc_writer import WarcWriter

log = logging.getLogger(__name__)


#: Most captures of a URL tried until one can be read.
MAX_UNREADABLE = 20

OnProblem = Callable[[ArchiveError], None]


def _log_damage(error: ArchiveError) -> None:
    log.warning("skipped: %s", error)


@dataclass(frozen=True, slots=True)
class IndexedImport:
    """The result of importing one file, the number of its captures in the index, and the records left out of it."""

    imported: ImportResult
    captures: int
    not_indexed: tuple[DamagedError, ...] = ()


class Collection:
    """The archive under `root`: files in ``root/warc``, index in ``root/index``, their history in ``root/manifest``.

    `storage` is where closed files are read from, by default that folder; it may have a bucket behind it.
    """

    def __init__(self, root: Path, *, storage: Storage | None = None) -> None:
        self.root = Path(root)
        self.warc_folder = self.root / "warc"
        self.storage: Storage = storage or FolderStorage(self.warc_folder)
        self.index = Index(self.root / "index")
        self.manifest = Manifest(self.root / MANIFEST_FOLDER)
        self.removals = Removals.of(self.root)
        self._resolver = Resolver(self.index, self.storage.open)
        self._import_log = ImportLog(self.root / "index" / IMPORT_LOG_FILE)
        self._scratch: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def of_files(
        cls, paths: Iterable[Path], *, on_damage: OnDamage = _log_damage, on_error: OnProblem | None = None
    ) -> Self:
        """Return a temporary collection of the files at `paths` (WARC, ARC or WACZ, of any writer).

        Its index is in a temporary folder that `close` deletes; the files are only read. `on_damage` gets the damage in
        them. A location names the file it was read from, or a temporary copy if the file is a package or its records
        cannot be read by offset. Raises ArchiveError if a file cannot be opened or has no captures; with `on_error`,
        that callback gets the error instead, and the other files are read.
        """
        scratch = tempfile.TemporaryDirectory(prefix="broadsheet-")
        loose = LooseFiles()
        root = Path(scratch.name)
        collection = cls(root, storage=TieredStorage(loose, FolderStorage(root / "warc")))
        collection._scratch = scratch
        try:
            for path in paths:
                try:
                    if not collection._add_file(path, loose, on_damage):
                        raise ArchiveError("has no captures of pages", file=path)
                except ArchiveError as error:
                    if on_error is None or isinstance(error, IndexAccessError):
                        raise
                    on_error(error)
        except BaseException:
            collection.close()
            raise
        return collection

    def _add_file(self, path: Path, loose: LooseFiles, on_damage: OnDamage) -> int:
        """Index the file at `path`, or a copy if its records have no offset. Return the number of captures."""
        damage: list[DamagedError] = []
        if not is_packed(path):
            name = loose.add(path)
            captures = self.reindex(name, on_damage=damage.append)
            if captures and not any(isinstance(error, UnreachableError) for error in damage):
                for error in damage:
                    if not isinstance(error, PaddingError):
                        on_damage(error)
                return captures
            loose.remove(name)
            self.index.replace_file(name, [])
        captures = 0
        for imported in import_file(path, self.warc_folder):
            indexed = self._index_import(imported)
            for error in (*imported.damage, *indexed.not_indexed):
                on_damage(error)
            captures += indexed.captures
        return captures

    def writer(self, prefix: str, info: Mapping[str, str], **options: Any) -> WarcWriter:
        """Return a writer of new files in this collection. A capture is in the index when `write` returns.

        `options` are passed to WarcWriter (``sync``, ``max_size``, ``max_age``, ...).
        """
        shared: dict[str, Any] = {"index": self.index, "storage": self.storage, "manifest": self.manifest}
        return WarcWriter(self.warc_folder, prefix=prefix, info=info, **shared, **options)

    def file(self, name: str) -> Path:
        """Return the path of a WARC file in the folder, closed or still open, by its final name.

        Raises ArchiveError if the folder has no such file or `name` is not a plain file name.
        """
        check_file_name(name)
        path = self.warc_folder / name
        for candidate in (path, path.with_name(name + OPEN_SUFFIX), path):
            if candidate.exists():
                return candidate
        raise missing_file(path)

    def load(self, where: IndexEntry | Location) -> Capture:
        """Return the capture at `where`; a revisit is completed from its original (see `Resolver`).

        Raises ArchiveError if the record or its original cannot be found.
        """
        location = where.location if isinstance(where, IndexEntry) else where
        return self._resolver.capture(location)

    def original(self, where: IndexEntry | Location) -> Location:
        """Return the location of the record with the payload: `where`, or the original if that is a revisit."""
        return self._resolver.original(where.location if isinstance(where, IndexEntry) else where)

    def closest(self, url: str, when: datetime, *, status: int | None = None) -> Capture | None:
        """Return the capture of `url` closest to `when`, or ``None``."""
        entry = self.index.closest(url, when, status=status)
        return None if entry is None else self.load(entry)

    def load_nearest(
        self, url: str, when: datetime, on_problem: OnProblem = _log_damage
    ) -> tuple[IndexEntry, Capture] | None:
        """Return the readable capture of `url` closest to `when` and its entry; ``None`` without captures.

        `on_problem` gets the error of each closer capture that cannot be read. After `MAX_UNREADABLE` of them, or if
        there are no others, the first error is raised.
        """
        problems: list[ArchiveError] = []
        found = find_readable(islice(self.index.by_distance(url, when), MAX_UNREADABLE), self.load, problems)
        if found is None and problems:
            raise problems[0]
        for problem in problems:
            on_problem(problem)
        return found

    def recover(self, on_problem: OnProblem = _log_damage) -> list[Repair]:
        """Finish what killed processes left: removals, open files, and files that are not completely indexed.

        Run it when a crawl starts: it is quick if there is nothing to do, and skips the files of running writers. It
        raises an error of the index only. `on_problem` gets every other: damage in the files it reads, files that
        cannot be opened, and indexed files that are missing or shorter than indexed.
        """
        try:
            finish_removals(self.warc_folder, self.manifest, self._put_in_place)
        except OSError as error:
            on_problem(WriteError(f"cannot finish a removal: {error.strerror}", file=self.warc_folder))
        repairs = repair_left_open(self.warc_folder, on_problem)
        indexed = self.index.complete_files() - {repair.file for repair in repairs}
        cut = {repair.file: repair.cut_bytes for repair in repairs if repair.file}
        self._record_recovered(indexed, cut, on_problem)
        for path in sorted(self.warc_folder.glob("*.warc.gz")):
            if path.name not in indexed:
                self._reindex_or_report(path.name, on_problem)
            elif (size := path.stat().st_size) < (end := self.index.end_of(path.name)):
                what = f"is cut short: it has {size} bytes, but its indexed records need {end}"
                on_problem(DamagedError(what, file=path, hint=REPAIR_HINT))
        try:
            for name in self.find_missing_files():
                on_problem(missing_file(self.warc_folder / name))
        except IndexAccessError:
            raise
        except ArchiveError as error:  # the bucket cannot be reached
            on_problem(error)
        return repairs

    def _record_recovered(self, indexed: set[str], cut: Mapping[str, int], on_problem: OnProblem) -> None:
        """Add to the manifest the closed files that are not `indexed` and of which it has no digest.

        `cut` has the bytes that were cut off the files that dead writers left open.
        """
        names = [path.name for path in sorted(self.warc_folder.glob("*.warc.gz")) if path.name not in indexed]
        last = last_entries(self.manifest.entries()) if names else {}
        for name in names:
            known = last[name].digest if name in last else None
            if known is None or name in cut:
                note = f"recovered, {cut[name]} bytes cut off" if cut.get(name) else "recovered"
                try:
                    self._record_change(FileEvent.CLOSED, name, note, known)
                except ArchiveError as error:
                    on_problem(error)

    def _reindex_or_report(self, name: str, on_problem: OnProblem) -> None:
        try:
            self.reindex(name, on_damage=on_problem)
        except IndexAccessError:
            raise
        except ArchiveError as error:
            on_problem(error)

    def repair(
        self, on_problem: OnProblem = _log_damage, *, progress: Callable[[list[str]], Iterable[str]] = iter
    ) -> Iterator[Repair]:
        """Recover, then read every closed file in the folder and repair the damaged ones, see `repair_closed`.

        `on_problem` gets files that are missing or cannot be repaired. `progress` gets the names of the files and must
        yield them one by one.
        """
        problems: list[ArchiveError] = []
        yield from self.recover(problems.append)
        for problem in problems:
            if not isinstance(problem, DamagedError):  # damage is repaired below
                on_problem(problem)
        for name in progress([path.name for path in sorted(self.warc_folder.glob("*.warc.gz"))]):
            try:
                repairs = repair_closed(self.warc_folder / name, partial(self.index.mark_incomplete, name))
            except ArchiveError as error:
                on_problem(error)
                continue
            if repairs and repairs[0].file is not None:
                self._reindex_or_report(name, _log_damage)
                self._record_change(FileEvent.REPAIRED, name, repairs[0].damage)
            elif repairs:
                self.index.forget_file(name)
                self.manifest.append(FileEvent.DISCARDED, name, note=repairs[0].damage)
            if repairs:
                discard_counts(self.index)
            yield from repairs

    def _record_change(self, event: FileEvent, name: str, note: str, known: FileDigest | None = None) -> None:
        """Add a line to the manifest about the file as it is now, unless its digest is the `known` one."""
        with self.storage.open(name) as file:
            digest = digest_of(name, file)
        if digest != known:
            self.manifest.append(event, name, digest, note=note)

    def find_missing_files(self) -> list[str]:
        """Return the indexed files that are neither in the folder nor in the storage behind it.

        A file that was moved to a bucket is not missing, even if this collection does not use the bucket.
        """
        moved = Receipts(self.index.path.with_name(RECEIPTS_FILE)).read()
        missing = []
        for name in self.index.files():
            with suppress(ArchiveError):
                self.file(name)
                continue
            if name not in moved and self.storage.find(name) is None and self.index.end_of(name):
                missing.append(name)
        return missing

    def forget(self, file: str) -> int:
        """Remove the missing `file` from the index. Return the number of captures it had.

        Raises ArchiveError if the index does not name it, or if the file is there.
        """
        if file not in self.index.files():
            raise ArchiveError("the index has no such file", file=file, hint="`broadsheet archive verify` lists them")
        if file not in self.find_missing_files():
            raise ArchiveError("is not missing", file=file, hint="only files that are lost are removed from the index")
        discard_counts(self.index)
        self.manifest.append(FileEvent.FORGOTTEN, file)
        return self.index.forget_file(file)

    def import_file(self, source: Path, on_position: OnPosition | None = None) -> Iterator[IndexedImport]:
        """Import the records of `source`, a WARC, ARC or WACZ file of any writer, and index them.

        A file that was imported before is not imported again, nor is one whose records another file has, such as the
        same file with other compression. `on_position` gets the position in the file that is being read. Raises what
        `archive.importing.import_file` raises.
        """
        results = self._import_log.find(source)
        if results is not None and {one.file for one in results} - {None} <= self.index.complete_files():
            yield from map(self._index_import, results)
            return
        results = []
        for imported in import_file(source, self.warc_folder, self.removals.remains(), on_position):
            indexed = self._index_import(imported)
            results.append(indexed.imported)
            yield indexed
        self._import_log.add(source, results)

    def _index_import(self, imported: ImportResult) -> IndexedImport:
        file = imported.file
        if file is None:
            return IndexedImport(imported, 0)
        copy = self.warc_folder / file
        notes = read_notes(copy)
        if file in self.index.complete_files():
            return IndexedImport(imported, _count_captures(self.index.captures_in(file)), tuple(notes.not_indexed))
        if (other := find_duplicate(file, self.index, self.storage.open)) is not None:
            remove_import(copy)
            imported = replace(imported, file=other, records=0, is_new=False)
            return IndexedImport(imported, _count_captures(self.index.captures_in(other)))
        damage: list[DamagedError] = []
        captures = self.reindex(file, on_damage=damage.append)
        save_notes(copy, replace(notes, not_indexed=damage))
        if self._scratch is None:
            self._record_change(FileEvent.IMPORTED, file, f"from {imported.source}")
        return IndexedImport(imported, captures, tuple(damage))

    def reindex(self, file: str, *, on_damage: OnDamage | None = None) -> int:
        """Replace the index entries of the closed `file` by those of its captures and notes.

        Returns the number of captures. Raises DamagedError where the file cannot be parsed. With `on_damage`, that
        callback gets the error instead, and every readable capture is indexed.
        """
        with self.storage.open(file) as stream:
            entries = read_page_entries(stream, file, on_damage)
        self.index.replace_file(file, entries)
        return _count_captures(entries)

    def _put_in_place(self, file: str | None, former: str) -> None:
        """Index `file`, or nothing if it is ``None``, in place of the file `former`."""
        discard_counts(self.index)
        if file is None:
            self.index.forget_file(former)
            return
        with self.storage.open(file) as stream:
            self.index.replace_file(file, read_page_entries(stream, file), former=former)

    def pruner(self) -> Pruner:
        """Return the pruner of this archive, which removes captures that are no longer to be kept."""
        parts = (self.warc_folder, self.index, self._resolver, self.manifest, self.removals, self._put_in_place)
        return Pruner(*parts)

    def verify(self) -> Iterator[VerifyFinding]:
        """Verify the closed files, compare the index with them, and find files that dead writers left open."""
        return verify_collection(self.storage, self.index, self.warc_folder)

    def check_trust(self, progress: Progress = iter) -> TrustReport:
        """Compare the closed files with the manifest and the chain in their warcinfo records, see `archive.trust`."""
        moved = Receipts(self.index.path.with_name(RECEIPTS_FILE)).read()
        return check_chain(self.storage, self.manifest, self.warc_folder, moved, progress)

    def close(self) -> None:
        """Close the index; delete the folder of a temporary collection."""
        self.index.close()
        if self._scratch is not None:
            self._scratch.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _count_captures(entries: Iterable[IndexEntry]) -> int:
    return sum(entry.url.startswith("http") or not is_note(entry.url) for entry in entries)
