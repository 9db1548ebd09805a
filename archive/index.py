"""Live index of captures: finds the record of a URL at a time. An SQLite database that processes share."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from heapq import merge
from itertools import groupby
from pathlib import Path
from typing import Any, Self, TextIO

from archive.capture import Capture, Location
from archive.cdxj import IndexEntry, cdxj_line, entry_of
from archive.errors import IndexAccessError
from archive.folders import create_private_folder
from archive.index_rows import (
    Row,
    UrlSummary,
    day_of,
    entry_of_row,
    key_ranges,
    microseconds,
    row_of,
    summary_of_row,
    time_bounds,
)
from archive.index_schema import (
    COUNTS_BY_DAY,
    INSERT,
    LATEST_OF_URL,
    MAX_MATCHES,
    NOT_REVISIT,
    PAYLOAD_INDEX,
    SCHEMA,
    SCHEMA_VERSION,
    SELECT,
    SELECT_BY_PLACE,
    URLS,
)
from archive.notes import INTERNAL_PREFIXES
from archive.sqlite_wal import enable_wal, sqlite_advice
from archive.surt import surt
from archive.write_buffer import WriteBuffer

#: Name of the database file in the index folder.
FILE_NAME = "captures.sqlite3"

_BATCH = 1000
_FIRST_BATCH = 4


class Index:
    """The index in a folder, created if missing. Safe to share between threads and processes.

    Later calls on the same object see an added entry at once, other processes within a second. After a killed process,
    the entries of its last second may be missing; after a power cut, a few more. Entries are never wrong, and
    `Collection.recover` reads missing ones from the files again. Every method raises IndexAccessError if the database
    fails.
    """

    def __init__(self, folder: Path) -> None:
        self.path = Path(folder) / FILE_NAME
        self._lock = threading.RLock()
        self._file_ids: dict[str, int] = {}
        self._write_buffer = WriteBuffer(self._insert, self._lock)
        self._has_payload_index = False
        with self._translate_errors():
            try:
                create_private_folder(self.path.parent)
            except OSError as error:
                raise IndexAccessError(f"cannot create the folder: {error.strerror}", file=self.path.parent) from error
            self._db = sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)
            enable_wal(self._db)
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._create_schema()

    def _create_schema(self) -> None:
        version = self._schema_version()
        if version == 0:
            with self._transaction():
                if self._schema_version() == 0:
                    for statement in SCHEMA.split(";"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        elif version != SCHEMA_VERSION:
            raise IndexAccessError(
                f"index has version {version}, expected {SCHEMA_VERSION}",
                file=self.path,
                hint="remove it and run `broadsheet archive index`",
            )

    def _schema_version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise IndexAccessError(f"index: {error}", file=self.path, hint=sqlite_advice()) from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            self._file_ids.clear()
            raise
        self._db.execute("COMMIT")

    def add(self, capture: Capture, location: Location, *, revisit: bool = False) -> IndexEntry:
        """Add a stored capture; `revisit` is true if it is stored as a revisit. Return its entry."""
        entry = entry_of(capture, location, revisit=revisit)
        self._write_buffer.add(entry)
        return entry

    def add_entries(self, entries: Iterable[IndexEntry]) -> None:
        """Add all of `entries` or none. An entry with the same URL, date, file and offset is replaced."""
        self._write_buffer.flush()
        self._insert(entries)

    def _insert(self, entries: Iterable[IndexEntry]) -> None:
        with self._translate_errors(), self._transaction():
            self._db.executemany(INSERT, map(self._to_row, entries))

    def replace_file(self, file: str, entries: Iterable[IndexEntry], *, former: str | None = None) -> None:
        """Replace the entries of the closed `file` by `entries`, which must be all its captures.

        The file `former`, which `file` takes the place of, is removed from the index in the same step.
        """
        self._write_buffer.flush()
        with self._translate_errors(), self._transaction():
            if former is not None:
                self._forget(former)
            self._db.execute("DELETE FROM capture WHERE file = ?", (self._file_id(file),))
            self._db.executemany(INSERT, map(self._to_row, entries))
            self._db.execute("UPDATE file SET complete = 1 WHERE name = ?", (file,))

    def _to_row(self, entry: IndexEntry) -> Row:
        return row_of(entry, self._file_id(entry.file))

    def _file_id(self, name: str) -> int:
        known = self._file_ids.get(name)
        if known is None:
            self._db.execute("INSERT OR IGNORE INTO file (name) VALUES (?)", (name,))
            known = int(self._db.execute("SELECT id FROM file WHERE name = ?", (name,)).fetchone()[0])
            self._file_ids[name] = known
        return known

    def mark_complete(self, file: str) -> None:
        """Record that the index holds every capture of the closed `file`."""
        self._write_buffer.flush()
        with self._translate_errors(), self._transaction():
            self._db.execute("UPDATE file SET complete = 1 WHERE id = ?", (self._file_id(file),))

    def mark_incomplete(self, file: str) -> None:
        """Record that `file` is changing and must be read again before the index holds every capture of it."""
        self._write_buffer.flush()
        with self._translate_errors(), self._transaction():
            self._db.execute("UPDATE file SET complete = 0 WHERE name = ?", (file,))

    def forget_file(self, file: str) -> int:
        """Remove `file` and its entries from the index. Return the number of entries."""
        self._write_buffer.flush()
        with self._translate_errors(), self._transaction():
            return self._forget(file)

    def _forget(self, file: str) -> int:
        removed = self._db.execute("DELETE FROM capture WHERE file = ?", (self._file_id(file),)).rowcount
        self._db.execute("DELETE FROM file WHERE name = ?", (file,))
        self._file_ids.clear()
        return int(removed)

    def end_of(self, file: str) -> int:
        """Return the offset at which the last indexed record of `file` ends; 0 if it has no entries."""
        rows = self._query(SELECT_BY_PLACE + "name = ? ORDER BY offset DESC LIMIT 1", file)
        return int(rows[0][3]) + int(rows[0][4]) if rows else 0

    def complete_files(self) -> set[str]:
        """Return the files of which the index holds every capture."""
        return {str(name) for (name,) in self._query("SELECT name FROM file WHERE complete")}

    def files(self) -> list[str]:
        """Return the names of all files in the index, sorted."""
        return [str(name) for (name,) in self._query("SELECT name FROM file ORDER BY name")]

    def captures_in(self, file: str) -> list[IndexEntry]:
        """Return every capture in `file`, ordered by offset."""
        return [entry_of_row(row) for row in self._query(SELECT_BY_PLACE + "name = ? ORDER BY offset", file)]

    def closest(self, url: str, when: datetime, *, status: int | None = None) -> IndexEntry | None:
        """Return the capture of `url` closest to `when`; if two are equally close, the earlier.

        With `status`, only captures of that status count.
        """
        key, at = surt(url), microseconds(when)
        where, values = ("", ()) if status is None else (" AND status = ?", (status,))
        before = self._first_entry(f"urlkey = ? AND date <= ?{where} ORDER BY date DESC LIMIT 1", key, at, *values)
        after = self._first_entry(f"urlkey = ? AND date > ?{where} ORDER BY date LIMIT 1", key, at, *values)
        if before is None or after is None:
            return before or after
        return before if when - before.date <= after.date - when else after

    def captures(self, url: str) -> list[IndexEntry]:
        """Return every capture of `url`, oldest first."""
        return [entry_of_row(row) for row in self._query(SELECT + "urlkey = ? ORDER BY date, file, offset", surt(url))]

    def captures_at(self, url: str, when: datetime) -> list[IndexEntry]:
        """Return the captures of `url` in the same second as `when`, oldest first."""
        first = microseconds(when.replace(microsecond=0))
        where = "urlkey = ? AND date BETWEEN ? AND ? ORDER BY date, file, offset"
        return [entry_of_row(row) for row in self._query(SELECT + where, surt(url), first, first + 999_999)]

    def with_keys(self, keys: Sequence[str], start: datetime, end: datetime) -> list[IndexEntry]:
        """Return the captures whose `urlkey` is one of `keys`, from `start` (inclusive) to `end` (exclusive)."""
        marks = ", ".join("?" * len(keys))
        where = f"urlkey IN ({marks}) AND date >= ? AND date < ? ORDER BY urlkey, date"
        return [entry_of_row(row) for row in self._query(SELECT + where, *keys, *time_bounds(start, end))]

    def walk(
        self, url: str, start: datetime | None = None, *, newest_first: bool = False, status: int | None = None
    ) -> Iterator[IndexEntry]:
        """Yield the captures of `url` from the first (or the last), or from the time `start` (inclusive), in order.

        They are read in small batches, so that the first ones cost the same whatever their number. With `status`, only
        captures of that status count.
        """
        compare, order = ("<", "DESC") if newest_first else (">", "ASC")
        end = 1 << 62 if newest_first else -(1 << 62)
        place = (end if start is None else microseconds(start), end, end)
        where = "urlkey = ?" + ("" if status is None else " AND status = ?")
        query = (
            f"{SELECT}{where} AND (date, capture.file, offset) {compare} (?, ?, ?)"
            f" ORDER BY date {order}, capture.file {order}, offset {order} LIMIT ?"
        )
        values = [surt(url), *([] if status is None else [status])]
        limit = _FIRST_BATCH
        while batch := self._query(query, *values, *place, limit):
            yield from map(entry_of_row, batch)
            if len(batch) < limit:
                return
            _, date, name, offset = batch[-1][:4]
            with self._translate_errors():
                place = (date, self._file_id(name), offset)
            limit = min(4 * limit, _BATCH)

    def by_distance(self, url: str, when: datetime) -> Iterator[IndexEntry]:
        """Yield the captures of `url`, the closest to `when` first; of two that are equally close, the earlier."""
        after = (entry for entry in self.walk(url, when) if entry.date > when)
        return merge(self.walk(url, when, newest_first=True), after, key=lambda entry: abs(entry.date - when))

    def count(self, url: str, *, start: datetime | None = None, end: datetime | None = None, limit: int) -> int:
        """Return the number of captures of `url` from `start` (inclusive) to `end` (exclusive), at most `limit`."""
        query = "SELECT count(*) FROM (SELECT 1 FROM capture WHERE urlkey = ? AND date >= ? AND date < ? LIMIT ?)"
        return int(self._query(query, surt(url), *time_bounds(start, end), limit)[0][0])

    def counts_by_day(self, url: str, start: datetime | None, end: datetime | None) -> list[tuple[date, str, int]]:
        """Return the number of captures per day (UTC) and spelling of `url`, from `start` to before `end`."""
        rows = self._query(COUNTS_BY_DAY, surt(url), *time_bounds(start, end))
        return [(day_of(day), spelling, number) for day, spelling, number in rows]

    def urls(
        self,
        *,
        prefix: str | None = None,
        host: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        after: str = "",
        limit: int,
    ) -> list[UrlSummary]:
        """Return the first `limit` URLs of pages with keys behind `after`, with their captures in a time.

        The other arguments are those of `search`.
        """
        rows: list[Any] = []
        for first, last in key_ranges(prefix, host):
            key = max(first, after + "\0") if after else first
            rows += self._query(URLS, key, last, *time_bounds(start, end), limit - len(rows))
        return [*map(summary_of_row, rows)]

    def with_record_id(self, url: str, record_id: str) -> IndexEntry | None:
        """Return the capture of `url` with that record id; ``None`` without one. Reads all captures of the URL."""
        return self._first_entry("urlkey = ? AND record_id = ? LIMIT 1", surt(url), record_id)

    def nearest_with_payload(self, digest: str, url: str, when: datetime | None) -> list[IndexEntry]:
        """Return a few captures stored in full whose payload has the labelled `digest`, those nearest to `when` first.

        Captures of `url` come before those of other URLs.
        """
        at = microseconds(when) if when else 0
        self._write_buffer.flush()
        self._create_payload_index()
        where = f"digest = ? AND {NOT_REVISIT} AND date "
        rows = self._query(f"{SELECT}{where}<= ? ORDER BY date DESC LIMIT {MAX_MATCHES}", digest, at)
        rows += self._query(f"{SELECT}{where}> ? ORDER BY date LIMIT {MAX_MATCHES}", digest, at)
        key = surt(url)
        rows.sort(key=lambda row: (row[0] != key, abs(row[1] - at)))
        return [*map(entry_of_row, rows)]

    def newest(self, url: str) -> list[IndexEntry]:
        """Return the few newest captures of `url` that have a payload (status 200), newest first."""
        key = surt(url)
        self._write_buffer.flush_if(lambda entry: entry.urlkey == key)
        where = f"urlkey = ? AND status = 200 ORDER BY date DESC LIMIT {MAX_MATCHES}"
        return [entry_of_row(row) for row in self._query_database(SELECT + where, key)]

    def with_payload(self, digest: str, url: str | None) -> list[IndexEntry]:
        """Return a few captures stored in full whose payload has the labelled `digest`, newest first.

        Searches the latest captures of `url`, or all captures if it is ``None``.
        """
        self._write_buffer.flush_if(lambda entry: entry.digest == digest)
        where = f"digest = ? AND {NOT_REVISIT} ORDER BY date DESC LIMIT {MAX_MATCHES}"
        if url is None:
            self._create_payload_index()
            return [entry_of_row(row) for row in self._query_database(SELECT + where, digest)]
        last = SELECT.replace("capture CROSS", f"({LATEST_OF_URL}) AS capture CROSS")
        return [entry_of_row(row) for row in self._query_database(last + where, surt(url), digest)]

    def _create_payload_index(self) -> None:
        if not self._has_payload_index:
            with self._translate_errors():
                self._db.execute(PAYLOAD_INDEX)
            self._has_payload_index = True

    def search(
        self,
        *,
        prefix: str | None = None,
        host: str | None = None,
        subdomains: bool = True,
        start: datetime | None = None,
        end: datetime | None = None,
    ) -> Iterator[IndexEntry]:
        """Yield entries ordered by `urlkey` and date. Memory use does not depend on their number.

        `prefix` selects URLs that begin with it, `host` those of a host and, if `subdomains`, of its subdomains,
        `start` and `end` captures from `start` (inclusive) to `end` (exclusive). Without arguments, all entries.
        """
        low, high = time_bounds(start, end)
        for first, last in key_ranges(prefix, host, subdomains=subdomains):
            yield from self._scan(first, last, low, high)

    def _scan(self, first: str, last: str, low: int, high: int) -> Iterator[IndexEntry]:
        query = (
            SELECT + "(urlkey, date, capture.file, offset) > (?, ?, ?, ?) AND urlkey < ? AND date >= ? AND date < ?"
            f" ORDER BY urlkey, date, capture.file, offset LIMIT {_BATCH}"
        )
        after: tuple[str, int, int, int] = (first, -(1 << 62), 0, 0)
        while batch := self._query(query, *after, last, low, high):
            yield from map(entry_of_row, batch)
            key, date, name, offset = batch[-1][:4]
            with self._translate_errors():
                after = (key, date, self._file_id(name), offset)

    def export_cdxj(self, out: TextIO) -> int:
        """Write every entry to `out` as sorted CDXJ lines, but for notes with a URL of ours. Return their number."""
        count = 0
        shown = (entry for entry in self.search() if not entry.urlkey.startswith(INTERNAL_PREFIXES))
        for _, entries in groupby(shown, key=lambda entry: (entry.urlkey, entry.timestamp)):
            lines = sorted(map(cdxj_line, entries))
            out.writelines(lines)
            count += len(lines)
        return count

    def __len__(self) -> int:
        return int(self._query("SELECT count(*) FROM capture")[0][0])

    def _query(self, query: str, *values: object) -> list[Any]:
        self._write_buffer.flush()
        return self._query_database(query, *values)

    def _query_database(self, query: str, *values: object) -> list[Any]:
        """Return the rows of a query over the database only, without flushing the write buffer."""
        with self._translate_errors():
            return self._db.execute(query, values).fetchall()

    def _first_entry(self, where: str, *values: object) -> IndexEntry | None:
        rows = self._query(SELECT + where, *values)
        return entry_of_row(rows[0]) if rows else None

    def close(self) -> None:
        """Write buffered entries and close the database."""
        try:
            self._write_buffer.flush()
        finally:
            with self._translate_errors():
                self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
