"""An archive in one folder: its WARC files and their index. The one way in for the rest of the house."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from archive.capture import Capture, Location
from archive.cdxj import IndexEntry, entry_of
from archive.errors import ArchiveError, DamagedError
from archive.index import Index
from archive.repair import Repair, left_open, repair_file
from archive.verify import Finding, verify_file
from archive.warc_file import OPEN_SUFFIX
from archive.warc_reader import read_at, read_captures
from archive.warc_writer import WarcWriter

log = logging.getLogger(__name__)


class Collection:
    """The archive under `root`: files in ``root/warc``, index in ``root/index``."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)
        self.warc_folder = self.root / "warc"
        self.index = Index(self.root / "index")

    def writer(self, prefix: str, info: Mapping[str, str], **options: Any) -> WarcWriter:
        """A writer of files of its own here, whose captures are in the index when `write` returns.

        `options` are those of WarcWriter (``sync``, ``max_size``, ``max_age``, ...).
        """
        return WarcWriter(self.warc_folder, prefix=prefix, info=info, index=self.index, **options)

    def file(self, name: str) -> Path:
        """The path of a WARC file by its name, closed or still open.

        Raises ArchiveError for a name that is not here or leads out of the folder.
        """
        if Path(name).name != name:
            raise ArchiveError(f"{name!r} is no file name", mend="rebuild the index from the files")
        path = self.warc_folder / name
        for candidate in (path, path.with_name(name + OPEN_SUFFIX), path):
            if candidate.exists():
                return candidate
        raise ArchiveError("WARC file is not here", file=path, mend="put it back, or take it out of the index")

    def load(self, where: IndexEntry | Location) -> Capture:
        """The capture that lies at `where`. Raises ArchiveError when it is not there."""
        location = where.location if isinstance(where, IndexEntry) else where
        capture = read_at(self.file(location.file), location.offset, location.length)
        return replace(capture, location=location)

    def closest(self, url: str, when: datetime, *, status: int | None = None) -> Capture | None:
        """The capture of `url` nearest to `when`; ``None`` when there is none."""
        entry = self.index.closest(url, when, status=status)
        return None if entry is None else self.load(entry)

    def recover(self) -> list[Repair]:
        """Repair each file a dead writer left open, and index each file the index does not hold whole.

        Run it when a crawl starts: it is quick when there is nothing to do, and leaves living writers' files alone.
        """
        repairs = [repair_file(path) for path in left_open(self.warc_folder)]
        held_whole = self.index.complete_files() - {repair.file for repair in repairs}
        for path in sorted(self.warc_folder.glob("*.warc.gz")):
            if path.name not in held_whole:
                self.reindex(path.name, on_damage=lambda error: log.warning("not indexed: %s", error))
        return repairs

    def reindex(self, file: str, *, on_damage: Callable[[DamagedError], None] | None = None) -> int:
        """Enter every capture of the closed `file` into the index, in place of what it held. How many there are.

        Raises DamagedError where the file cannot be read on; with `on_damage` it is told, and what can be read entered.
        """
        captures = read_captures(self.warc_folder / file, on_damage=on_damage)
        entries = [entry_of(capture, capture.location) for capture in captures if capture.location is not None]
        self.index.replace_file(file, entries)
        return len(entries)

    def verify(self) -> Iterator[Finding]:
        """What is wrong with the closed files and with the index against them."""
        here = {path.name: path for path in sorted(self.warc_folder.glob("*.warc.gz"))}
        for name, path in here.items():
            yield from verify_file(path, self.index.captures_in(name))
        for name in self.index.files():
            if name not in here and not (self.warc_folder / (name + OPEN_SUFFIX)).exists():
                yield Finding(name, None, "", "the index names a file that is not here", "put the file back")

    def close(self) -> None:
        """Close the index."""
        self.index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
