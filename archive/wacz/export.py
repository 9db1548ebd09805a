"""The making of a WACZ from an archive's files and index: records byte for byte, memory flat."""

import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, TextIO, cast

from archive.cdxj import REVISIT_MIME, IndexEntry
from archive.collection import Collection
from archive.errors import ArchiveError, DamagedError
from archive.index import Index
from archive.record import format_date
from archive.storage import CLOSED_SUFFIX, Storage
from archive.wacz.package import PIECE, Package, writing
from archive.wacz.pages import Page, page_lines
from archive.wacz.selection import Selection, records_with
from archive.wacz.signature import SigningKey
from archive.zipnum import ZipNumWriter

_INDEX = "index.cdx.gz"


Progress = Callable[[list[str]], Iterable[str]]


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
    archive: Collection,
    pages: Iterable[Page] = (),
    *,
    selection: Selection = Selection(),  # noqa: B008 (frozen)
    description: Mapping[str, str] | None = None,
    software: str,
    key: SigningKey | None = None,
    now: datetime | None = None,
    progress: Progress = iter,
) -> Export:
    """Write the selected captures, what their revisits refer to, and `pages` to the WACZ at `path`.

    Records are copied byte for byte: a closed file of which everything is taken whole, of the others the selected
    records with their requests. Files still being written are left out. A page is listed when its capture went in.
    `description` are further properties of ``datapackage.json`` such as ``title``; the first page is the main page
    unless it names another. The same archive, selection, pages and `now` give the same bytes.
    `progress` is given the names of the archive's files and gives them back one by one as they are gone through.
    Raises ArchiveError when nothing is selected, or when the storage or the disk refuses.
    """
    with (
        _scratch_beside(path) as scratch,
        Package(path, scratch, now=now or datetime.now(UTC)) as package,
        Index(scratch) as index,
    ):
        files = _write_files(package, archive, selection, index, scratch, progress)
        captures = len(index)
        if not captures:
            raise ArchiveError("no capture is selected", hint="see `broadsheet archive stats` for what is there")
        _write_index(package, index, scratch)
        listed = _Listed(page for page in pages if _is_held(index, page))
        with _made_in(scratch / "pages") as out:
            out.writelines(line.encode() for line in page_lines(listed))
        _add(package, "pages/pages.jsonl", scratch / "pages", deflated=True)
        package.finish({**listed.main_page(), **(description or {})}, software=software, key=key)
    return Export(path, path.stat().st_size, files, captures, listed.count)


@contextmanager
def _scratch_beside(path: Path) -> Iterator[Path]:
    """A folder on the disk the package will lie on, gone afterwards."""
    with writing(path):
        folder = TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent)
    with folder as name:
        yield Path(name)


@contextmanager
def _made_in(path: Path) -> Iterator[BinaryIO]:
    with writing(path), path.open("wb") as file:
        yield file


def _add(package: Package, name: str, made: Path, *, deflated: bool = False) -> None:
    with made.open("rb") as file:
        package.add(name, file, size=made.stat().st_size, deflated=deflated)
    made.unlink()


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


def _write_files(
    package: Package, archive: Collection, selection: Selection, index: Index, scratch: Path, progress: Progress
) -> int:
    """Write the WARC files and enter what they hold into `index`. How many files."""
    referred = _referred(archive, selection)
    count = 0
    for name in progress(archive.index.files()):
        stored = archive.storage.find(name)
        if stored is None:  # still being written
            continue
        every = archive.index.captures_in(name)
        chosen = [entry for entry in every if selection.takes(entry) or entry.offset in referred[name]]
        if not chosen:
            continue
        if len(chosen) == len(every):
            with archive.storage.open(name) as file:
                package.add(f"archive/{name}", file, size=stored.size)
        else:
            part = f"{name.removesuffix(CLOSED_SUFFIX)}.selected{CLOSED_SUFFIX}"
            with _made_in(scratch / "part") as out:
                chosen = _copy_records(archive.storage, name, chosen, part, out)
            _add(package, f"archive/{part}", scratch / "part")
        index.replace_file(chosen[0].file, chosen)
        count += 1
    return count


def _referred(archive: Collection, selection: Selection) -> Mapping[str, set[int]]:
    """By file, the offsets of the captures that selected revisits stand for."""
    referred = defaultdict[str, set[int]](set)
    if selection.is_everything:
        return referred
    for name in archive.index.files():
        for entry in archive.index.captures_in(name):
            if entry.mime == REVISIT_MIME and selection.takes(entry):
                with suppress(DamagedError):  # what it stands for is not in the archive either
                    original = archive.original(entry)
                    referred[original.file].add(original.offset)
    return referred


def _copy_records(storage: Storage, name: str, chosen: list[IndexEntry], part: str, out: BinaryIO) -> list[IndexEntry]:
    """Copy the chosen records and what goes with them. Their entries as they lie in the new file."""
    entries = {entry.offset: entry for entry in chosen}
    copied: list[IndexEntry] = []
    position = 0
    with storage.open(name) as records, storage.open(name) as source:
        for record in records_with(records, entries.keys()):
            source.seek(record.offset)
            for start in range(0, record.length, PIECE):
                out.write(source.read(min(PIECE, record.length - start)))
            record.block.close()
            if entry := entries.get(record.offset):
                copied.append(replace(entry, file=part, offset=position, length=record.length))
            position += record.length
    return copied


def _write_index(package: Package, index: Index, scratch: Path) -> None:
    """Write the CDXJ lines in members of some hundred, and the short index of these.

    ReplayWeb.page counts the short index as not matched whatever it holds, of any writer: wabac.js notes the digest it
    expects under the package's name and the path, and looks for it under the path alone. It checks each member, the
    pages and the manifest.
    """
    made, places = scratch / "index", io.StringIO()
    with _made_in(made) as data, ZipNumWriter(data, places, data_name=_INDEX) as lines:
        index.export_cdxj(cast(TextIO, lines))
    _add(package, f"indexes/{_INDEX}", made)
    short = places.getvalue().encode()
    package.add("indexes/index.idx", io.BytesIO(short), size=len(short), deflated=True)
