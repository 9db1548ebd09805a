"""What an index holds, counted: each closed file once in its life."""

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

#: The counts' file within the folder of the index.
FILE_NAME = "summary.json"


@dataclass(slots=True)
class Summary:
    """Captures by HTTP status (``none`` where there is none) and by host, and the first and last capture's time."""

    captures: int = 0
    first: datetime | None = None
    last: datetime | None = None
    statuses: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, entries: Iterable[IndexEntry]) -> Self:
        """The summary of `entries`."""
        made = cls()
        for entry in entries:
            made.captures += 1
            made.first = min(made.first or entry.date, entry.date)
            made.last = max(made.last or entry.date, entry.date)
            made.statuses[str(entry.status or "none")] += 1
            made.hosts[_host(entry.url)] += 1
        return made

    def add(self, other: "Summary") -> None:
        """Count what `other` counts too."""
        self.captures += other.captures
        self.first = min((one for one in (self.first, other.first) if one), default=None)
        self.last = max((one for one in (self.last, other.last) if one), default=None)
        self.statuses.update(other.statuses)
        self.hosts.update(other.hosts)


def summarize(index: Index, *, progress: Callable[[list[str]], Iterable[str]] = lambda files: files) -> Summary:
    """The summary of all that `index` holds.

    The counts of each file the index holds whole are kept beside it: ever after only files still being written are
    walked. `progress` is given the names of the files and gives them back one by one. `forget` the counts when a file
    is indexed anew. Raises IndexAccessError, WriteError.
    """
    path = _path(index)
    kept = _kept(path)
    complete = index.complete_files()
    files = index.files()
    counted = {name: kept[name] for name in files if name in kept and name in complete}
    whole = Summary()
    for summary in counted.values():
        whole.add(summary)
    for name in progress([name for name in files if name not in counted]):
        summary = Summary.of(index.captures_in(name))
        whole.add(summary)
        if name in complete:
            counted[name] = summary
    if counted.keys() != kept.keys():
        _keep(path, counted)
    return whole


def forget(index: Index) -> None:
    """Throw the kept counts away, so that every file is walked again."""
    _path(index).unlink(missing_ok=True)


def _path(index: Index) -> Path:
    return index.path.with_name(FILE_NAME)


def _kept(path: Path) -> dict[str, Summary]:
    """What was kept; nothing where it cannot be read, for it can be counted again."""
    try:
        rows = json.loads(path.read_bytes())
        return {name: _from_json(row) for name, row in rows.items()}
    except (OSError, ValueError, TypeError, AttributeError, KeyError):
        return {}


def _as_json(one: Summary) -> dict[str, Any]:
    first, last = (when.isoformat() if when else None for when in (one.first, one.last))
    return {"captures": one.captures, "first": first, "last": last, "statuses": one.statuses, "hosts": one.hosts}


def _from_json(row: dict[str, Any]) -> Summary:
    first, last = (datetime.fromisoformat(row[name]) if row[name] else None for name in ("first", "last"))
    return Summary(int(row["captures"]), first, last, Counter(row["statuses"]), Counter(row["hosts"]))


def _keep(path: Path, counted: dict[str, Summary]) -> None:
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        part.write_text(json.dumps({name: _as_json(one) for name, one in counted.items()}))
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise WriteError(f"cannot write: {error.strerror}", file=path) from error


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
