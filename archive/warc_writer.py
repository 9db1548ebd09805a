"""The writer of captures: request and response records in WARC 1.1 files, one gzip member a record."""

import threading
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from archive.block import Block
from archive.capture import Capture, Location
from archive.digest import sha1_label
from archive.errors import WriteError
from archive.gzip_member import deflated_member, stored_member
from archive.http import Head, entity, head_of
from archive.record import Fields, format_date, record_head
from archive.warc_file import Sync, WarcFile, file_name

#: Size in bytes past which the next capture begins a new file.
MAX_SIZE = 1 << 30

#: Age past which the next capture begins a new file.
MAX_AGE = timedelta(hours=24)

CONFORMS_TO = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"


class CaptureIndex(Protocol):
    """What the writer tells of each capture it stored, and of each file it closed."""

    def add(self, capture: Capture, location: Location) -> object: ...

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
    """

    def __init__(
        self,
        folder: Path,
        *,
        prefix: str,
        info: Mapping[str, str],
        index: CaptureIndex | None = None,
        sync: Sync = Sync.FILE,
        max_size: int = MAX_SIZE,
        max_age: timedelta = MAX_AGE,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        new_id: Callable[[], str] = lambda: f"urn:uuid:{uuid.uuid4()}",
    ) -> None:
        self._folder = Path(folder)
        self._prefix = prefix
        self._info = {"format": "WARC File Format 1.1", "conformsTo": CONFORMS_TO, **info}
        self._index = index
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

        Raises WriteError when it cannot be stored, ArchiveError when the URL cannot stand in a record, IndexTrouble
        when it is stored but the index refuses: the index is mended by `Collection.recover`.
        """
        with self._lock:
            file = self._current_file()
            record_id = self._new_id()
            head = head_of(capture.response)
            payload_digest = sha1_label(entity(capture.response, head))
            response = record_head(self._response_fields(capture, head, record_id, payload_digest))
            request = record_head(self._request_fields(capture, record_id))
            pack = stored_member if head.get(b"content-encoding") else deflated_member
            (offset, length), _ = file.append(
                pack(response, capture.response), deflated_member(request, Block(capture.request))
            )
            location = Location(file.name, offset, length, record_id, capture.started_at, payload_digest)
            if self._index is not None:
                self._index.add(capture, location)
            return location

    def _response_fields(self, capture: Capture, head: Head, record_id: str, payload_digest: str) -> Fields:
        yield "WARC-Type", "response"
        yield "WARC-Record-ID", f"<{record_id}>"
        yield from self._event_fields(capture)
        if capture.truncated is not None:
            yield "WARC-Truncated", capture.truncated
        yield "WARC-Block-Digest", sha1_label(capture.response.chunks())
        # The standard's payload is the entity without chunk framing, but warcio (issue 74) and FastWARC check the field
        # against the framed bytes and would call a sound record broken: a chunked response goes without the field.
        # Its bytes are covered by the block digest; readers here work its payload digest out.
        if not head.chunked:
            yield "WARC-Payload-Digest", payload_digest
        yield "Content-Type", "application/http;msgtype=response"
        yield "Content-Length", str(len(capture.response))

    def _request_fields(self, capture: Capture, response_id: str) -> Fields:
        block = Block(capture.request)
        yield "WARC-Type", "request"
        yield "WARC-Record-ID", f"<{self._new_id()}>"
        yield from self._event_fields(capture)
        yield "WARC-Concurrent-To", f"<{response_id}>"
        yield "WARC-Block-Digest", sha1_label(block.chunks())
        yield "Content-Type", "application/http;msgtype=request"
        yield "Content-Length", str(len(block))

    def _event_fields(self, capture: Capture) -> Fields:
        yield "WARC-Warcinfo-ID", f"<{self._warcinfo_id}>"
        yield "WARC-Target-URI", capture.url
        yield "WARC-Date", format_date(capture.started_at)
        if capture.ip_address is not None:
            yield "WARC-IP-Address", capture.ip_address

    def _current_file(self) -> WarcFile:
        if self._closed:
            raise WriteError("the writer is closed", mend="make a new one")
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
