"""Captures that need not be kept whole, since the archive has their payload: revisits (WARC 1.1, section 6.7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from archive.capture import Capture
from archive.cdxj import IndexEntry
from archive.digest import sha1_label
from archive.errors import ArchiveError
from archive.http import Head, entity, head_of, parse_head
from archive.reading.record_parser import record_at
from archive.record import Record, bare_uri, parse_date
from archive.remote_lookup import RemoteRecords
from archive.storage import Storage
from archive.warc_file import OPEN_SUFFIX

IDENTICAL_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"

#: A shorter payload, in bytes, is kept again: a revisit's further fields take some 250 bytes, and whoever reads it must
#: find and read a second record.
MIN_PAYLOAD = 1024


class Dedup(StrEnum):
    """Where the payload of a revisit may have been kept before.

    ``OFF``: nowhere, each capture stands by itself. ``URL``: in a capture of the same URL. ``ANY``: in any capture.
    """

    OFF = "off"
    URL = "url"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Revisit:
    """That a capture's payload is the one of an earlier response record, and how that is known (`profile`).

    `record_id`, `url` and `date` are that record's, `payload_digest` is the labelled digest of the payload.
    """

    profile: str
    record_id: str
    url: str
    date: datetime
    payload_digest: str


class EarlierCaptures(Protocol):
    """What is asked of an index; both give the newest first, and no more than a few."""

    def with_payload(self, digest: str, url: str | None) -> list[IndexEntry]: ...

    def newest(self, url: str) -> list[IndexEntry]: ...


class RevisitFinder:
    """The records that captures of one writer may refer to.

    An original is read back before anything refers to it: a revisit is only made where the payload is known to be
    there, byte for byte, not just of the same SHA-1. Only closed files and the writer's own are looked in: of another
    writer's open file a power cut may take what this one's revisit would need. Files that are not in the `folder` any
    more are looked for in the `storage` they may have moved to.
    """

    def __init__(self, folder: Path, captures: EarlierCaptures, dedup: Dedup, storage: Storage | None = None) -> None:
        self._folder = folder
        self._captures = captures
        self._dedup = dedup
        self._far = RemoteRecords(storage) if storage is not None else None

    def revisit(self, capture: Capture, payload_digest: str, own_file: str) -> Revisit | None:
        """What `capture`, about to be written to `own_file`, is a revisit of; ``None`` when it must be kept whole."""
        if self._dedup is Dedup.OFF or capture.truncated is not None:
            return None
        if capture.status == 304:
            return self._not_modified(capture, own_file)
        if len(capture.response) - capture.head.length < MIN_PAYLOAD:
            return None
        return self._identical(capture, payload_digest, own_file)

    def _identical(self, capture: Capture, digest: str, own_file: str) -> Revisit | None:
        url = None if self._dedup is Dedup.ANY else capture.url
        for record in self._records(self._captures.with_payload(digest, url), own_file):
            # A response whose digest stands in the index alone (it was chunked) would not be found by other tools.
            whole = record.type == "response" and record.get("WARC-Truncated") is None
            if whole and record.get("WARC-Payload-Digest") == digest and _same_payload(record, capture):
                return _revisit(IDENTICAL_PAYLOAD, record)
        return None

    def _not_modified(self, capture: Capture, own_file: str) -> Revisit | None:
        """The capture whose validator the request sent (RFC 9110, section 13.1)."""
        asked = parse_head(capture.request)
        for record in self._records(self._captures.newest(capture.url), own_file):
            if record.url == capture.url and _is_validated(head_of(record.block), asked):
                return _revisit(NOT_MODIFIED, record)
        return None

    def _records(self, entries: Iterable[IndexEntry], own_file: str) -> Iterable[Record]:
        for entry in entries:
            record = self._record(entry, own_file)
            if record is not None and record.id == entry.record_id:
                yield record

    def _record(self, entry: IndexEntry, own_file: str) -> Record | None:
        path = self._folder / (entry.file + OPEN_SUFFIX if entry.file == own_file else entry.file)
        if self._far is not None and entry.file != own_file and not path.exists():
            return self._far.record(entry)
        try:
            return record_at(path, entry.offset, entry.length)
        except ArchiveError:  # moved away or damaged: nothing must refer to it
            return None


def _revisit(profile: str, record: Record) -> Revisit | None:
    """A revisit of `record`; where that is one itself, of what it refers to, so that no chain needs following."""
    digest = record.get("WARC-Payload-Digest") or sha1_label(entity(record.block))
    record_id, url, date = record.id, record.url, record.date
    if record.type != "response":
        record_id = bare_uri(record.get("WARC-Refers-To") or "")
        url = bare_uri(record.get("WARC-Refers-To-Target-URI") or "")
        date = parse_date(record.get("WARC-Refers-To-Date") or "")
    return Revisit(profile, record_id, url, date, digest) if record_id and url and date else None


def _same_payload(record: Record, capture: Capture) -> bool:
    """Are the payloads the same, byte for byte? Two contents of one SHA-1 can be made on purpose."""
    head = head_of(record.block)
    at = head.length
    for piece in entity(capture.response, capture.head):
        if record.block.read(at, len(piece)) != piece:
            return False
        at += len(piece)
    return at == len(record.block) and not head.chunked


def _is_validated(kept: Head, asked: Head) -> bool:
    """Did the request ask whether what came with the head `kept` is still current?"""
    if (tags := asked.get_all(b"if-none-match")) and (tag := kept.get(b"etag")):
        return _opaque(tag) in {_opaque(one) for one in b",".join(tags).split(b",")}
    since = asked.get(b"if-modified-since")
    return not tags and since is not None and since == kept.get(b"last-modified")


def _opaque(tag: bytes) -> bytes:
    """The entity tag for the weak comparison If-None-Match asks for (RFC 9110, section 8.8.3.2)."""
    return tag.strip().removeprefix(b"W/")
