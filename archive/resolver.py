"""Follows revisits to the records that hold their content (WARC 1.1, section 6.7)."""

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO, TypeVar

from archive.block import Block
from archive.capture import Capture, Location
from archive.cdxj import REVISIT_MIME, IndexEntry
from archive.dates import parse_date
from archive.digest import payload_matches
from archive.errors import ArchiveError, DamagedError, IndexAccessError, MissingOriginalError
from archive.http import Head, entity
from archive.index import Index
from archive.reading import RecordPair, pair_at
from archive.record import Record, bare_uri
from archive.request_key import url_with_method
from archive.warc_reader import MAX_REQUEST, to_capture

log = logging.getLogger(__name__)

LoadedT = TypeVar("LoadedT")

#: Most revisits of revisits followed. Writers refer to the record with the payload, so a longer chain is an error.
MAX_CHAIN = 8

#: Most records tried for one revisit.
MAX_TRIED = 50

#: Most record ids remembered with the times of their records.
MAX_REMEMBERED = 1000


class Resolver:
    """Loads the capture at a location and completes a revisit from the record it refers to.

    A revisit with an identical payload gets its own head, as it was received, and the original's payload. A
    ``server-not-modified`` revisit gets the whole original response, which the server declared still valid. A damaged
    original is skipped and logged if another record has the payload.
    `open_file` opens a file of the archive by its name.
    """

    def __init__(self, index: Index, open_file: Callable[[str], BinaryIO]) -> None:
        self._index = index
        self._open = open_file
        self._dates: dict[str, datetime] = {}

    def capture(self, location: Location) -> Capture:
        """Return the capture at `location`, a revisit with the content of its likeliest readable original.

        Raises DamagedError naming the original of a revisit if none can be read.
        """
        record, request = self._read_pair(location)
        capture = to_capture(record, request, location)
        if record.type != "revisit":
            return capture
        problems: list[ArchiveError] = []
        originals = self._originals(record, request, problems)
        found = find_readable(originals, lambda entry: self._complete(record, capture, entry), problems)
        if found is None:
            raise problems[0] if problems else _missing_original(record)
        for problem in problems:
            log.warning("not used as the original of a revisit: %s", problem)
        return found[1]

    def _complete(self, record: Record, revisit: Capture, entry: IndexEntry) -> Capture:
        """Return the `revisit` that `record` holds with the content of the original at `entry`."""
        original = to_capture(self._read_pair(entry.location)[0], None)
        response, head = _merge(record, original)
        # A revisit is marked as truncated because its payload is left out. Only the original's truncation counts.
        return replace(revisit, response=response, truncated=original.truncated, parsed_head=head)

    def original(self, location: Location) -> Location:
        """Return the location of the record with the content: `location` itself unless a revisit is there."""
        record, request = self._read_pair(location)
        return self.original_of(record, request) if record.type == "revisit" else location

    def original_of(self, revisit: Record, request: Record | None) -> Location:
        """Return the location of the likeliest original of `revisit` that has the payload it states.

        Compares the digests in the index, and reads only records whose digests cannot be compared. Raises DamagedError
        if there is no such record.
        """
        problems: list[ArchiveError] = []
        originals = self._originals(revisit, request, problems)
        found = find_readable(originals, lambda entry: self._check_payload(entry, revisit), problems)
        if found is None:
            raise problems[0] if problems else _missing_original(revisit)
        return found[0].location

    def requirements(self, location: Location) -> set[tuple[str, int]]:
        """Return file and offset of every record that the capture at `location` needs, if it is a revisit.

        These are its original and the revisits between them. Empty for any other capture, or without an original.
        """
        record, request = self._read_pair(location)
        if record.type != "revisit":
            return set()
        try:
            original = self.original_of(record, request)
        except IndexAccessError:
            raise
        except ArchiveError:
            return set()
        needed = {(original.file, original.offset)}
        entry = next(self._candidates(record, request), None)
        while entry is not None and entry.mime == REVISIT_MIME and (entry.file, entry.offset) not in needed:
            needed.add((entry.file, entry.offset))
            entry = next(self._candidates(*self._read_pair(entry.location)), None)
        return needed

    def _check_payload(self, entry: IndexEntry, revisit: Record) -> None:
        """Raise DamagedError if the record at `entry` has another payload than `revisit` states."""
        digest = revisit.get("WARC-Payload-Digest")
        if not digest or is_not_modified(revisit) or digest in (entry.digest, entry.framed_digest):
            return
        record, _ = self._read_pair(entry.location)
        if payload_matches(digest, record.block, record.http_head) is False:
            raise _wrong_payload(revisit, entry.url)

    def _read_pair(self, location: Location) -> RecordPair:
        with self._open(location.file) as file:
            return pair_at(file, location.offset, location.length, name=location.file)

    def _originals(self, revisit: Record, request: Record | None, problems: list[ArchiveError]) -> Iterator[IndexEntry]:
        """Yield records that may hold the content of `revisit`, the likeliest first. Revisits among them are followed.

        A revisit that cannot be read is added to `problems`. Raises DamagedError for an endless chain of revisits.
        """
        seen = {(revisit.file, revisit.offset)}
        chain = [self._candidates(revisit, request)]
        while chain and len(seen) <= MAX_TRIED:
            entry = next(chain[-1], None)
            if entry is None:
                chain.pop()
                continue
            if (entry.file, entry.offset) in seen:
                continue
            seen.add((entry.file, entry.offset))
            if entry.mime != REVISIT_MIME:
                yield entry
                continue
            if len(chain) == MAX_CHAIN:
                what = f"a chain of more than {MAX_CHAIN} revisits"
                raise DamagedError(what, file=revisit.file, offset=revisit.offset)
            try:
                chain.append(self._candidates(*self._read_pair(entry.location)))
            except IndexAccessError:
                raise
            except ArchiveError as error:
                problems.append(error)

    def _candidates(self, revisit: Record, request: Record | None) -> Iterator[IndexEntry]:
        """Yield possible originals of `revisit`, the likeliest first: by record id, by URL and date, by payload.

        The original answers a request of the same method as `request`, that of the revisit. Each step is a search of
        the index whose cost does not depend on the number of captures, except for a record id without a date.
        """
        record_id, url, when = reference(revisit)
        if request is not None:
            url = url_with_method(url, request.block.read(0, MAX_REQUEST))
        if when is not None:
            same_second = self._index.captures_at(url, when)
            yield from sorted(same_second, key=lambda one: (one.record_id != record_id, one.mime == REVISIT_MIME))
        elif record_id and (entry := self._find_by_id(url, record_id)):
            yield entry
        digest = revisit.get("WARC-Payload-Digest")
        if is_not_modified(revisit):
            if revisit.date is not None:
                yield from self._index.walk(url, revisit.date, newest_first=True, status=200)
        elif digest:
            yield from self._index.nearest_with_payload(digest, url, revisit.date or when)

    def _find_by_id(self, url: str, record_id: str) -> IndexEntry | None:
        """Return the capture with that record id. Its time is remembered, since many revisits refer to one capture."""
        if when := self._dates.get(record_id):
            for entry in self._index.captures_at(url, when):
                if entry.record_id == record_id:
                    return entry
        found = self._index.with_record_id(url, record_id)
        if found is not None:
            if len(self._dates) >= MAX_REMEMBERED:
                self._dates.clear()
            self._dates[record_id] = found.date
        return found


def find_readable(
    entries: Iterable[IndexEntry], load: Callable[[IndexEntry], LoadedT], problems: list[ArchiveError]
) -> tuple[IndexEntry, LoadedT] | None:
    """Return the first of `entries` that `load` reads, and the result; ``None`` if it reads none of them.

    Its errors are added to `problems`, apart from those of the index, which are raised.
    """
    for entry in entries:
        try:
            return entry, load(entry)
        except IndexAccessError:
            raise
        except ArchiveError as error:
            problems.append(error)
    return None


def reference(revisit: Record) -> tuple[str, str, datetime | None]:
    """Return the record id, URL (the revisit's own if absent) and date that a revisit refers to."""
    record_id = bare_uri(revisit.get("WARC-Refers-To") or "")
    url = bare_uri(revisit.get("WARC-Refers-To-Target-URI") or "") or revisit.url
    return record_id, url, parse_date(revisit.get("WARC-Refers-To-Date") or "")


def is_not_modified(revisit: Record) -> bool:
    """True if the revisit is a 304 response: the content has not changed."""
    return (revisit.get("WARC-Profile") or "").rstrip("/").endswith("/server-not-modified")


def _missing_original(revisit: Record) -> MissingOriginalError:
    record_id, url, when = reference(revisit)
    named = " ".join(filter(None, (record_id, url, when.isoformat() if when else "")))
    return MissingOriginalError(
        f"the original of a revisit is missing: {named}",
        file=revisit.file,
        offset=revisit.offset,
        hint="import a file that has it; without it, this capture has no content",
    )


def _wrong_payload(revisit: Record, url: str) -> DamagedError:
    digest = revisit.get("WARC-Payload-Digest")
    what = f"the capture of {url} it refers to has another payload than {digest}"
    return DamagedError(what, file=revisit.file, offset=revisit.offset)


def _merge(revisit: Record, original: Capture) -> tuple[Block, Head | None]:
    """Return the complete response of `revisit`, and its head if known without parsing the response again.

    Raises DamagedError if `original` has another payload than the revisit states.
    """
    head = revisit.http_head
    if is_not_modified(revisit):
        return original.response, original.head
    digest = revisit.get("WARC-Payload-Digest")
    if digest and payload_matches(digest, original.response, original.head) is False:
        raise _wrong_payload(revisit, original.url)
    if head.length == 0:
        return original.response, original.head
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
