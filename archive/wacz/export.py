"""Writes a WACZ from a collection: records byte for byte, in constant memory."""

import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Collection as Container
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Protocol, TextIO, cast

from archive.cdxj import REVISIT_MIME, IndexEntry
from archive.collection import Collection
from archive.errors import ArchiveError, DamagedError
from archive.index import Index
from archive.indexing import read_typed_entries
from archive.record import format_date
from archive.selection import Selection, read_with_related
from archive.storage import CLOSED_SUFFIX, Storage, missing_file
from archive.verify import REPAIR_HINT
from archive.wacz.package import CHUNK_SIZE, WaczFile, raise_write_errors
from archive.wacz.pages import Page, page_lines
from archive.wacz.signature import Signer
from archive.zipnum import ZipNumWriter

_INDEX = "index.cdx.gz"


#: Gets the names of the files and yields them one by one, to show progress.
Progress = Callable[[list[str]], Iterable[str]]


class Package(Protocol):
    """A package of files that is being written."""

    def add(self, path: str, source: BinaryIO, *, size: int, deflated: bool = False) -> None: ...


@dataclass(frozen=True, slots=True)
class Export:
    """A WACZ that was written: its size in bytes, and its numbers of WARC files, captures and pages.

    `lost` has a line for everything that was selected but could not be exported.
    """

    path: Path
    bytes: int
    files: int
    captures: int
    pages: int
    lost: tuple[str, ...] = ()


def write_wacz(
    path: Path,
    collection: Collection,
    pages: Iterable[Page] = (),
    *,
    selection: Selection = Selection(),  # noqa: B008 (frozen)
    description: Mapping[str, str] | None = None,
    software: str,
    key: Signer | None = None,
    now: datetime | None = None,
    progress: Progress = iter,
    names: Container[str] | None = None,
) -> Export:
    """Write the selected captures, the originals of their revisits, and `pages` to the WACZ at `path`.

    Records are copied byte for byte: a file is copied as a whole if all its captures are selected, otherwise only the
    selected records with their requests. Files still being written are left out. What cannot be read is left out too
    and listed in the result. A page is listed only if its capture
    is in the WACZ. `description` has further properties of ``datapackage.json`` such as ``title``; the first page is
    the main page unless it names another. `names`, if given, are the files that have all selected captures, so that
    no others are searched. The same collection, selection, pages and `now` give the same bytes.
    Raises ArchiveError if nothing is selected, or if the storage or the disk refuses.
    """
    with (
        scratch_beside(path) as scratch,
        WaczFile(path, scratch, now=now or datetime.now(UTC)) as package,
        Index(scratch) as index,
    ):
        lost: list[str] = []
        files = write_selected_files(
            package, collection, selection, index, scratch, lost, progress=progress, names=names
        )
        captures = len(index)
        if not captures:
            what = f"nothing can be exported: {lost[0]}" if lost else "no capture is selected"
            raise ArchiveError(what, hint="" if lost else "see `broadsheet archive stats` for the captures")
        _write_index(package, index, scratch)
        unheld: list[Page] = []
        listed = _CountedPages(_with_capture(pages, index, collection, selection, unheld))
        with create_file(scratch / "pages") as out:
            out.writelines(line.encode() for line in page_lines(listed))
        move_into(package, "pages/pages.jsonl", scratch / "pages", deflated=True)
        package.finish({**listed.main_page(), **(description or {})}, software=software, key=key)
    if unheld:
        lost.append(f"{len(unheld)} articles have no capture in the archive, the first is {unheld[0].url}")
    return Export(path, path.stat().st_size, files, captures, listed.count, tuple(lost))


@contextmanager
def scratch_beside(path: Path) -> Iterator[Path]:
    """Yield a temporary folder beside `path`, hence on the same disk. It is deleted afterwards."""
    with raise_write_errors(path):
        folder = TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent)
    with folder as name:
        yield Path(name)


@contextmanager
def create_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a new file for writing; errors of the disk are raised as WriteError."""
    with raise_write_errors(path), path.open("wb") as file:
        yield file


def move_into(package: Package, name: str, source: Path, *, deflated: bool = False) -> None:
    """Add the temporary file `source` to the package as `name`, and delete it."""
    with source.open("rb") as file:
        package.add(name, file, size=source.stat().st_size, deflated=deflated)
    source.unlink()


class _CountedPages:
    """Iterates over pages once; counts them and remembers the first."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self._pages = pages
        self._first: Page | None = None
        self.count = 0

    def __iter__(self) -> Iterator[Page]:
        for page in self._pages:
            self._first = self._first or page
            self.count += 1
            yield page

    def main_page(self) -> dict[str, str]:
        """Return the properties of ``datapackage.json`` that name the first page."""
        if self._first is None:
            return {}
        return {"mainPageUrl": self._first.url, "mainPageDate": format_date(self._first.captured_at)}


def _with_capture(
    pages: Iterable[Page], exported: Index, collection: Collection, selection: Selection, unheld: list[Page]
) -> Iterator[Page]:
    """Yield the pages whose capture is exported. Add those that are selected but not even indexed to `unheld`.

    Those whose capture was removed on purpose are left out.
    """
    for page in pages:
        if _has_capture(exported, page):
            yield page
        elif selection.includes_page(page.url, page.captured_at) and not _has_capture(collection.index, page):
            removal = collection.removals.find(page.url, page.captured_at)
            if removal is None or abs(removal.date - page.captured_at) >= timedelta(seconds=1):
                unheld.append(page)


def _has_capture(index: Index, page: Page) -> bool:
    """True if `index` has the capture of the page; its date may be rounded to a second."""
    entry = index.closest(page.url, page.captured_at)
    return entry is not None and abs(entry.date - page.captured_at) < timedelta(seconds=1)


def write_selected_files(
    package: Package,
    collection: Collection,
    selection: Selection,
    index: Index,
    scratch: Path,
    lost: list[str],
    *,
    folder: str = "archive",
    progress: Progress = iter,
    names: Container[str] | None = None,
) -> int:
    """Write the WARC files to the `folder` of the package and add their captures to `index`. Return their number.

    A line is added to `lost` for each file of which something cannot be read. `names` are the files that have all
    selected captures, if known.
    """
    searched = [name for name in collection.index.files() if names is None or name in names]
    originals = _find_originals(collection, selection, searched, lost)
    missing = set(collection.find_missing_files())
    count = 0
    for name in progress(sorted({*searched, *originals})):
        entries = collection.index.captures_in(name)
        selected = [entry for entry in entries if selection.includes(entry) or entry.offset in originals[name]]
        if not selected:
            continue
        stored = collection.storage.find(name)
        if stored is None:
            if name in missing:
                lost.append(f"{len(selected)} captures: {missing_file(collection.warc_folder / name)}")
            continue  # else it is still being written
        selected, is_intact = _drop_unreadable(collection.storage, name, selected, lost)
        if not selected:
            continue
        if is_intact and len(selected) == len(entries):
            with collection.storage.open(name) as file:
                package.add(f"{folder}/{name}", file, size=stored.size)
        else:
            new_name = f"{name.removesuffix(CLOSED_SUFFIX)}.selected{CLOSED_SUFFIX}"
            with create_file(scratch / "selected") as out:
                selected = _copy_records(collection.storage, name, selected, new_name, out)
            move_into(package, f"{folder}/{new_name}", scratch / "selected")
        index.replace_file(selected[0].file, selected)
        count += 1
    return count


def _drop_unreadable(
    storage: Storage, name: str, selected: list[IndexEntry], lost: list[str]
) -> tuple[list[IndexEntry], bool]:
    """Return those of the `selected` captures that can be read, and True if the whole file can."""
    damage: list[DamagedError] = []
    with storage.open(name) as file:
        read = read_typed_entries(file, on_damage=damage.append, name=name)
        offsets = {entry.offset for _, entry in read}
    readable = [entry for entry in selected if entry.offset in offsets]
    if len(readable) < len(selected):
        number = len(selected) - len(readable)
        what = damage[0] if damage else DamagedError("has no record where the index says", file=name)
        lost.append(f"{number} of {len(selected)} captures: {what}; {REPAIR_HINT}")
    elif damage:
        lost.append(f"records that are no captures: {damage[0]}; {REPAIR_HINT}")
    return readable, not damage


def _find_originals(
    collection: Collection, selection: Selection, names: Iterable[str], lost: list[str]
) -> Mapping[str, set[int]]:
    """Return the offsets of the originals of the selected revisits in the files `names`, by file."""
    originals = defaultdict[str, set[int]](set)
    if selection.is_everything:
        return originals
    for name in names:
        for entry in collection.index.captures_in(name):
            if entry.mime == REVISIT_MIME and selection.includes(entry):
                try:
                    original = collection.original(entry)
                except ArchiveError as error:
                    lost.append(f"the content of {entry.url}, {entry.timestamp}: {error}")
                else:
                    originals[original.file].add(original.offset)
    return originals


def _copy_records(
    storage: Storage, name: str, selected: list[IndexEntry], new_name: str, out: BinaryIO
) -> list[IndexEntry]:
    """Copy the selected records and their requests and metadata to `out`. Return their entries in the new file."""
    entries = {entry.offset: entry for entry in selected}
    copied: list[IndexEntry] = []
    position = 0
    with storage.open(name) as records, storage.open(name) as source:
        for record in read_with_related(records, entries.keys()):
            source.seek(record.offset)
            for start in range(0, record.length, CHUNK_SIZE):
                out.write(source.read(min(CHUNK_SIZE, record.length - start)))
            record.block.close()
            if entry := entries.get(record.offset):
                copied.append(replace(entry, file=new_name, offset=position, length=record.length))
            position += record.length
    return copied


def _write_index(package: WaczFile, index: Index, scratch: Path) -> None:
    """Write the CDXJ lines as ZipNum: gzip members of some hundred lines each, and an index of the members.

    ReplayWeb.page reports a wrong digest for ``index.idx`` of any writer: wabac.js stores the expected digest under
    package name and path, but looks it up under the path. It does check the members, the pages and the manifest.
    """
    cdxj, members = scratch / "index", io.StringIO()
    with create_file(cdxj) as data, ZipNumWriter(data, members, data_name=_INDEX) as lines:
        index.export_cdxj(cast(TextIO, lines))
    move_into(package, f"indexes/{_INDEX}", cdxj)
    member_index = members.getvalue().encode()
    package.add("indexes/index.idx", io.BytesIO(member_index), size=len(member_index), deflated=True)
