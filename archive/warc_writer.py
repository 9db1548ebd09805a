"""The writer of captures: request and response records in WARC 1.1 files, one gzip member a record."""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from archive.block import Block
from archive.capture import Capture, Location
from archive.capture_records import event_fields, new_record_id, request_member, response_member, revisit_member
from archive.digest import sha1_label
from archive.errors import WriteError
from archive.gzip_writer import deflated_member
from archive.http import entity
from archive.record import format_date, record_head
from archive.revisit import Dedup, EarlierCaptures, RevisitFinder
from archive.storage import Storage
from archive.warc_file import Sync, WarcFile, file_name

#: Size in bytes past which the next capture begins a new file.
MAX_SIZE = 1 << 30

#: Age past which the next capture begins a new file.
MAX_AGE = timedelta(hours=24)

CONFORMS_TO = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"


class CaptureIndex(EarlierCaptures, Protocol):
    """What the writer tells of each capture it stored, and of each file it closed."""

    def add(self, capture: Capture, location: Location, *, revisit: bool) -> object: ...

    def mark_complete(self, file: str) -> None: ...


class WarcWriter:
    """Writes captures to files of its own in `folder`, which no other writer shares.

    **Durability.** When `write` returns, both records have been handed to the operating system in full: a killed
    process (``kill -9`` included) loses none of them. A power cut can take what the disk did not have yet: nothing
    under ``Sync.RECORD``, the last seconds under ``Sync.FILE`` (see `Sync`). A write that fails raises WriteError,
    gives no location and leaves the file whole up to the record before it; the writer may be tried again.

    **Files.** ``<prefix>-<UTC start>-<serial>-<host>-<random>.warc.gz``, ending in ``.open`` until closed, each
    begun by a warcinfo record with `info` (``software``, ``operator``, ``robots``, ...) and given up for a new one past
    `max_size` bytes or `max_age`. The first file is made by the first capture.

    **Revisits.** With an `index`, a payload that lies in the archive already is referred to, not kept again, as far as
    `dedup` says; so is what a server calls not modified. The location is then that of the revisit record. `storage` is
    where closed files are that do not lie in `folder` any more.
    """

    def __init__(
        self,
        folder: Path,
        *,
        prefix: str,
        info: Mapping[str, str],
        index: CaptureIndex | None = None,
        storage: Storage | None = None,
        dedup: Dedup = Dedup.OFF,
        sync: Sync = Sync.FILE,
        max_size: int = MAX_SIZE,
        max_age: timedelta = MAX_AGE,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = new_record_id,
    ) -> None:
        self._folder = Path(folder)
        self._prefix = prefix
        self._info = {"format": "WARC File Format 1.1", "conformsTo": CONFORMS_TO, **info}
        self._index = index
        self._revisits = RevisitFinder(self._folder, index, dedup, storage) if index is not None else None
        self._sync = sync
        self._max_size = max_size
        self._max_age = max_age
        self._clock = clock
        self._new_id = new_id
        self._lock = threading.Lock()
        self._file: WarcFile | None = None
        self._file_started = datetime.min.replace(tzinfo=UTC)
        self._warcinfo_id = ""
        self._serial = 0
        self._closed = False

    def write(self, capture: Capture) -> Location:
        """Store the capture's response and request, in this order, and say where the response lies.

        Raises WriteError when it cannot be stored, ArchiveError when the URL cannot stand in a record, IndexAccessError
        when it is stored but the index refuses: the index is mended by `Collection.recover`.
        """
        with self._lock:
            file = self._current_file()
            record_id = self._new_id()
            event = event_fields(capture, self._warcinfo_id)
            payload_digest = _payload_digest(capture)
            revisit = self._revisits and self._revisits.revisit(capture, payload_digest, file.name)
            if revisit:
                payload_digest = revisit.payload_digest
                member = revisit_member(capture, event, record_id, revisit)
            else:
                member = response_member(capture, event, record_id, payload_digest)
            (offset, length), _ = file.append(member, request_member(capture, event, self._new_id(), record_id))
            location = Location(file.name, offset, length, record_id, capture.started_at, payload_digest)
            if self._index is not None:
                self._index.add(capture, location, revisit=revisit is not None)
            return location

    def _current_file(self) -> WarcFile:
        if self._closed:
            raise WriteError("the writer is closed", hint="make a new one")
        now = self._clock()
        if self._file and (self._file.size >= self._max_size or now - self._file_started >= self._max_age):
            self._finish_file()
        if self._file is None:
            self._file = self._new_file(now)
        return self._file

    def _new_file(self, now: datetime) -> WarcFile:
        file = WarcFile(self._folder, file_name(self._prefix, now, self._serial), sync=self._sync)
        self._serial += 1
        self._file_started = now
        self._warcinfo_id = self._new_id()
        block = Block("".join(f"{name}: {value}\r\n" for name, value in self._info.items()).encode())
        fields = [
            ("WARC-Type", "warcinfo"),
            ("WARC-Record-ID", f"<{self._warcinfo_id}>"),
            ("WARC-Date", format_date(now)),
            ("WARC-Filename", file.name),
            ("WARC-Block-Digest", sha1_label([bytes(block)])),
            ("Content-Type", "application/warc-fields"),
            ("Content-Length", str(len(block))),
        ]
        try:
            file.append(deflated_member(record_head(fields), block))
        except BaseException:
            file.discard()
            raise
        return file

    def _finish_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()
            if self._index is not None:
                self._index.mark_complete(file.name)

    def close(self) -> None:
        """Close the current file under its final name. Raises WriteError when it cannot be."""
        with self._lock:
            self._closed = True
            self._finish_file()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _payload_digest(capture: Capture) -> str:
    head = capture.head
    framed = head.chunked
    return sha1_label(entity(capture.response, head) if framed else capture.response.pieces(head.length))
