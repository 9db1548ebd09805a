"""Verification of an archive: records, digests, pairs, and whether the index agrees with the files."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from archive.cdxj import IndexEntry
from archive.digest import matches, payload_matches
from archive.errors import ArchiveError, DamagedError
from archive.importing import IMPORTING_SUFFIX
from archive.index import Index
from archive.indexing import NO_URL
from archive.offload import RECEIPTS_FILE, Receipt, Receipts
from archive.reading import CAPTURE_TYPES, is_indexed, read_records
from archive.record import Record, bare_uri
from archive.repair import find_left_open, find_set_aside, is_locked
from archive.resolver import Resolver
from archive.storage import Storage, missing_file
from archive.warc_file import OPEN_SUFFIX, PRUNING_SUFFIX
from archive.warc_reader import location_of

REPAIR_HINT = "restore it from a copy, or `broadsheet archive repair` moves the damaged part to a file beside it"
REMOTE_HINT = "restore it in the bucket from a copy, or fetch it into warc/ and run `broadsheet archive repair`"
CLOSE_HINT = "the next crawl or `broadsheet archive repair` closes it after its last complete record"
FINISH_HINT = "the next crawl or `broadsheet archive repair` finishes it"
MEMBER_HINT = "`broadsheet archive repair` gives each record its own gzip member"
DIGEST_HINT = "the record is readable, but not as it was written: restore the file from a copy"
ORPHAN_HINT = "the request is kept; import the file that has its response, if there is one"
UNDATED_HINT = "the record is kept, but cannot be found and gives no item"
REINDEX_HINT = "`broadsheet archive index` reads the files again"


@dataclass(frozen=True, slots=True)
class VerifyFinding:
    """One thing that is wrong in a file. `offset` is ``None`` and `record_id` empty if unknown; `hint` is the fix."""

    file: str
    offset: int | None
    record_id: str
    what: str
    hint: str


def verify_collection(storage: Storage, index: Index, folder: Path) -> Iterator[VerifyFinding]:
    """Verify the closed files of `storage` and compare `index` with them.

    Also finds the files that dead writers and imports left in the local `folder`.
    """
    resolver = Resolver(index, storage.open)
    present: set[str] = set()
    for stored in storage.files():
        present.add(stored.name)
        try:
            with storage.open(stored.name) as file:
                yield from verify_file(
                    file,
                    index.captures_in(stored.name),
                    name=stored.name,
                    resolver=resolver,
                    was_repaired=bool(find_set_aside(folder, stored.name)),
                    damage_hint=REPAIR_HINT if (folder / stored.name).exists() else REMOTE_HINT,
                )
        except ArchiveError as error:
            yield VerifyFinding(stored.name, error.offset, "", error.what, error.hint)
    for name in sorted({path.name for path in find_left_open(folder)}):
        yield VerifyFinding(name, None, "", "left open by a writer that died", CLOSE_HINT)
    for path in sorted(folder.glob("*" + IMPORTING_SUFFIX)):
        if not is_locked(path):
            yield VerifyFinding(path.name, None, "", "left by an import that died", "delete it and import again")
    for path in sorted(folder.glob("*" + PRUNING_SUFFIX)):
        if not is_locked(path):
            yield VerifyFinding(path.name, None, "", "left by a removal that died", FINISH_HINT)
    moved = Receipts(index.path.with_name(RECEIPTS_FILE)).read()
    for name in index.files():
        if name not in present and not (folder / (name + OPEN_SUFFIX)).exists() and index.captures_in(name):
            yield VerifyFinding(name, None, "", "the index names a file that is missing", _missing_hint(name, moved))


def verify_file(
    source: Path | BinaryIO,
    entries: Iterable[IndexEntry] | None = None,
    *,
    name: str = "",
    resolver: Resolver | None = None,
    was_repaired: bool = False,
    damage_hint: str = REPAIR_HINT,
) -> Iterator[VerifyFinding]:
    """Verify the records of one file: gzip members, lengths, digests, and that each request has its response.

    `entries` are all index entries of the file: if given, they are compared with the records. With `resolver`, the
    originals of revisits are looked up too. `was_repaired` is true if responses may be among what a repair set aside.
    `damage_hint` is the fix of damaged bytes.
    """
    ids: set[str] = set()
    captures: dict[int, str] = {}
    requests: list[tuple[str, VerifyFinding]] = []
    damage: list[DamagedError] = []
    for record in read_records(source, on_damage=damage.append, name=name):
        yield from verify_record(record)
        ids.add(record.id)
        if not record.at_member_start:
            yield _finding(record, "shares a gzip member with the record before it", MEMBER_HINT)
        elif is_indexed(record.type, record.url) and record.date is not None:
            captures[record.offset] = record.id
        if record.type == "revisit" and resolver is not None:
            yield from verify_revisit(record, resolver)
        if record.type == "request" and (response := bare_uri(record.get("WARC-Concurrent-To") or "")):
            requests.append((response, _finding(record, f"its response {response} is not in the file", ORPHAN_HINT)))
        record.block.close()
    file = Path(name or str(source)).name
    for error in damage:
        yield VerifyFinding(file, error.offset, "", error.what, error.hint or damage_hint)
    yield from (finding for response, finding in requests if response not in ids and not was_repaired)
    if entries is not None:
        yield from verify_entries(file, entries, captures)


def _missing_hint(name: str, moved: Mapping[str, Receipt]) -> str:
    if name in moved:
        return f"it was moved to {moved[name].url}: use --storage {moved[name].url}"
    return missing_file(Path(name)).hint


def verify_revisit(revisit: Record, resolver: Resolver) -> Iterator[VerifyFinding]:
    """Yield a finding if no original of the revisit has the payload that it states."""
    try:
        resolver.original_of(revisit, None)
    except ArchiveError as of_get:
        try:
            # The request may not be GET. It is read only now, since that takes longer than all the rest.
            resolver.original(location_of(revisit))
        except ArchiveError:
            yield _finding(revisit, of_get.what, of_get.hint)


def verify_record(record: Record) -> Iterator[VerifyFinding]:
    """Verify one record on its own: id, date, digests."""
    if not record.id and record.version.startswith("WARC"):
        yield _finding(record, "no WARC-Record-ID", "")
    if record.date is None:
        yield _finding(record, f"invalid WARC-Date {record.get('WARC-Date')!r}", UNDATED_HINT)
    if not record.url and record.type in CAPTURE_TYPES:
        yield _finding(record, NO_URL, UNDATED_HINT)
    block_digest = record.get("WARC-Block-Digest")
    if block_digest and matches(block_digest, record.block.chunks()) is False:
        yield _finding(record, f"block digest does not match: {block_digest}", DIGEST_HINT)
    payload_digest = record.get("WARC-Payload-Digest")
    if (
        payload_digest
        and record.type in ("response", "request")
        and payload_matches(payload_digest, record.block, record.http_head) is False
    ):
        yield _finding(record, f"payload digest does not match: {payload_digest}", DIGEST_HINT)


def verify_entries(file: str, entries: Iterable[IndexEntry], captures: Mapping[int, str]) -> Iterator[VerifyFinding]:
    """Compare the index entries of a file with the ids of its `captures` (and notes) by offset."""
    indexed: set[int] = set()
    for entry in entries:
        indexed.add(entry.offset)
        found = captures.get(entry.offset)
        if found is None:
            what = f"the index has an entry without a record: {entry.url}"
            yield VerifyFinding(file, entry.offset, entry.record_id, what, REINDEX_HINT)
        elif entry.record_id and found != entry.record_id:
            what = f"the index names another record: {found}"
            yield VerifyFinding(file, entry.offset, entry.record_id, what, REINDEX_HINT)
    for offset, record_id in captures.items():
        if offset not in indexed:
            yield VerifyFinding(file, offset, record_id, "the record is not in the index", REINDEX_HINT)


def _finding(record: Record, what: str, hint: str) -> VerifyFinding:
    return VerifyFinding(Path(record.file).name, record.offset, record.id, what, hint)
