"""The index entries of a file's records, read at the least cost and as cdxj-indexer makes them."""

from collections.abc import Collection, Generator, Iterator
from datetime import datetime
from os import PathLike
from pathlib import Path, PurePath
from typing import BinaryIO

from archive.block import Block
from archive.cdxj import REVISIT_MIME, IndexEntry, media_type
from archive.digest import sha1_label
from archive.errors import ArchiveError, DamagedError, UnreachableError
from archive.http import Head, entity, head_of
from archive.reading.fast_path import FastRecord, plain_record
from archive.reading.gzip_members import GzipStream, open_stream
from archive.reading.record_parser import OnDamage, Source, read_records, records_from
from archive.record import Record, parse_date
from archive.surt import surt

#: The types of record an index has. Of metadata only that which is no list of fields.
INDEXED = frozenset(("response", "revisit", "resource", "metadata"))

#: The type of a record, and its entry.
Typed = tuple[str, IndexEntry]

_FIELDS_TYPE = "application/warc-fields"
_NO_HEAD = Head(b"", (), (), 0, True)


def read_entries(
    source: Source, *, kinds: Collection[str] = INDEXED, on_damage: OnDamage | None = None, name: str = ""
) -> Iterator[IndexEntry]:
    """The entries of the records of `kinds` in a file, in the file's order.

    `name` is what the file is called where `source` does not say it. Raises DamagedError where the file cannot be read
    on, UnreachableError for a record that shares its gzip member with one before it; with `on_damage` that error is
    told instead, and reading goes on behind.
    """
    for _, entry in read_typed_entries(source, kinds=kinds, on_damage=on_damage, name=name):
        yield entry


def read_typed_entries(
    source: Source, *, kinds: Collection[str] = INDEXED, on_damage: OnDamage | None = None, name: str = ""
) -> Iterator[Typed]:
    """What `read_entries` gives, each with the type of its record."""
    if not isinstance(source, str | PathLike):
        yield from _readable(source, kinds, on_damage, name or str(getattr(source, "name", "<stream>")))
        return
    try:
        file = Path(source).open("rb")  # noqa: SIM115
    except OSError as error:
        raise ArchiveError(f"cannot open: {error.strerror}", file=source) from error
    with file:
        yield from _readable(file, kinds, on_damage, name or str(source))


def _readable(file: BinaryIO, kinds: Collection[str], on_damage: OnDamage | None, name: str) -> Iterator[Typed]:
    end = 0
    try:
        for kind, entry in _entries(file, name, kinds):
            end = entry.offset + entry.length
            yield kind, entry
    except DamagedError:
        if on_damage is None:
            raise
        file.seek(0)
        for record in read_records(file, on_damage=on_damage, name=name):
            if (record.offset >= end or not record.at_member_start) and _is_listed(record, kinds):
                try:
                    yield record.type, entry_of_record(record)
                except DamagedError as error:
                    on_damage(error)
            record.block.close()


def _entries(file: BinaryIO, name: str, kinds: Collection[str]) -> Iterator[Typed]:
    """Plain records by the short way, each other one by the reader of anything."""
    start: int | None = 0
    while start is not None:
        file.seek(start)
        stream = open_stream(file, name, start=start)
        gzipped = isinstance(stream, GzipStream)
        if isinstance(stream, GzipStream):
            start = yield from _plain_entries(stream, kinds)
        if start is not None:
            start = yield from _other_entries(records_from(file, name, start), kinds, gzipped)


def _plain_entries(stream: GzipStream, kinds: Collection[str]) -> Generator[Typed, None, int | None]:
    """The entries of plain records. Then where a member begins that is none, or ``None`` at the file's end."""
    file = PurePath(stream.name).name
    for member, offset, length in stream.whole_members():
        record = plain_record(member)
        if record is None:
            if member:
                return offset
            break
        if record.date and record.type in kinds and record.content_type != _FIELDS_TYPE:
            date = parse_date(record.date)
            if date is None:
                return offset
            yield record.type, _plain_entry(record, member, date, file, offset, length)
    return stream.record_offset() if stream.skip_blank_lines() else None


def _other_entries(
    records: Iterator[Record], kinds: Collection[str], gzipped: bool
) -> Generator[Typed, None, int | None]:
    """The entries of one gzip member's records, or of all of a file that is not gzipped. Where the next
    member begins.
    """
    record = next(records, None)
    while record is not None:
        if _is_listed(record, kinds):
            yield record.type, entry_of_record(record)
        record.block.close()
        record = next(records, None)
        if gzipped and record is not None and record.at_member_start:
            return record.offset
    return None


def _is_listed(record: Record, kinds: Collection[str]) -> bool:
    return record.type in kinds and record.get("Content-Type") != _FIELDS_TYPE


def _plain_entry(record: FastRecord, member: bytes, date: datetime, file: str, offset: int, length: int) -> IndexEntry:
    digest, framed = record.digest, None
    if digest is None and record.type != "revisit":
        digest, framed = _digests(Block(member[record.block_at : -4]), has_head=record.status is not None)
    url = record.url.replace(" ", "%20")
    return IndexEntry(
        urlkey=surt(url),
        date=date,
        url=url,
        mime=_mime(record.type, record.mime, record.content_type),
        status=record.status,
        digest=digest or "",
        length=length,
        offset=offset,
        file=file,
        record_id=record.id,
        framed_digest=framed,
    )


def entry_of_record(record: Record) -> IndexEntry:
    """The entry of a response, revisit, resource, metadata or conversion record.

    Raises DamagedError for an unreadable date, UnreachableError for a record that no offset leads to.
    """
    date = record.date
    if date is None:
        raise DamagedError(f"unreadable WARC-Date {record.get('WARC-Date')!r}", file=record.file, offset=record.offset)
    if not record.at_member_start:
        hint = "take the file in with `broadsheet archive import`"
        raise UnreachableError("shares a gzip member", file=record.file, offset=record.offset, hint=hint)
    url = record.url.replace(" ", "%20")
    has_head = record.type in ("response", "revisit") and url[:4].lower() == "http"
    head = head_of(record.block) if has_head else _NO_HEAD
    digest, framed = record.get("WARC-Payload-Digest"), None
    if digest is None and record.type != "revisit":
        digest, framed = _digests(record.block, has_head=has_head)
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


def _digests(block: Block, *, has_head: bool) -> tuple[str, str | None]:
    """The digest of a payload, and of a chunked one that with its framing."""
    head = head_of(block) if has_head else _NO_HEAD
    framed = sha1_label(block.pieces(head.length)) if head.chunked else None
    return sha1_label(entity(block, head)), framed


def _mime(kind: str, of_head: str | None, of_record: str | None) -> str | None:
    if kind == "revisit":
        return REVISIT_MIME
    return of_head if kind == "response" else (of_record or "").partition(";")[0].strip() or None
