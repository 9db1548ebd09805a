"""Removes captures from the files of an archive: plans first, then replaces one file after the other.

Captures that kept revisits refer to are kept. Each file is replaced in one step that a killed process cannot leave half
done: the record of the removal and a line of the manifest come first, and every step after them can be repeated.
"""

import fcntl
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from archive.cdxj import REVISIT_MIME, IndexEntry
from archive.errors import ArchiveError, DamagedError, IndexAccessError, WriteError
from archive.index import Index
from archive.notes import is_note
from archive.repair import find_set_aside, is_locked
from archive.repair_closed import ORIGINAL_SUFFIX
from archive.resolver import Resolver
from archive.retention.policy import RecordPlace, Retention, split_records
from archive.retention.remains import name_of_remains, read_places, write_remains
from archive.retention.removals import Removal, Removals
from archive.retention.unfinished import Reindex, complete_removal, draft_path
from archive.trust.manifest import FileEvent, Manifest, ManifestEntry, ManifestHead, digest_of, last_entries
from archive.warc_file import OPEN_SUFFIX

REPAIR_HINT = "run `broadsheet archive repair` first"
AGAIN_HINT = "nothing of this file was removed; run the command again"


@dataclass(slots=True)
class PrunePlan:
    """The captures that a removal would affect.

    `files` has, per file, the offset of each capture to remove and the reason. `captures` and `bytes` are the totals
    per reason. `needed` is the number of captures that are kept because kept revisits refer to them, `open` that of
    captures in files that are still being written. `head` is the end of the manifest when the plan was made.
    """

    head: ManifestHead

    files: dict[str, dict[int, str]] = field(default_factory=dict)
    captures: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    needed: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True)
class PruneResult:
    """The result for one file: the number of captures removed and the name of what remains (``None`` for nothing).

    `warnings` name files beside it that may hold removed captures. With `error`, nothing of the file was removed.
    """

    file: str
    captures: int = 0
    remains: str | None = None
    freed: int = 0
    warnings: tuple[str, ...] = ()
    error: ArchiveError | None = None


class Pruner:
    """Removes captures from the archive whose parts it is given; `reindex` replaces a file in the index."""

    def __init__(
        self, folder: Path, index: Index, resolver: Resolver, manifest: Manifest, removals: Removals, reindex: Reindex
    ) -> None:
        self._folder = folder
        self._index = index
        self._resolver = resolver
        self._manifest = manifest
        self._removals = removals
        self._reindex = reindex

    def plan(self, retention: Retention) -> PrunePlan:
        """Return what `retention` would remove. Reads the index and every kept revisit, and changes nothing."""
        plan = PrunePlan(head=self._manifest.head())
        names = self._index.files()
        for name in names:
            reasons = {entry.offset: reason for entry in self._pages_in(name) if (reason := retention.reason(entry))}
            if reasons and (self._folder / (name + OPEN_SUFFIX)).exists():
                plan.open += len(reasons)
            elif reasons:
                plan.files[name] = reasons
        if plan.files:
            self._keep_needed(plan, names)
        for name, reasons in plan.files.items():
            for entry in self._pages_in(name):
                if reason := reasons.get(entry.offset):
                    plan.captures[reason] += 1
                    plan.bytes[reason] += entry.length
        return plan

    def _pages_in(self, name: str) -> list[IndexEntry]:
        """Return the captures of pages in a file; the notes about a page go with it."""
        return [entry for entry in self._index.captures_in(name) if not is_note(entry.url)]

    def _keep_needed(self, plan: PrunePlan, names: list[str]) -> None:
        """Take the captures that kept revisits need out of the plan."""
        for name in names:
            for entry in self._pages_in(name):
                if entry.mime != REVISIT_MIME or entry.offset in plan.files.get(name, {}):
                    continue
                try:
                    needed = self._resolver.requirements(entry.location)
                except IndexAccessError:
                    raise
                except ArchiveError:  # it cannot be read, before as after
                    continue
                for file, offset in needed:
                    if plan.files.get(file, {}).pop(offset, None):
                        plan.needed += 1
        plan.files = {name: reasons for name, reasons in plan.files.items() if reasons}

    def apply(self, plan: PrunePlan, retention: Retention) -> Iterator[PruneResult]:
        """Remove what `plan` says, file by file. Raises ArchiveError if a crawl is writing, or the disk refuses."""
        if writing := [path.name for path in sorted(self._folder.glob("*" + OPEN_SUFFIX)) if is_locked(path)]:
            what = "a crawl is writing it, and may refer to captures that would be removed"
            raise ArchiveError(what, file=writing[0], hint="wait until it ends, or stop it")
        entries = self._manifest.entries()
        known = last_entries(entries)
        ends = [one.details[0] + one.details[1] for one in entries if one.details is not None]
        state = _ArchiveState(plan.head, max(ends, default=0))
        for name, reasons in plan.files.items():
            try:
                result = self._prune_file(name, reasons, retention, known.get(name), state)
            except OSError as error:
                raise WriteError(f"cannot write: {error.strerror}", file=self._folder / name) from error
            except (WriteError, IndexAccessError):
                raise
            except ArchiveError as error:
                result = PruneResult(name, error=error)
            yield result

    def _prune_file(
        self,
        name: str,
        reasons: Mapping[int, str],
        retention: Retention,
        known: ManifestEntry | None,
        state: "_ArchiveState",
    ) -> PruneResult:
        path = self._folder / name
        places = _read_intact(path)
        entries = {entry.offset: entry for entry in self._pages_in(name)}
        if not entries.keys() <= {place.offset for place in places}:
            raise ArchiveError("its index is wrong", file=path, hint="run `broadsheet archive index` first")
        kept, _ = split_records(places, entries.keys(), reasons, retention, name)
        new = name_of_remains(name) if any(place.type != "warcinfo" for place in kept) else None
        why = "; ".join(f"{number}, {reason}" for reason, number in Counter(reasons.values()).most_common())
        draft = _Draft(draft_path(self._folder, name, new))
        with path.open("rb") as source, draft as target:
            was = digest_of(name, source)
            if known is not None and known.digest is not None and known.digest.name == name and known.digest != was:
                hint = "run `broadsheet archive verify --trust`; a removal would hide it"
                raise ArchiveError("is not as the manifest states", file=path, hint=hint)
            if new is not None:
                write_remains(source, target, new, was, kept, why)
            target.flush()
            os.fsync(target.fileno())
            digest = digest_of(new, target) if new is not None else None
            now = datetime.now(UTC).replace(microsecond=0)
            removals = [_removal(entries[offset], reason, now) for offset, reason in reasons.items()]
            with self._manifest.lock() as locked:
                if locked.head != state.head:
                    raise ArchiveError("the archive changed meanwhile", file=path, hint=AGAIN_HINT)
                details = self._removals.append(removals, state.committed)
                draft.is_needed = True
                entry = locked.append(ManifestEntry(FileEvent.PRUNED, name, now, digest, was, why, details))
                state.head, state.committed = locked.head, details[0] + details[1]
                complete_removal(self._folder, self._manifest, entry, draft.path, self._reindex)
        freed = was.size - (digest.size if digest else 0)
        return PruneResult(name, len(reasons), new, freed, self._warnings(name))

    def _warnings(self, name: str) -> tuple[str, ...]:
        aside = [*find_set_aside(self._folder, name), self._folder / (name + ORIGINAL_SUFFIX)]
        return tuple(f"{path} may hold captures that were removed; delete it" for path in aside if path.exists())


@dataclass(slots=True)
class _ArchiveState:
    """The end of the manifest, and the length of the log of removals as far as the manifest has it."""

    head: ManifestHead
    committed: int


class _Draft:
    """A new file at `path`, locked so that no recovery takes it for one of a killed process.

    It is deleted on exit unless `is_needed`: once the manifest names it, only `complete_removal` deletes it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_needed = False
        self._file = path.open("wb+")

    def __enter__(self) -> BinaryIO:
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return self._file

    def __exit__(self, *_: object) -> None:
        if not self.is_needed:
            self.path.unlink(missing_ok=True)
        self._file.close()


def _read_intact(path: Path) -> list[RecordPlace]:
    """Return the places of the records of the file. Raises ArchiveError if it is missing or damaged."""
    if not path.exists():
        raise ArchiveError("is not in this folder", file=path, hint="fetch it from the bucket or a copy first")
    try:
        return read_places(path)
    except DamagedError as error:
        raise ArchiveError(error.what, file=path, offset=error.offset, hint=REPAIR_HINT) from error


def _removal(entry: IndexEntry, reason: str, now: datetime) -> Removal:
    return Removal(entry.url, entry.date, entry.file, entry.record_id, entry.digest, now, reason)
