"""Counts of the captures in an index. Each closed file is counted once; its counts are stored beside the index."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from archive.cdxj import IndexEntry
from archive.errors import WriteError
from archive.index import Index
from archive.notes import described_url

#: Name of the file of counts in the folder of the index.
COUNTS_FILE = "summary.json"


@dataclass(slots=True)
class Summary:
    """Numbers of captures: in all, by HTTP status (``none`` without one) and by host; times of the first and last."""

    captures: int = 0
    first: datetime | None = None
    last: datetime | None = None
    statuses: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, entries: Iterable[IndexEntry]) -> Self:
        """Count `entries`."""
        summary = cls()
        for entry in entries:
            summary.captures += 1
            summary.first = min(summary.first or entry.date, entry.date)
            summary.last = max(summary.last or entry.date, entry.date)
            summary.statuses[str(entry.status or "none")] += 1
            summary.hosts[_host(described_url(entry.url))] += 1
        return summary

    def add(self, other: "Summary") -> None:
        """Add the counts of `other`."""
        self.captures += other.captures
        self.first = min((date for date in (self.first, other.first) if date), default=None)
        self.last = max((date for date in (self.last, other.last) if date), default=None)
        self.statuses.update(other.statuses)
        self.hosts.update(other.hosts)


def summarize(index: Index, *, progress: Callable[[list[str]], Iterable[str]] = lambda files: files) -> Summary:
    """Count all captures in `index`.

    The counts of each file that is closed and completely indexed are stored, so that the next call only reads files
    still being written. `progress` gets the names of the files to count and must yield them one by one. Call
    `discard_counts` after reindexing a file. Raises IndexAccessError, WriteError.
    """
    path = _path(index)
    stored = _read_counts(path)
    complete = index.complete_files()
    files = index.files()
    counted = {name: stored[name] for name in files if name in stored and name in complete}
    total = Summary()
    for summary in counted.values():
        total.add(summary)
    for name in progress([name for name in files if name not in counted]):
        summary = Summary.of(index.captures_in(name))
        total.add(summary)
        if name in complete:
            counted[name] = summary
    if counted.keys() != stored.keys():
        _write_counts(path, counted)
    return total


def discard_counts(index: Index) -> None:
    """Delete the stored counts, so that every file is counted again."""
    _path(index).unlink(missing_ok=True)


def _path(index: Index) -> Path:
    return index.path.with_name(COUNTS_FILE)


def _read_counts(path: Path) -> dict[str, Summary]:
    """Return the stored counts by file. Empty if they cannot be read, since they can be counted again."""
    try:
        rows = json.loads(path.read_bytes())
        return {name: _from_json(row) for name, row in rows.items()}
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return {}


def _to_json(summary: Summary) -> dict[str, Any]:
    return {
        "captures": summary.captures,
        "first": summary.first.isoformat() if summary.first else None,
        "last": summary.last.isoformat() if summary.last else None,
        "statuses": summary.statuses,
        "hosts": summary.hosts,
    }


def _from_json(row: dict[str, Any]) -> Summary:
    first, last = (datetime.fromisoformat(row[name]) if row[name] else None for name in ("first", "last"))
    return Summary(int(row["captures"]), first, last, Counter(row["statuses"]), Counter(row["hosts"]))


def _write_counts(path: Path, counted: dict[str, Summary]) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        draft.write_text(json.dumps({name: _to_json(summary) for name, summary in counted.items()}))
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise WriteError(f"cannot write: {error.strerror}", file=path) from error


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
