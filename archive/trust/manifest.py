"""The manifest: one line for each change of a closed file, chained by digests (decision 0008).

Each line has the SHA-256 of the line before it. Each WARC file has, in its warcinfo record, the digest of the last line
and the digests of the files closed before it. So no line and no file can be changed, removed or exchanged unless every
later file is changed too.
"""

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from archive.errors import ArchiveError, WriteError
from archive.folders import create_private_folder
from archive.record import format_date

#: Name of the folder of the manifest in the data folder, and of the list of files in it.
FOLDER, FILE = "manifest", "files.jsonl"

#: Added to the name of a WARC file for the name of its timestamp, in the folder of the manifest.
TIMESTAMP_SUFFIX = ".tsr"

#: Names of the fields in a warcinfo record: a file closed before, and the last line of the manifest.
PREVIOUS_FIELD, MANIFEST_FIELD = "previous-file", "manifest"

#: Most files that one warcinfo record names. The digest of the last line covers the others.
MAX_NAMED = 100

_TAIL = 1 << 15
_PREVIOUS = re.compile(r"(\S+) size=(\d+) sha256=([0-9a-f]{64})")
_HEAD = re.compile(r"line=(\d+) sha256=([0-9a-f]{64})")


class FileEvent(StrEnum):
    """The change of a file that a line of the manifest states."""

    OPENED = "opened"
    CLOSED = "closed"
    DISCARDED = "discarded"
    IMPORTED = "imported"
    REPAIRED = "repaired"
    PRUNED = "pruned"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class FileDigest:
    """Size in bytes and SHA-256 (hexadecimal) of a closed file."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """One line of the manifest: what happened to the file `name`, and when.

    `digest` is the file's after the event, ``None`` if it is not closed or no longer exists. A pruned file has `was`,
    its digest before, and its remains are the new file that `digest` names. `note` is the reason; `details` are the
    position and digest of the lines about removed captures.
    """

    event: FileEvent
    name: str
    at: datetime
    digest: FileDigest | None = None
    was: FileDigest | None = None
    note: str = ""
    details: tuple[int, int, str] | None = None
    line: int = 0
    previous: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class ManifestHead:
    """Number and SHA-256 of the last line of a manifest; zero and empty if it has none."""

    line: int = 0
    sha256: str = ""


class Manifest:
    """The manifest in `folder`. Processes and threads share it: each line is appended under a lock of the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self.path = self.folder / FILE

    @contextmanager
    def lock(self) -> Iterator["LockedManifest"]:
        """Lock the manifest for appending, wait for the lock if necessary. No writer can open or close a file then."""
        try:
            create_private_folder(self.folder)
            with self.path.open("ab+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield LockedManifest(file)
        except OSError as error:
            hint = "free space, or let this user write there; without its line, a file is not closed"
            raise WriteError(f"cannot write: {error.strerror}", file=self.path, hint=hint) from error

    def append(self, event: FileEvent, name: str, digest: FileDigest | None = None, *, note: str = "") -> ManifestEntry:
        """Append a line and wait until it is on the disk. Raises WriteError if the disk refuses."""
        with self.lock() as locked:
            return locked.append(ManifestEntry(event, name, datetime.now(UTC), digest, note=note))

    def open_file(self, name: str) -> list[tuple[str, str]]:
        """Record that a writer began the file `name`. Return the fields of its warcinfo record.

        They name the files closed since the last writer began one, and the last line of the manifest.
        """
        with self.lock() as locked:
            fields = _chain_fields(locked.tail())
            locked.append(ManifestEntry(FileEvent.OPENED, name, datetime.now(UTC)))
        return fields

    def head(self) -> ManifestHead:
        """Return number and digest of the last line, without waiting for a lock."""
        return _head_of(self.entries()[-1:])

    def entries(self) -> list[ManifestEntry]:
        """Return every readable line. Raises ArchiveError if the file cannot be read."""
        return [line for line in self.lines() if isinstance(line, ManifestEntry)]

    def lines(self) -> Iterator[ManifestEntry | str]:
        """Yield every line, in order; of a line that is damaged or does not follow the one before, what is wrong."""
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise ArchiveError(f"cannot read: {error.strerror}", file=self.path) from error
        head = ManifestHead()
        for number, raw in enumerate(data.split(b"\n")[:-1], 1):
            entry = _parse(raw)
            if entry is None:
                yield f"line {number} is damaged"
            elif entry.line != number or entry.previous != head.sha256:
                yield f"line {number} does not follow the line before it: a line was changed, removed or added"
            if entry is not None:
                yield entry
            head = ManifestHead(number, hashlib.sha256(raw).hexdigest())


class LockedManifest:
    """The manifest while this process has its lock."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._drop_cut_line()
        last = self._read_tail()[-1:]
        self.head = _head_of([entry for raw in last if (entry := _parse(raw))])

    def _drop_cut_line(self) -> None:
        """Remove the start of a line whose writer was killed; nothing had relied on it yet."""
        size = self._file.seek(0, os.SEEK_END)
        start = max(0, size - _TAIL)
        tail = os.pread(self._file.fileno(), _TAIL, start)
        if tail and not tail.endswith(b"\n"):
            self._file.truncate(start + tail.rfind(b"\n") + 1)

    def tail(self) -> list[ManifestEntry]:
        """Return the last lines of the manifest."""
        return [entry for raw in self._read_tail() if (entry := _parse(raw))]

    def _read_tail(self) -> list[bytes]:
        size = self._file.seek(0, os.SEEK_END)
        start = max(0, size - _TAIL)
        lines = os.pread(self._file.fileno(), size - start, start).split(b"\n")[:-1]
        return lines[1:] if start else lines

    def append(self, entry: ManifestEntry) -> ManifestEntry:
        """Append `entry` with its number and the digest of the line before. Return it as written."""
        entry = replace(entry, line=self.head.line + 1, previous=self.head.sha256)
        raw = _format(entry)
        self._file.write(raw + b"\n")
        self._file.flush()
        os.fdatasync(self._file.fileno())
        entry = replace(entry, sha256=hashlib.sha256(raw).hexdigest())
        self.head = ManifestHead(entry.line, entry.sha256)
        return entry


def digest_of(name: str, file: BinaryIO) -> FileDigest:
    """Return the digest of the whole `file`, from its start."""
    file.seek(0)
    sha256, size = hashlib.sha256(), 0
    while piece := file.read(1 << 20):
        sha256.update(piece)
        size += len(piece)
    return FileDigest(name, size, sha256.hexdigest())


def parse_chain_fields(block: bytes) -> tuple[list[FileDigest], ManifestHead | None]:
    """Return the files and the line of the manifest that a warcinfo record names."""
    files: list[FileDigest] = []
    head = None
    for line in block.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(": ")
        if name == PREVIOUS_FIELD and (match := _PREVIOUS.fullmatch(value)):
            files.append(FileDigest(match[1], int(match[2]), match[3]))
        elif name == MANIFEST_FIELD and (match := _HEAD.fullmatch(value)):
            head = ManifestHead(int(match[1]), match[2])
    return files, head


def _chain_fields(tail: list[ManifestEntry]) -> list[tuple[str, str]]:
    """Return the fields for a file that begins after the lines `tail`."""
    files: list[FileDigest] = []
    for entry in reversed(tail):
        if entry.event is FileEvent.OPENED and files:
            break
        if entry.digest is not None and len(files) < MAX_NAMED:
            files.append(entry.digest)
    fields = [(PREVIOUS_FIELD, f"{one.name} size={one.size} sha256={one.sha256}") for one in reversed(files)]
    if tail:
        fields.append((MANIFEST_FIELD, f"line={tail[-1].line} sha256={tail[-1].sha256}"))
    return fields


def _head_of(tail: list[ManifestEntry]) -> ManifestHead:
    return ManifestHead(tail[-1].line, tail[-1].sha256) if tail else ManifestHead()


def _format(entry: ManifestEntry) -> bytes:
    values: dict[str, Any] = {"line": entry.line, "event": entry.event, "name": entry.name, "at": format_date(entry.at)}
    for key, digest in (("file", entry.digest), ("was", entry.was)):
        if digest is not None:
            values[key] = {"name": digest.name, "size": digest.size, "sha256": digest.sha256}
    if entry.note:
        values["note"] = entry.note
    if entry.details is not None:
        values["details"] = list(entry.details)
    return json.dumps({**values, "previous": entry.previous}, ensure_ascii=True).encode()


def _parse(raw: bytes) -> ManifestEntry | None:
    """Return the entry of a line, or ``None`` if it is damaged."""
    try:
        values = json.loads(raw)
        digest, was = (FileDigest(**values[key]) if key in values else None for key in ("file", "was"))
        details = values.get("details")
        return ManifestEntry(
            FileEvent(values["event"]),
            str(values["name"]),
            datetime.fromisoformat(values["at"]),
            digest,
            was,
            note=str(values.get("note", "")),
            details=(int(details[0]), int(details[1]), str(details[2])) if details else None,
            line=int(values["line"]),
            previous=str(values["previous"]),
            sha256=hashlib.sha256(raw).hexdigest(),
        )
    except (ValueError, KeyError, TypeError, IndexError):
        return None


def last_entries(entries: Iterable[ManifestEntry]) -> dict[str, ManifestEntry]:
    """Return the last entry about each file. What remains of a pruned file is a file of its own."""
    last: dict[str, ManifestEntry] = {}
    for entry in entries:
        last[entry.name] = entry
        if entry.event is FileEvent.PRUNED and entry.digest is not None:
            last[entry.digest.name] = entry
    return last


def remains_of_pruned(entries: Iterable[ManifestEntry]) -> dict[str, str | None]:
    """Return the pruned files, each with the name of what remains of it now; ``None`` if nothing does."""
    remains: dict[str, str | None] = {}
    for entry in entries:
        if entry.event is FileEvent.PRUNED:
            new = entry.digest.name if entry.digest is not None else None
            remains = {name: new if left == entry.name else left for name, left in remains.items()}
            remains[entry.name] = new
    return remains
