"""Revisits followed to the records that hold what was sent (WARC 1.1, section 6.7)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import BinaryIO

from archive.block import Block
from archive.capture import Capture, Location
from archive.cdxj import REVISIT_MIME, IndexEntry
from archive.digest import matches
from archive.errors import DamagedError
from archive.http import Head, entity, head_of
from archive.index import Index
from archive.record import Record, bare_uri, parse_date
from archive.warc_reader import Pair, location_of, pair_at, to_capture

#: Revisits of revisits followed, at most. Writers refer to what holds the payload; a longer chain is an error.
MAX_CHAIN = 8


class Resolver:
    """Gives the capture at a location, with what a revisit leaves out put back from the record it refers to.

    Of an identical payload the head is the revisit's, as it was received, and the payload the original's; of a
    ``server-not-modified`` the whole answer is the original's, which the server said still holds. `open_file` opens a
    file of the archive by its name.
    """

    def __init__(self, index: Index, open_file: Callable[[str], BinaryIO]) -> None:
        self._index = index
        self._open = open_file

    def capture(self, where: Location) -> Capture:
        """The capture at `where`. Raises DamagedError naming what a revisit refers to when that cannot be found."""
        record, request = self._pair(where)
        capture = to_capture(record, request, where)
        if record.type != "revisit":
            return capture
        whole = to_capture(self._pair(self._original(record))[0], None)
        # A revisit is marked as cut short since its payload is left out: what counts is whether the original is.
        return replace(capture, response=_put_together(record, whole), truncated=whole.truncated)

    def original(self, where: Location) -> Location:
        """Where the record lies that holds what was sent: `where` itself unless a revisit is there."""
        record, _ = self._pair(where)
        return self._original(record) if record.type == "revisit" else where

    def _pair(self, where: Location) -> Pair:
        with self._open(where.file) as file:
            return pair_at(file, where.offset, where.length, name=where.file)

    def _original(self, revisit: Record) -> Location:
        first, seen = revisit, {(revisit.file, revisit.offset)}
        while len(seen) <= MAX_CHAIN:
            entry = next(self._candidates(revisit, seen), None)
            if entry is None:
                raise _missing(revisit)
            if entry.mime != REVISIT_MIME:
                return entry.location
            seen.add((entry.file, entry.offset))
            revisit, _ = self._pair(entry.location)
            if revisit.type != "revisit":
                return location_of(revisit)
        raise DamagedError(f"a chain of more than {MAX_CHAIN} revisits", file=first.file, offset=first.offset)

    def _candidates(self, revisit: Record, seen: set[tuple[str, int]]) -> Iterator[IndexEntry]:
        """What `revisit` may refer to, the likeliest first: by record, by URL and date, by payload as a last resort."""
        record_id, url, when = reference(revisit)
        entries = [one for one in self._index.captures(url) if (one.file, one.offset) not in seen]
        yield from (one for one in entries if record_id and one.record_id == record_id)
        yield from (one for one in _whole_first(entries) if when is not None and _same_second(one.date, when))
        digest = revisit.get("WARC-Payload-Digest")
        if is_not_modified(revisit):
            before = [one for one in entries if one.status == 200 and revisit.date and one.date <= revisit.date]
            yield from reversed(before)
        elif digest:
            yield from (one for one in _whole_first(entries) if one.digest == digest and one.mime != REVISIT_MIME)
            yield from self._index.with_payload(digest, None)


def reference(revisit: Record) -> tuple[str, str, datetime | None]:
    """What a revisit refers to, as far as it says: record id, URL (else its own), date."""
    record_id = bare_uri(revisit.get("WARC-Refers-To") or "")
    url = bare_uri(revisit.get("WARC-Refers-To-Target-URI") or "") or revisit.url
    return record_id, url, parse_date(revisit.get("WARC-Refers-To-Date") or "")


def is_not_modified(revisit: Record) -> bool:
    """Does the revisit stand for a server's answer that nothing changed (304)?"""
    return (revisit.get("WARC-Profile") or "").rstrip("/").endswith("/server-not-modified")


def _whole_first(entries: list[IndexEntry]) -> list[IndexEntry]:
    return sorted(entries, key=lambda entry: entry.mime == REVISIT_MIME)


def _same_second(one: datetime, other: datetime) -> bool:
    return one.replace(microsecond=0) == other.replace(microsecond=0)


def _missing(revisit: Record) -> DamagedError:
    record_id, url, when = reference(revisit)
    named = " ".join(filter(None, (record_id, url, when.isoformat() if when else "")))
    return DamagedError(
        f"a revisit of what is not here: {named}",
        file=revisit.file,
        offset=revisit.offset,
        hint="import the file that has it, or index it with `broadsheet archive index`",
    )


def _put_together(revisit: Record, whole: Capture) -> Block:
    """The answer that `revisit` stands for, its payload (or all of it) taken from `whole`."""
    original, kept, head = whole.response, whole.head, head_of(revisit.block)
    if is_not_modified(revisit) or head.length == 0:
        return original
    digest = revisit.get("WARC-Payload-Digest")
    if digest and payload_matches(digest, original, kept) is False:
        raise DamagedError(
            f"the capture of {whole.url} it refers to has another payload than {digest}",
            file=revisit.file,
            offset=revisit.offset,
        )
    block = Block(revisit.block.read(0, head.length))
    for piece in original.chunks(kept.length) if head.chunked == kept.chunked else _reframed(original, kept, head):
        block.append(piece)
    return block


def _reframed(original: Block, kept: Head, head: Head) -> Iterator[bytes]:
    """The entity of `original` in the framing that `head` announces."""
    for piece in entity(original, kept):
        yield b"%x\r\n%b\r\n" % (len(piece), piece) if head.chunked else piece
    if head.chunked:
        yield b"0\r\n\r\n"


def payload_matches(digest: str, block: Block, head: Head) -> bool | None:
    """Does the labelled digest fit the payload of the message in `block`? ``None`` when it cannot be told.

    Writers differ in whether the payload is the entity or what follows the head, framing and all.
    """
    fits = matches(digest, entity(block, head))
    if fits is False and head.chunked:
        return matches(digest, block.chunks(head.length))
    return fits
