"""Writer of captures: request and response records in WARC 1.1 files, one gzip member per record."""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from archive.block import Block
from archive.capture import Capture, Location
from archive.capture_records import compress_request, compress_response, compress_revisit, event_fields, new_record_id
from archive.digest import sha1_label
from archive.errors import WriteError
from archive.gzip_writer import deflate_in_pieces
from archive.http import entity
from archive.record import format_date, record_head
from archive.revisit import Dedup, EarlierCaptures, RevisitFinder
from archive.storage import Storage
from archive.trust import FileEvent, Manifest
from archive.trust.manifest import FileDigest
from archive.warc_file import Sync, WarcFile, file_name

#: Size in bytes from which the next capture goes into a new file.
MAX_SIZE = 1 << 30

#: Age from which the next capture goes into a new file.
MAX_AGE = timedelta(hours=24)

CONFORMS_TO = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"


class CaptureIndex(EarlierCaptures, Protocol):
    """Index that the writer informs of each capture it stored and each file it closed."""

    def add(self, capture: Capture, location: Location, *, revisit: bool) -> object: ...

    def mark_complete(self, file: str) -> None: ...


class WarcWriter:
    """Writes captures to its own files in `folder`; several writers may share a folder, but never a file.

    **Durability.** When `write` returns, both records have been passed to the operating system in full, so a killed
    process (``kill -9`` included) loses nothing. A power cut may lose data that was not on the disk yet: nothing with
    ``Sync.RECORD``, the last seconds with ``Sync.FILE`` (see `Sync`). A failed write raises WriteError, returns no
    location and leaves the file complete up to the previous record. The caller may retry.

    **Files.** ``<prefix>-<UTC start>-<serial>-<host>-<random>.warc.gz``, with the suffix ``.open`` until closed. Each
    begins with a warcinfo record of `info` (``software``, ``operator``, ``robots``, ...) and is replaced by a new file
    after `max_size` bytes or `max_age`. The first capture creates the first file.

    **Revisits.** With an `index`, a payload that is already in the archive is stored as a reference, within the scope
    of `dedup`; so is a response that says the page was not modified. The location is then that of the revisit record.
    `storage` has the closed files that are no longer in `folder`.

    **Manifest.** With a `manifest`, each file that is begun and closed has a line in it, and the warcinfo record names
    the files closed before (see `archive.trust`).
    """

    def __init__(
        self,
        folder: Path,
        *,
        prefix: str,
        info: Mapping[str, str],
        index: CaptureIndex | None = None,
        storage: Storage | None = None,
        manifest: Manifest | None = None,
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
        self._manifest = manifest
        self._revisit_finder = RevisitFinder(self._folder, index, dedup, storage) if index is not None else None
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
        """Store the capture's response and request, in this order, and return the location of the response.

        Raises WriteError if it cannot be stored, ArchiveError if the URL is not allowed in a record, IndexAccessError
        if it was stored but could not be indexed; `Collection.recover` then completes the index.
        """
        with self._lock:
            file = self._current_file()
            record_id = self._new_id()
            event = event_fields(capture, self._warcinfo_id)
            payload_digest = _payload_digest(capture)
            revisit = self._revisit_finder and self._revisit_finder.find(capture, payload_digest, file.name)
            if revisit:
                payload_digest = revisit.payload_digest
                member = compress_revisit(capture, event, record_id, revisit)
            else:
                member = compress_response(capture, event, record_id, payload_digest)
            (offset, length), _ = file.append(member, compress_request(capture, event, self._new_id(), record_id))
            location = Location(file.name, offset, length, record_id, capture.started_at, payload_digest)
            if self._index is not None:
                self._index.add(capture, location, revisit=revisit is not None)
            return location

    def _current_file(self) -> WarcFile:
        if self._closed:
            raise WriteError("the writer is closed", hint="create a new one")
        now = self._clock()
        if self._file and (self._file.size >= self._max_size or now - self._file_started >= self._max_age):
            self._finish_file()
        if self._file is None:
            self._file = self._new_file(now)
        return self._file

    def _new_file(self, now: datetime) -> WarcFile:
        name = file_name(self._prefix, now, self._serial)
        chain = self._manifest.open_file(name) if self._manifest else []
        file = WarcFile(self._folder, name, sync=self._sync, is_hashed=self._manifest is not None)
        self._serial += 1
        self._file_started = now
        self._warcinfo_id = self._new_id()
        block = Block("".join(f"{name}: {value}\r\n" for name, value in [*self._info.items(), *chain]).encode())
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
            file.append(deflate_in_pieces(record_head(fields), block))
        except BaseException:
            file.discard()
            raise
        return file

    def _finish_file(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close(partial(self._record_closed, file.name))
            if self._index is not None:
                self._index.mark_complete(file.name)

    def _record_closed(self, name: str, size: int, sha256: str) -> None:
        if self._manifest:
            self._manifest.append(FileEvent.CLOSED, name, FileDigest(name, size, sha256))

    def close(self) -> None:
        """Close the current file under its final name. Raises WriteError if that fails."""
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
    # `pieces` copies nothing, but only `entity` removes chunk framing.
    return sha1_label(entity(capture.response, head) if head.is_chunked else capture.response.pieces(head.length))
