"""Reads records of remote files with a time limit, so that a slow server cannot stop a writer."""

import queue
import threading
import time

from archive.cdxj import IndexEntry
from archive.errors import ArchiveError, DamagedError
from archive.reading import record_at
from archive.record import Record
from archive.storage import NotStoredError, Storage

#: Seconds one look-up may take, and all look-ups of a writer together.
PATIENCE, PATIENCE_IN_ALL = 2.0, 60.0


class RemoteRecords:
    """Records of a storage's closed files, for a writer that must not wait long.

    A crawl stops while its writer waits. So after one slow answer, many moderately slow ones, or an error of the
    storage, no more look-ups are made: every later record counts as not found.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._given_up = False
        self._left = PATIENCE_IN_ALL

    def read(self, entry: IndexEntry) -> Record | None:
        """Return the record at the location in `entry`; ``None`` if it cannot be read for any reason."""
        if self._given_up:
            return None
        answer: queue.SimpleQueue[Record | None] = queue.SimpleQueue()
        # A daemon, so that a server that never answers does not keep the process alive.
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
        except (NotStoredError, DamagedError):
            return None
        except ArchiveError:
            self._given_up = True
            return None
