"""Index entries that wait a moment, so that one transaction can take many of them."""

import threading
import time
from collections.abc import Callable

from archive.cdxj import IndexEntry
from archive.errors import IndexAccessError

#: Most entries that wait.
MOST = 100

#: Seconds an entry waits at most.
LONGEST = 1.0


class WriteBuffer:
    """Hands entries to `enter` many at a time: when `MOST` wait, or the first has waited for `LONGEST` seconds.

    When crawling is slow each entry goes at once: only what follows another within a second waits. Entries that `enter`
    refuses are kept and handed over again with the next. `lock` is held meanwhile: the one `enter` itself takes.
    """

    def __init__(self, enter: Callable[[list[IndexEntry]], None], lock: threading.RLock) -> None:
        self._enter = enter
        self._lock = lock
        self._waiting: list[IndexEntry] = []
        self._entered_at = float("-inf")
        self._timer: threading.Timer | None = None

    def add(self, entry: IndexEntry) -> None:
        """Take `entry` in. Raises what `enter` raises."""
        with self._lock:
            self._waiting.append(entry)
            if len(self._waiting) >= MOST or time.monotonic() - self._entered_at >= LONGEST:
                self.flush()
            elif self._timer is None:
                self._timer = threading.Timer(LONGEST, self._flush_late)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Hand over every entry that waits. Raises what `enter` raises."""
        if not self._waiting:
            return
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._enter(self._waiting)
            self._waiting = []
            self._entered_at = time.monotonic()

    def flush_if(self, wanted: Callable[[IndexEntry], bool]) -> None:
        """Hand over what waits when one is `wanted`: a look-up that none of them matters to need not end the wait."""
        with self._lock:
            if any(map(wanted, self._waiting)):
                self.flush()

    def _flush_late(self) -> None:
        try:
            self.flush()
        except IndexAccessError:
            return  # no one to tell in this thread; the entries are kept, and the next call meets the same trouble
