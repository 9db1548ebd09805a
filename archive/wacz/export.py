"""The making of a WACZ from an archive's files and index: records byte for byte, memory flat."""

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Protocol, TextIO, cast

from archive.cdxj import IndexEntry
from archive.errors import ArchiveError
from archive.index import Index
from archive.record import format_date
from archive.storage import Storage
from archive.wacz.package import Package
from archive.wacz.pages import Page, page_lines
from archive.wacz.selection import REVISIT, Selection, records_with, revisited
from archive.wacz.signature import SigningKey
from archive.zipnum import ZipNumWriter

#: Bytes copied at a time.
PIECE = 1 << 20

_INDEX = "index.cdx.gz"


class Archive(Protocol):
    """The part of a Collection an export reads."""

    @property
    def index(self) -> Index: ...

    @property
    def storage(self) -> Storage: ...


@dataclass(frozen=True, slots=True)
class Export:
    """What went into a WACZ: its size in bytes, and how many WARC files, captures and pages it has."""

    path: Path
    bytes: int
    files: int
    captures: int
    pages: int


def write_wacz(
    path: Path,
    archive: Archive,
    pages: Iterable[Page] = (),
    *,
    selection: Selection = Selection(),  # noqa: B008 (frozen)
    description: Mapping[str, str] | None = None,
    software: str,
    key: SigningKey | None = None,
    now: datetime | None = None,
) -> Export:
    """Write the selected captures, what their revisits refer to, and `pages` to the WACZ at `path`.

    Records are copied byte for byte: a closed file of which everything is taken whole, of the others the selected
    records with their requests. Files still being written are left out. A page is listed when its capture went in.
    `description` are further properties of ``datapackage.json`` such as ``title``; the first page is the main page
    unless it names another. The same archive, selection, pages and `now` give the same bytes.
    Raises ArchiveError when nothing is selected, or when the storage or the disk refuses.
    """
    with Package(path, now=now or datetime.now(UTC)) as package, TemporaryDirectory(prefix="wacz-") as scratch:
        with Index(Path(scratch)) as index:
            files = _write_files(package, archive, selection, index)
            captures = len(index)
            if not captures:
                raise ArchiveError("no capture is selected", mend="see `broadsheet archive stats` for what is there")
            _write_index(package, index)
            listed = _Listed(page for page in pages if _is_held(index, page))
            with package.entry("pages/pages.jsonl", deflated=True) as out:
                for line in page_lines(listed):
                    out.write(line.encode())
        package.finish({**listed.main_page(), **(description or {})}, software=software, key=key)
    return Export(path, path.stat().st_size, files, captures, listed.count)


class _Listed:
    """The pages as they pass, the first of them and how many they were."""

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
        """The properties of ``datapackage.json`` that name the first page."""
        if self._first is None:
            return {}
        return {"mainPageUrl": self._first.url, "mainPageDate": format_date(self._first.captured_at)}


def _is_held(index: Index, page: Page) -> bool:
    entry = index.closest(page.url, page.captured_at)
    return entry is not None and abs(entry.date - page.captured_at) < timedelta(seconds=1)


def _write_files(package: Package, archive: Archive, selection: Selection, index: Index) -> int:
    """Write the WARC files and enter what they hold into `index`. How many files."""
    referred = defaultdict[str, set[int]](set)
    if not selection.is_everything:
        for entry in _revisits(archive, selection):
            if target := revisited(archive.index, archive.storage, entry):
                referred[target.file].add(target.offset)
    count = 0
    for name in archive.index.files():
        if archive.storage.find(name) is None:  # still being written
            continue
        every = archive.index.captures_in(name)
        chosen = [entry for entry in every if selection.takes(entry) or entry.offset in referred[name]]
        if not chosen:
            continue
        if len(chosen) == len(every):
            with archive.storage.open(name) as file, package.entry(f"archive/{name}") as out:
                _copy(file, out)
        else:
            part = f"{name.removesuffix('.warc.gz')}.selected.warc.gz"
            with package.entry(f"archive/{part}") as out:
                chosen = _copy_records(archive.storage, name, chosen, part, out)
        index.replace_file(chosen[0].file, chosen)
        count += 1
    return count


def _revisits(archive: Archive, selection: Selection) -> Iterator[IndexEntry]:
    for name in archive.index.files():
        if archive.storage.find(name) is not None:
            entries = archive.index.captures_in(name)
            yield from (entry for entry in entries if entry.mime == REVISIT and selection.takes(entry))


def _copy_records(storage: Storage, name: str, chosen: list[IndexEntry], part: str, out: BinaryIO) -> list[IndexEntry]:
    """Copy the chosen records and what goes with them. Their entries as they lie in the new file."""
    entries = {entry.offset: entry for entry in chosen}
    copied: list[IndexEntry] = []
    position = 0
    with storage.open(name) as records, storage.open(name) as source:
        for record in records_with(records, entries.keys()):
            source.seek(record.offset)
            _copy(source, out, record.length)
            record.block.close()
            if entry := entries.get(record.offset):
                copied.append(replace(entry, file=part, offset=position, length=record.length))
            position += record.length
    return copied


def _copy(source: BinaryIO, out: BinaryIO, length: int = -1) -> None:
    while length and (piece := source.read(PIECE if length < 0 else min(PIECE, length))):
        out.write(piece)
        if length > 0:
            length -= len(piece)


def _write_index(package: Package, index: Index) -> None:
    places = io.StringIO()
    with (
        package.entry(f"indexes/{_INDEX}") as data,
        ZipNumWriter(data, places, data_name=_INDEX) as lines,
    ):
        index.export_cdxj(cast(TextIO, lines))
    with package.entry("indexes/index.idx", deflated=True) as out:
        out.write(places.getvalue().encode())
