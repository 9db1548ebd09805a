"""The check of what lies in the archive: records, digests, pairs, and the index against the files."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from archive.cdxj import IndexEntry
from archive.digest import matches
from archive.errors import DamagedError
from archive.http import entity, head_of
from archive.record import Record, bare_uri
from archive.record_reader import read_records
from archive.warc_reader import holds_capture

REPAIR = "`broadsheet archive repair` cuts a file left open after its last whole record; else restore it from a copy"
REINDEX = "`broadsheet archive index` reads the files again"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: what, where (`offset` and `record_id` where they are known), and the mend."""

    file: str
    offset: int | None
    record_id: str
    what: str
    mend: str


def verify_file(path: Path, entries: Iterable[IndexEntry] | None = None) -> Iterator[Finding]:
    """What is wrong with the records of one file: members and lengths, digests, requests without their response.

    With `entries`, all that the index has of the file, also where the two disagree.
    """
    ids: set[str] = set()
    responses: dict[int, str] = {}
    requests: list[tuple[str, Finding]] = []
    damage: list[DamagedError] = []
    for record in read_records(path, on_damage=damage.append):
        yield from verify_record(record)
        ids.add(record.id)
        if holds_capture(record):
            responses[record.offset] = record.id
        elif record.type == "request" and (response := bare_uri(record.get("WARC-Concurrent-To") or "")):
            requests.append((response, _finding(record, f"its response {response} is not in the file", REPAIR)))
        record.block.close()
    for error in damage:
        yield Finding(path.name, error.offset, "", error.what, error.mend or REPAIR)
    yield from (finding for response, finding in requests if response not in ids)
    if entries is not None:
        yield from verify_entries(path.name, entries, responses)


def verify_record(record: Record) -> Iterator[Finding]:
    """What is wrong with one record by itself."""
    if not record.id and record.version.startswith("WARC"):
        yield _finding(record, "no WARC-Record-ID", "")
    if record.date is None:
        yield _finding(record, f"unreadable WARC-Date {record.get('WARC-Date')!r}", "")
    block_digest = record.get("WARC-Block-Digest")
    if block_digest and matches(block_digest, record.block.chunks()) is False:
        yield _finding(record, f"block digest does not match: {block_digest}", REPAIR)
    payload_digest = record.get("WARC-Payload-Digest")
    if payload_digest and record.type in ("response", "request") and not _payload_matches(record, payload_digest):
        yield _finding(record, f"payload digest does not match: {payload_digest}", REPAIR)


def _payload_matches(record: Record, digest: str) -> bool:
    """Writers differ in whether the payload is the entity or what follows the head, framing and all."""
    head = head_of(record.block)
    if matches(digest, entity(record.block, head)) is not False:
        return True
    return head.chunked and matches(digest, record.block.chunks(head.length)) is not False


def verify_entries(file: str, entries: Iterable[IndexEntry], responses: Mapping[int, str]) -> Iterator[Finding]:
    """Where the index and a file disagree. `responses` are the record ids of the file's HTTP responses by offset."""
    named: set[int] = set()
    for entry in entries:
        named.add(entry.offset)
        found = responses.get(entry.offset)
        if found is None:
            yield Finding(file, entry.offset, entry.record_id, f"the index names no record: {entry.url}", REINDEX)
        elif entry.record_id and found != entry.record_id:
            yield Finding(file, entry.offset, entry.record_id, f"the index names another record: {found}", REINDEX)
    for offset, record_id in responses.items():
        if offset not in named:
            yield Finding(file, offset, record_id, "the index does not have the record", REINDEX)


def _finding(record: Record, what: str, mend: str) -> Finding:
    return Finding(Path(record.file).name, record.offset, record.id, what, mend)
