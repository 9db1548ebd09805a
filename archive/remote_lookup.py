"""Records of files that lie elsewhere, read without holding up whoever asks."""

import queue
import threading
import time

from archive.cdxj import IndexEntry
from archive.errors import ArchiveError, DamagedError
from archive.reading.record_parser import record_at
from archive.record import Record
from archive.storage import NotHereError, Storage

#: Seconds a record is waited for, at most, and all of a writer's together.
PATIENCE, PATIENCE_IN_ALL = 2.0, 60.0


class RemoteRecords:
    """Records of a storage's closed files, for a writer that must go on.

    A crawl stands still while its writer waits. So one answer that is long in coming, many that come slowly, or a
    storage that refuses, ends the asking: what is asked for afterwards is not there.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._given_up = False
        self._left = PATIENCE_IN_ALL

    def record(self, entry: IndexEntry) -> Record | None:
        """The record that lies where `entry` says; ``None`` when it cannot be had, for whatever reason."""
        if self._given_up:
            return None
        answer: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        # A daemon: a server that never answers must not keep the process alive either.
        threading.Thread(target=lambda: answer.put(self._read(entry)), daemon=True).start()
        begun = time.monotonic()
        try:
            return answer.get(timeout=min(PATIENCE, self._left))
        except queue.Empty:
            self._given_up = True
            return None
        finally:
            self._left -= time.monotonic() - begun
            self._given_up |= self._left <= 0

    def _read(self, entry: IndexEntry) -> Record | None:
        try:
            if self._storage.find(entry.file) is None:
                return None
            with self._storage.open(entry.file) as file:
                return record_at(file, entry.offset, entry.length, name=entry.file)
        except (NotHereError, DamagedError):
            return None
        except ArchiveError:
            self._given_up = True
            return None
