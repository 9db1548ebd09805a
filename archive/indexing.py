"""Index entries of a file's records, identical to those of cdxj-indexer and read at the least cost."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import PurePath
from typing import BinaryIO

from archive.block import Block
from archive.cdxj import REVISIT_MIME, IndexEntry, media_type
from archive.dates import parse_date
from archive.digest import sha1_label
from archive.errors import DamagedError, UnreachableError
from archive.http import NO_HEAD, Head, entity, head_of
from archive.notes import note_url
from archive.reading import (
    CAPTURE_TYPES,
    INDEXED_TYPES,
    OnDamage,
    Source,
    is_indexed,
    is_page,
    open_source,
    read_records,
)
from archive.reading.fast_path import HTTP_TYPES, ScannedRecord, scan_records
from archive.record import Record
from archive.request_pairing import RequestPairing
from archive.surt import surt

#: The types of record that have lines in CDXJ files. Those that are lists of fields are left out.
CDXJ_TYPES = frozenset(("response", "revisit", "resource", "metadata"))

#: The type of a record, and its entry.
TypedEntry = tuple[str, IndexEntry]

_FIELDS_TYPE = "application/warc-fields"

#: The damage of a capture that cannot be found, because nobody knows its URL.
NO_URL = "no WARC-Target-URI"


def read_entries(
    source: Source, *, kinds: Collection[str] = CDXJ_TYPES, on_damage: OnDamage | None = None, name: str = ""
) -> Iterator[IndexEntry]:
    """Yield the entries of the records of type `kinds` in a file, in the file's order, without lists of fields.

    `name` is the file's name, if `source` does not provide it. Raises ArchiveError if the file cannot be opened,
    DamagedError where it cannot be parsed, UnreachableError for a record that follows another in its gzip member. With
    `on_damage`, that callback gets a DamagedError instead, and reading continues after the damage.
    """
    for kind, entry in read_typed_entries(source, kinds=kinds, on_damage=on_damage, name=name):
        if entry.mime != _FIELDS_TYPE or kind in HTTP_TYPES:
            yield entry


def read_typed_entries(
    source: Source,
    *,
    kinds: Collection[str] = INDEXED_TYPES,
    on_damage: OnDamage | None = None,
    name: str = "",
    pairing: RequestPairing | None = None,
) -> Iterator[TypedEntry]:
    """Yield what `read_entries` yields and the entries of lists of fields, each entry with the type of its record.

    `pairing` gets the captures and their requests; after the last entry, it has the keys of those that are not GET.
    """
    with open_source(source, name) as (file, file_name):
        end = 0
        try:
            for kind, entry in _scan_entries(file, file_name, kinds, pairing):
                end = entry.offset + entry.length
                yield kind, entry
        except DamagedError:
            if on_damage is None:
                raise
            yield from _entries_after(end, file, file_name, kinds, on_damage, pairing)


def _scan_entries(
    file: BinaryIO, name: str, kinds: Collection[str], pairing: RequestPairing | None
) -> Iterator[TypedEntry]:
    file_name = PurePath(name).name
    for record in scan_records(file, name, kinds if pairing is None else {*kinds, "request"}):
        if pairing is not None and record.type == "request":
            pairing.add_request(record)
        elif isinstance(record, Record):
            entry = entry_of_record(record)
            if pairing is not None and record.type in CAPTURE_TYPES:
                pairing.add_capture(entry, record)
            yield record.type, entry
        else:
            date = parse_date(record.date)
            if date is None:
                raise DamagedError(f"invalid WARC-Date {record.date!r}", file=name, offset=record.offset)
            if not record.url and record.type in CAPTURE_TYPES:
                raise DamagedError(NO_URL, file=name, offset=record.offset)
            entry = _entry_of_scanned(record, date, file_name)
            if pairing is not None and record.type in CAPTURE_TYPES:
                pairing.add_capture(entry, record)
            yield record.type, entry


def _entries_after(
    end: int, file: BinaryIO, name: str, kinds: Collection[str], on_damage: OnDamage, pairing: RequestPairing | None
) -> Iterator[TypedEntry]:
    """Read the damaged `file` again with the full parser. Yield the entries from offset `end` on."""
    file.seek(0)
    for record in read_records(file, on_damage=on_damage, name=name):
        is_new = record.offset >= end or not record.at_member_start
        if pairing is not None and is_new and record.type == "request":
            pairing.add_request(record)
        if is_new and record.type in kinds:
            try:
                entry = entry_of_record(record)
            except DamagedError as error:
                on_damage(error)
            else:
                if pairing is not None and record.type in CAPTURE_TYPES:
                    pairing.add_capture(entry, record)
                yield record.type, entry
        record.block.close()


def _entry_of_scanned(record: ScannedRecord, date: datetime, file: str) -> IndexEntry:
    digest, framed = record.digest, None
    if digest is None and record.type != "revisit":
        block = Block(record.block)
        digest, framed = _payload_digests(block, NO_HEAD if record.status is None else head_of(block))
    url = record.url.replace(" ", "%20")
    return IndexEntry(
        urlkey=surt(url),
        date=date,
        url=url,
        mime=_mime(record.type, record.mime, record.content_type),
        status=record.status,
        digest=digest or "",
        length=record.length,
        offset=record.offset,
        file=file,
        record_id=record.id,
        framed_digest=framed,
    )


def entry_of_record(record: Record) -> IndexEntry:
    """Return the entry of a response, revisit, resource, metadata or conversion record.

    Raises DamagedError for a malformed date or a capture without URL, UnreachableError for a record that cannot be
    read by its offset.
    """
    date = record.date
    if date is None:
        raise DamagedError(f"invalid WARC-Date {record.get('WARC-Date')!r}", file=record.file, offset=record.offset)
    if not record.at_member_start:
        hint = "`broadsheet archive import` and `archive repair` give each record its own member"
        raise UnreachableError(
            "follows another record in its gzip member", file=record.file, offset=record.offset, hint=hint
        )
    if not record.url and record.type in CAPTURE_TYPES:
        raise DamagedError(NO_URL, file=record.file, offset=record.offset)
    url = record.url.replace(" ", "%20")
    has_head = record.type in ("response", "revisit") and url[:4].lower() == "http"
    head = record.http_head if has_head else NO_HEAD
    digest, framed = record.get("WARC-Payload-Digest"), None
    if digest is None and record.type != "revisit":
        digest, framed = _payload_digests(record.block, head)
    return IndexEntry(
        urlkey=surt(url),
        date=date,
        url=url,
        mime=_mime(record.type, media_type(head), record.get("Content-Type")),
        status=head.status,
        digest=digest or "",
        length=record.length,
        offset=record.offset,
        file=PurePath(record.file).name,
        record_id=record.id,
        framed_digest=framed,
    )


def _payload_digests(block: Block, head: Head) -> tuple[str, str | None]:
    """Return the digest of the payload and, if it is chunked, the digest including the chunk framing."""
    framed = sha1_label(block.pieces(head.length)) if head.is_chunked else None
    return sha1_label(entity(block, head)), framed


def _mime(kind: str, of_head: str | None, of_record: str | None) -> str | None:
    if kind == "revisit":
        return REVISIT_MIME
    return of_head if kind == "response" else (of_record or "").partition(";")[0].strip() or None


def read_page_entries(stream: BinaryIO, file: str, on_damage: OnDamage | None = None) -> list[IndexEntry]:
    """Return the entries of all captures and notes in the file named `file`, with the keys of their requests' methods.

    Errors are those of `read_entries`.
    """
    pairing = RequestPairing()
    typed = read_typed_entries(stream, on_damage=on_damage, name=file, pairing=pairing)
    entries = list(_select_entries(typed))
    return entries if pairing.is_empty else [replace(entry, urlkey=pairing.key_of(entry)) for entry in entries]


def _select_entries(typed: Iterable[TypedEntry]) -> Iterator[IndexEntry]:
    """Yield the entries of captures and notes from pairs of record type and entry, see `archive.notes`.

    A conversion is a capture if the page that it was made from is not there, else a note.
    """
    originals: set[str] = set()
    conversions: list[IndexEntry] = []
    for record_type, entry in typed:
        if record_type in HTTP_TYPES and entry.url.startswith("http"):  # nearly all of them
            originals.add(entry.urlkey)
            yield entry
            continue
        if not is_indexed(record_type, entry.url):
            continue
        # Records without an HTTP head are read, and so indexed, as responses with status 200.
        indexed = entry if record_type in HTTP_TYPES else replace(entry, status=200)
        if record_type == "conversion" and is_page(entry.url):
            conversions.append(indexed)
        elif record_type == "metadata" or not is_page(entry.url):
            yield _as_note(record_type, indexed)
        else:
            originals.add(indexed.urlkey)
            yield indexed
    for entry in conversions:
        yield _as_note("conversion", entry) if entry.urlkey in originals else entry


def _as_note(record_type: str, entry: IndexEntry) -> IndexEntry:
    url = note_url(record_type, entry.url)
    return replace(entry, url=url, urlkey=surt(url))
