"""Progress of an import: files and bytes done, the rate, and how long the rest will take."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.filesize import decimal
from rich.live import Live

#: Seconds between two lines if they are not shown in place.
INTERVAL = 30.0


class ImportProgress:
    """Counts the bytes of the files that are imported, given their sizes, and says how long the rest will take.

    Files that the archive had already count as done, but not for the rate.
    """

    def __init__(self, sizes: Mapping[Path, int], clock: Callable[[], float] = time.monotonic) -> None:
        self._sizes = sizes
        self._clock = clock
        self._start = clock()
        self._files = 0
        self._done = 0
        self._read = 0
        self._position = 0

    def move(self, position: int) -> None:
        """Note that the current file was read to `position`."""
        self._position = max(self._position, position)

    def finish(self, file: Path, *, is_new: bool) -> None:
        """Note that a file is done; `is_new` is false if the archive had it."""
        self._files += 1
        self._done += self._sizes[file]
        self._read += self._sizes[file] if is_new else 0
        self._position = 0

    def seconds_left(self) -> float | None:
        """Return the estimated time for the rest; ``None`` before anything was read."""
        read = self._read + self._position
        elapsed = self._clock() - self._start
        if read == 0 or elapsed <= 0:
            return None
        return max(0, sum(self._sizes.values()) - self._done - self._position) * elapsed / read

    def describe(self) -> str:
        """Return the progress as one line."""
        total = sum(self._sizes.values())
        text = f"{self._files} of {len(self._sizes)} files, {decimal(self._done + self._position)} of {decimal(total)}"
        elapsed, left = self._clock() - self._start, self.seconds_left()
        if left is None:
            return text
        rate = (self._read + self._position) / elapsed
        return f"{text}, {decimal(int(rate))}/s, about {format_duration(left)} left"


def format_duration(seconds: float) -> str:
    """Return a duration in one unit: seconds, minutes or hours."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


class ShownProgress:
    """Shows `progress` on stderr: in place on a terminal, else as a line every half minute."""

    def __init__(self, progress: ImportProgress, *, shown: bool = True) -> None:
        self._progress = progress
        self._console = Console(stderr=True, quiet=not shown)
        self._live = Live(console=self._console, transient=True, auto_refresh=False)
        self._next = time.monotonic() + (0.2 if self._console.is_terminal else INTERVAL)

    def __enter__(self) -> "ShownProgress":
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def move(self, position: int) -> None:
        """Note that the current file was read to `position`."""
        self._progress.move(position)
        now = time.monotonic()
        if now < self._next:
            return
        if self._console.is_terminal:
            self._live.update(self._progress.describe(), refresh=True)
            self._next = now + 0.2
        else:
            self._console.print(self._progress.describe(), markup=False, highlight=False, soft_wrap=True)
            self._next = now + INTERVAL
