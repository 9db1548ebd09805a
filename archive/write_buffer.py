"""Buffer of index entries, so that one transaction can write many of them."""

import threading
import time
from collections.abc import Callable

from archive.cdxj import IndexEntry
from archive.errors import IndexAccessError

#: Most entries buffered.
MAX_ENTRIES = 100

#: Longest time an entry is buffered, in seconds.
MAX_DELAY = 1.0


class WriteBuffer:
    """Passes entries to `enter` in batches: once `MAX_ENTRIES` are buffered, or `MAX_DELAY` seconds after the first.

    If a crawl is slow, each entry is written at once: only an entry that follows another within `MAX_DELAY` is
    buffered. If `enter` fails, the entries are kept and passed again with the next one. `lock`, the lock that `enter`
    itself takes, is held during each call.
    """

    def __init__(self, enter: Callable[[list[IndexEntry]], None], lock: threading.RLock) -> None:
        self._enter = enter
        self._lock = lock
        self._entries: list[IndexEntry] = []
        self._flushed_at = float("-inf")
        self._timer: threading.Timer | None = None

    def add(self, entry: IndexEntry) -> None:
        """Buffer or write `entry`. Raises what `enter` raises."""
        with self._lock:
            self._entries.append(entry)
            if len(self._entries) >= MAX_ENTRIES or time.monotonic() - self._flushed_at >= MAX_DELAY:
                self.flush()
            elif self._timer is None:
                self._timer = threading.Timer(MAX_DELAY, self._flush_late)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Write all buffered entries. Raises what `enter` raises."""
        if not self._entries:
            return
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._enter(self._entries)
            self._entries = []
            self._flushed_at = time.monotonic()

    def flush_if(self, is_relevant: Callable[[IndexEntry], bool]) -> None:
        """Write all buffered entries if one of them is relevant to the caller's look-up."""
        with self._lock:
            if any(map(is_relevant, self._entries)):
                self.flush()

    def _flush_late(self) -> None:
        try:
            self.flush()
        except IndexAccessError:
            return  # this thread has no caller; the entries are kept, and the next call gets the error
