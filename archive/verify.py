"""The check of what lies in the archive: records, digests, pairs, and the index against the files."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from archive.cdxj import IndexEntry
from archive.digest import matches, payload_matches
from archive.errors import ArchiveError, DamagedError
from archive.importing import IMPORTING_SUFFIX
from archive.index import Index
from archive.reading import holds_capture, read_records
from archive.record import Record, bare_uri
from archive.repair import is_held, left_open
from archive.resolver import Resolver
from archive.storage import Storage
from archive.warc_file import OPEN_SUFFIX
from archive.warc_reader import location_of

REPAIR = "`broadsheet archive repair` cuts a file left open after its last whole record; else restore it from a copy"
IMPORT = "take the file in with `broadsheet archive import`: each record gets a member of its own"
REINDEX = "`broadsheet archive index` reads the files again"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what, where (`offset` and `record_id` where they are known), and the mend."""

    file: str
    offset: int | None
    record_id: str
    what: str
    mend: str


def verify_collection(storage: Storage, index: Index, folder: Path) -> Iterator[Finding]:
    """What is wrong with the closed files of `storage`, with `index` against them, and with what dead writers and
    imports left in the local `folder`.
    """
    resolver = Resolver(index, storage.open)
    here: set[str] = set()
    for stored in storage.files():
        here.add(stored.name)
        try:
            with storage.open(stored.name) as file:
                yield from verify_file(file, index.captures_in(stored.name), name=stored.name, resolver=resolver)
        except ArchiveError as error:
            yield Finding(stored.name, error.offset, "", error.what, error.hint)
    dead = {path.name for path in left_open(folder)}
    for name in sorted(dead):
        yield Finding(name, None, "", "left open by a writer that died", REPAIR)
    for path in sorted(folder.glob("*" + IMPORTING_SUFFIX)):
        if not is_held(path):
            yield Finding(path.name, None, "", "left by an import that died", "remove it and import again")
    for name in index.files():
        if name not in here and not (folder / (name + OPEN_SUFFIX)).exists() and index.captures_in(name):
            yield Finding(name, None, "", "the index names a file that is not here", "put the file back")


def verify_file(
    source: Path | BinaryIO,
    entries: Iterable[IndexEntry] | None = None,
    *,
    name: str = "",
    resolver: Resolver | None = None,
) -> Iterator[Finding]:
    """What is wrong with the records of one file: members and lengths, digests, requests without their response.

    With `entries`, all that the index has of the file, also where the two disagree; with `resolver` also revisits of
    what is not there.
    """
    ids: set[str] = set()
    held: dict[int, str] = {}
    made: set[int] = set()
    requests: list[tuple[str, Finding]] = []
    damage: list[DamagedError] = []
    for record in read_records(source, on_damage=damage.append, name=name):
        yield from verify_record(record)
        ids.add(record.id)
        if not record.at_member_start:
            yield _finding(record, "shares a gzip member with the record before it", IMPORT)
        elif holds_capture(record):
            held[record.offset] = record.id
            if record.type == "conversion":
                made.add(record.offset)
        if record.type == "revisit" and resolver is not None:
            yield from verify_reference(record, resolver)
        if record.type == "request" and (response := bare_uri(record.get("WARC-Concurrent-To") or "")):
            requests.append((response, _finding(record, f"its response {response} is not in the file", REPAIR)))
        record.block.close()
    file = Path(name or str(source)).name
    for error in damage:
        yield Finding(file, error.offset, "", error.what, error.hint or REPAIR)
    yield from (finding for response, finding in requests if response not in ids)
    if entries is not None:
        yield from verify_entries(file, entries, held, made)


def verify_reference(revisit: Record, resolver: Resolver) -> Iterator[Finding]:
    """That what a revisit refers to cannot be found, when it cannot."""
    try:
        resolver.original(location_of(revisit))
    except ArchiveError as error:
        yield _finding(revisit, error.what, error.hint)


def verify_record(record: Record) -> Iterator[Finding]:
    """What is wrong with one record by itself."""
    if not record.id and record.version.startswith("WARC"):
        yield _finding(record, "no WARC-Record-ID", "")
    if record.date is None:
        yield _finding(record, f"invalid WARC-Date {record.get('WARC-Date')!r}", "")
    block_digest = record.get("WARC-Block-Digest")
    if block_digest and matches(block_digest, record.block.chunks()) is False:
        yield _finding(record, f"block digest does not match: {block_digest}", REPAIR)
    payload_digest = record.get("WARC-Payload-Digest")
    if (
        payload_digest
        and record.type in ("response", "request")
        and payload_matches(payload_digest, record.block, record.http_head) is False
    ):
        yield _finding(record, f"payload digest does not match: {payload_digest}", REPAIR)


def verify_entries(
    file: str, entries: Iterable[IndexEntry], held: Mapping[int, str], made: Container[int] = ()
) -> Iterator[Finding]:
    """Where the index and a file disagree. `held` are the ids of the records that hold captures by offset; those
    `made` of others need not be in the index.
    """
    named: set[int] = set()
    for entry in entries:
        named.add(entry.offset)
        found = held.get(entry.offset)
        if found is None:
            yield Finding(file, entry.offset, entry.record_id, f"the index names no record: {entry.url}", REINDEX)
        elif entry.record_id and found != entry.record_id:
            yield Finding(file, entry.offset, entry.record_id, f"the index names another record: {found}", REINDEX)
    for offset, record_id in held.items():
        if offset not in named and offset not in made:
            yield Finding(file, offset, record_id, "the index does not have the record", REINDEX)


def _finding(record: Record, what: str, mend: str) -> Finding:
    return Finding(Path(record.file).name, record.offset, record.id, what, mend)
