"""Deduplication: finds the stored record that a new capture can refer to as a revisit (WARC 1.1, section 6.7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from archive.capture import Capture
from archive.cdxj import IndexEntry
from archive.dates import parse_date
from archive.errors import ArchiveError
from archive.http import Head, entity, parse_head
from archive.reading import record_at
from archive.record import Record, bare_uri
from archive.remote_lookup import RemoteRecords
from archive.storage import Storage
from archive.warc_file import OPEN_SUFFIX

IDENTICAL_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"

#: Shorter payloads, in bytes, are stored again: the additional fields of a revisit take some 250 bytes, and a reader
#: has to find and read a second record.
MIN_PAYLOAD = 1024


class Dedup(StrEnum):
    """Scope in which an identical payload is looked for.

    ``OFF``: nowhere, every capture is stored in full. ``URL``: captures of the same URL. ``ANY``: all captures.
    """

    OFF = "off"
    URL = "url"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Revisit:
    """Reference to the earlier response record that has a capture's payload.

    `profile` says how that is known. `record_id`, `url` and `date` are that record's; `payload_digest` is the labelled
    digest of the payload.
    """

    profile: str
    record_id: str
    url: str
    date: datetime
    payload_digest: str


class EarlierCaptures(Protocol):
    """The look-ups needed from an index. Both return the newest first, and only a few."""

    def with_payload(self, digest: str, url: str | None) -> list[IndexEntry]: ...

    def newest(self, url: str) -> list[IndexEntry]: ...


class RevisitFinder:
    """Finds the records that the captures of one writer may refer to.

    The original is read back before anything refers to it: a revisit is created only if the payload is stored byte for
    byte, not merely with the same SHA-1. Only closed files and the writer's own file are searched, since a power cut
    may remove records from another writer's open file. Files no longer in `folder` are looked up in `storage`.
    """

    def __init__(self, folder: Path, captures: EarlierCaptures, dedup: Dedup, storage: Storage | None = None) -> None:
        self._folder = folder
        self._captures = captures
        self._dedup = dedup
        self._remote = RemoteRecords(storage) if storage is not None else None

    def find(self, capture: Capture, payload_digest: str, own_file: str) -> Revisit | None:
        """Return the revisit that can replace `capture` in `own_file`; ``None`` if it must be stored in full."""
        if self._dedup is Dedup.OFF or capture.truncated is not None:
            return None
        if capture.status == 304:
            return self._find_validated(capture, own_file)
        if len(capture.response) - capture.head.length < MIN_PAYLOAD:
            return None
        return self._find_identical(capture, payload_digest, own_file)

    def _find_identical(self, capture: Capture, digest: str, own_file: str) -> Revisit | None:
        url = None if self._dedup is Dedup.ANY else capture.url
        for record in self._read_records(self._captures.with_payload(digest, url), own_file):
            # If only the index has the digest (the response was chunked), other tools would not find the record by it.
            is_complete = record.type == "response" and record.get("WARC-Truncated") is None
            if is_complete and record.get("WARC-Payload-Digest") == digest and _has_same_payload(record, capture):
                return _make_revisit(IDENTICAL_PAYLOAD, record)
        return None

    def _find_validated(self, capture: Capture, own_file: str) -> Revisit | None:
        """Find the capture whose validator the request of a 304 response sent (RFC 9110, section 13.1)."""
        request_head = parse_head(capture.request)
        for record in self._read_records(self._captures.newest(capture.url), own_file):
            if record.url == capture.url and _is_validated(record.http_head, request_head):
                return _make_revisit(NOT_MODIFIED, record)
        return None

    def _read_records(self, entries: Iterable[IndexEntry], own_file: str) -> Iterable[Record]:
        for entry in entries:
            record = self._read_record(entry, own_file)
            if record is not None and record.id == entry.record_id:
                yield record

    def _read_record(self, entry: IndexEntry, own_file: str) -> Record | None:
        path = self._folder / (entry.file + OPEN_SUFFIX if entry.file == own_file else entry.file)
        if self._remote is not None and entry.file != own_file and not path.exists():
            return self._remote.read(entry)
        try:
            return record_at(path, entry.offset, entry.length)
        except ArchiveError:  # moved or damaged: nothing may refer to it
            return None


def _make_revisit(profile: str, record: Record) -> Revisit | None:
    """Return a revisit of `record`; if that is one itself, of its original, so that no chain has to be followed."""
    digest = record.payload_digest()
    record_id, url, date = record.id, record.url, record.date
    if record.type != "response":
        record_id = bare_uri(record.get("WARC-Refers-To") or "")
        url = bare_uri(record.get("WARC-Refers-To-Target-URI") or "")
        date = parse_date(record.get("WARC-Refers-To-Date") or "")
    return Revisit(profile, record_id, url, date, digest) if record_id and url and date else None


def _has_same_payload(record: Record, capture: Capture) -> bool:
    """Compare the payloads byte for byte, since different content can be constructed with the same SHA-1."""
    at = record.http_head.length
    for piece in entity(capture.response, capture.head):
        if record.block.read(at, len(piece)) != piece:
            return False
        at += len(piece)
    return at == len(record.block) and not record.http_head.is_chunked


def _is_validated(stored: Head, request: Head) -> bool:
    """True if the request asked whether the response with the head `stored` is still current."""
    if (tags := request.get_all(b"if-none-match")) and (tag := stored.get(b"etag")):
        return _opaque_tag(tag) in {_opaque_tag(one) for one in b",".join(tags).split(b",")}
    since = request.get(b"if-modified-since")
    return not tags and since is not None and since == stored.get(b"last-modified")


def _opaque_tag(tag: bytes) -> bytes:
    """Return the entity tag for the weak comparison that If-None-Match requires (RFC 9110, section 8.8.3.2)."""
    return tag.strip().removeprefix(b"W/")
