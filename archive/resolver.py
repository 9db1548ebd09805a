"""Follows revisits to the records that hold their content (WARC 1.1, section 6.7)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO

from archive.block import Block
from archive.capture import Capture, Location
from archive.cdxj import REVISIT_MIME, IndexEntry
from archive.dates import parse_date
from archive.digest import payload_matches
from archive.errors import DamagedError
from archive.http import Head, entity
from archive.index import Index
from archive.reading import RecordPair, pair_at
from archive.record import Record, bare_uri
from archive.request_key import url_with_method
from archive.warc_reader import MAX_REQUEST, location_of, to_capture

#: Most revisits of revisits followed. Writers refer to the record with the payload, so a longer chain is an error.
MAX_CHAIN = 8


class Resolver:
    """Loads the capture at a location and completes a revisit from the record it refers to.

    A revisit with an identical payload gets its own head, as it was received, and the original's payload. A
    ``server-not-modified`` revisit gets the whole original response, which the server declared still valid.
    `open_file` opens a file of the archive by its name.
    """

    def __init__(self, index: Index, open_file: Callable[[str], BinaryIO]) -> None:
        self._index = index
        self._open = open_file

    def capture(self, location: Location) -> Capture:
        """Return the capture at `location`. Raises DamagedError naming the original of a revisit if it is not found."""
        record, request = self._read_pair(location)
        capture = to_capture(record, request, location)
        if record.type != "revisit":
            return capture
        original = to_capture(self._read_pair(self._find_original(record, request))[0], None)
        response, head = _merge(record, original)
        # A revisit is marked as truncated because its payload is left out. Only the original's truncation counts.
        return replace(capture, response=response, truncated=original.truncated, parsed_head=head)

    def original(self, location: Location) -> Location:
        """Return the location of the record with the content: `location` itself unless a revisit is there."""
        record, request = self._read_pair(location)
        return self._find_original(record, request) if record.type == "revisit" else location

    def _read_pair(self, location: Location) -> RecordPair:
        with self._open(location.file) as file:
            return pair_at(file, location.offset, location.length, name=location.file)

    def _find_original(self, revisit: Record, request: Record | None) -> Location:
        first, seen = revisit, {(revisit.file, revisit.offset)}
        while len(seen) <= MAX_CHAIN:
            entry = next(self._candidates(revisit, request, seen), None)
            if entry is None:
                raise _missing_original(revisit)
            if entry.mime != REVISIT_MIME:
                return entry.location
            seen.add((entry.file, entry.offset))
            revisit, request = self._read_pair(entry.location)
            if revisit.type != "revisit":
                return location_of(revisit)
        raise DamagedError(f"a chain of more than {MAX_CHAIN} revisits", file=first.file, offset=first.offset)

    def _candidates(self, revisit: Record, request: Record | None, seen: set[tuple[str, int]]) -> Iterator[IndexEntry]:
        """Yield possible originals of `revisit`, the likeliest first: by record id, by URL and date, by payload.

        The original answers a request of the same method as `request`, that of the revisit.
        """
        record_id, url, when = reference(revisit)
        if request is not None:
            url = url_with_method(url, request.block.read(0, MAX_REQUEST))
        entries = [one for one in self._index.captures(url) if (one.file, one.offset) not in seen]
        yield from (one for one in entries if record_id and one.record_id == record_id)
        yield from (one for one in _revisits_last(entries) if when is not None and _same_second(one.date, when))
        digest = revisit.get("WARC-Payload-Digest")
        if is_not_modified(revisit):
            before = [one for one in entries if one.status == 200 and revisit.date and one.date <= revisit.date]
            yield from reversed(before)
        elif digest:
            yield from (one for one in _revisits_last(entries) if one.digest == digest and one.mime != REVISIT_MIME)
            yield from self._index.with_payload(digest, None)


def reference(revisit: Record) -> tuple[str, str, datetime | None]:
    """Return the record id, URL (the revisit's own if absent) and date that a revisit refers to."""
    record_id = bare_uri(revisit.get("WARC-Refers-To") or "")
    url = bare_uri(revisit.get("WARC-Refers-To-Target-URI") or "") or revisit.url
    return record_id, url, parse_date(revisit.get("WARC-Refers-To-Date") or "")


def is_not_modified(revisit: Record) -> bool:
    """True if the revisit is a 304 response: the content has not changed."""
    return (revisit.get("WARC-Profile") or "").rstrip("/").endswith("/server-not-modified")


def _revisits_last(entries: list[IndexEntry]) -> list[IndexEntry]:
    return sorted(entries, key=lambda entry: entry.mime == REVISIT_MIME)


def _same_second(one: datetime, other: datetime) -> bool:
    return one.replace(microsecond=0) == other.replace(microsecond=0)


def _missing_original(revisit: Record) -> DamagedError:
    record_id, url, when = reference(revisit)
    named = " ".join(filter(None, (record_id, url, when.isoformat() if when else "")))
    return DamagedError(
        f"the original of a revisit is missing: {named}",
        file=revisit.file,
        offset=revisit.offset,
        hint="import a file that has it; without it, this capture has no content",
    )


def _merge(revisit: Record, original: Capture) -> tuple[Block, Head | None]:
    """Return the complete response of `revisit`, and its head if known without parsing the response again.

    Raises DamagedError if `original` has another payload than the revisit states.
    """
    head = revisit.http_head
    if is_not_modified(revisit) or head.length == 0:
        return original.response, original.head
    digest = revisit.get("WARC-Payload-Digest")
    if digest and payload_matches(digest, original.response, original.head) is False:
        raise DamagedError(
            f"the capture of {original.url} it refers to has another payload than {digest}",
            file=revisit.file,
            offset=revisit.offset,
        )
    block = Block(revisit.block.read(0, head.length))
    if head.is_chunked == original.head.is_chunked:
        pieces = original.response.chunks(original.head.length)
    else:
        pieces = _reframe(original, head)
    for piece in pieces:
        block.append(piece)
    # A head without its blank line continues into the payload and must be parsed again.
    return block, head if head.is_complete else None


def _reframe(original: Capture, head: Head) -> Iterator[bytes]:
    """Yield the entity of `original` in the framing that `head` announces."""
    for piece in entity(original.response, original.head):
        yield b"%x\r\n%b\r\n" % (len(piece), piece) if head.is_chunked else piece
    if head.is_chunked:
        yield b"0\r\n\r\n"
