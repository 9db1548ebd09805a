"""The record of removed captures: a log kept in the archive, and look-ups by URL and record."""

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Self

from archive.errors import ArchiveError, IndexAccessError
from archive.index_rows import microseconds
from archive.record import format_date
from archive.surt import surt
from archive.trust.manifest import FOLDER as MANIFEST_FOLDER
from archive.trust.manifest import Manifest, remains_of_pruned

#: Name of the log, in the folder of the manifest, and of the database that is made from it, in that of the index.
LOG_FILE, DATABASE_FILE = "removed.jsonl", "removed.sqlite3"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS removed
    (urlkey TEXT NOT NULL, date INTEGER NOT NULL, record_id TEXT NOT NULL, line TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS removed_by_url ON removed (urlkey, date);
CREATE INDEX IF NOT EXISTS removed_by_record ON removed (record_id);
CREATE TABLE IF NOT EXISTS log (position INTEGER NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Removal:
    """A capture that was removed: its URL and date, where it was, and when and why it was removed."""

    url: str
    date: datetime
    file: str
    record_id: str
    digest: str
    removed_at: datetime
    reason: str

    @property
    def text(self) -> str:
        """A sentence for users."""
        return f"It was removed from the archive on {self.removed_at:%Y-%m-%d}: {self.reason}."


class Removals:
    """The removed captures of an archive. The log is the truth; the database follows it at each look-up."""

    def __init__(self, log: Path, database: Path) -> None:
        self.log = log
        self._database = database

    @classmethod
    def of(cls, root: Path) -> Self:
        """Return the removed captures of the archive in the data folder `root`."""
        return cls(root / MANIFEST_FOLDER / LOG_FILE, root / "index" / DATABASE_FILE)

    def append(self, removals: Iterable[Removal], committed: int) -> tuple[int, int, str]:
        """Add lines to the log after its first `committed` bytes, and wait until they are on the disk.

        Lines behind those are from a removal that was never made. Return position, length and SHA-256 of the new lines.
        """
        data = b"".join(_format(removal) for removal in removals)
        with self.log.open("ab") as file:
            file.truncate(committed)
            file.seek(committed)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return committed, len(data), hashlib.sha256(data).hexdigest()

    def read(self, position: int, length: int) -> bytes:
        """Return bytes of the log. Raises ArchiveError if it cannot be read."""
        try:
            with self.log.open("rb") as file:
                file.seek(position)
                return file.read(length)
        except OSError as error:
            raise ArchiveError(f"cannot read: {error.strerror}", file=self.log) from error

    def remains(self) -> dict[str, str | None]:
        """Return the pruned files, each with the name of what remains of it now; ``None`` if nothing does."""
        return remains_of_pruned(Manifest(self.log.parent).entries()) if self.log.exists() else {}

    def find(self, url: str, when: datetime) -> Removal | None:
        """Return the removed capture of `url` that is the closest to `when`; ``None`` without one."""
        query = "SELECT line FROM removed WHERE urlkey = ? ORDER BY abs(date - ?) LIMIT 1"
        return self._find(query, surt(url), microseconds(when))

    def find_record(self, record_id: str) -> Removal | None:
        """Return the removed capture with that record id; ``None`` without one."""
        return self._find("SELECT line FROM removed WHERE record_id = ? LIMIT 1", record_id)

    def _find(self, query: str, *values: object) -> Removal | None:
        if not self.log.exists():
            return None
        with self._open() as database:
            row = database.execute(query, values).fetchone()
        return None if row is None else _parse(row[0])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Yield the database, up to date with the log."""
        try:
            with closing(sqlite3.connect(self._database, timeout=60, isolation_level=None)) as database:
                self._follow(database)
                yield database
        except sqlite3.Error as error:
            hint = "delete it: it is made again from the log"
            raise IndexAccessError(f"removed captures: {error}", file=self._database, hint=hint) from error

    def _follow(self, database: sqlite3.Connection) -> None:
        size = self.log.stat().st_size
        if self._position(database) == size:
            return
        database.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA.split(";"):
            database.execute(statement)
        position = self._position(database)
        if position > size:  # its last lines were of a removal that was never made
            database.execute("DELETE FROM removed")
            position = 0
        data = self.read(position, size - position)
        lines = data[: data.rfind(b"\n") + 1].splitlines()
        for line in lines:
            removal = _parse(line.decode())
            values = (surt(removal.url), microseconds(removal.date), removal.record_id, line.decode())
            database.execute("INSERT INTO removed VALUES (?, ?, ?, ?)", values)
        database.execute("DELETE FROM log")
        database.execute("INSERT INTO log VALUES (?)", (position + data.rfind(b"\n") + 1,))
        database.execute("COMMIT")

    def _position(self, database: sqlite3.Connection) -> int:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'log'").fetchone():
            return 0
        row = database.execute("SELECT position FROM log").fetchone()
        return int(row[0]) if row else 0


def _format(removal: Removal) -> bytes:
    values = {
        "url": removal.url,
        "date": format_date(removal.date),
        "file": removal.file,
        "record_id": removal.record_id,
        "digest": removal.digest,
        "removed_at": format_date(removal.removed_at),
        "reason": removal.reason,
    }
    return json.dumps(values).encode() + b"\n"


def _parse(line: str) -> Removal:
    values = json.loads(line)
    dates = {name: datetime.fromisoformat(values[name]) for name in ("date", "removed_at")}
    return Removal(**(values | dates))
