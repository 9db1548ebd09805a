"""The time as politeness counts it, and waiting."""

import asyncio
import time
from functools import partial
from typing import Protocol

_KNOWS_SLEEP = hasattr(time, "CLOCK_BOOTTIME")


class Clock(Protocol):
    """Tells the time and waits. Tests have one that does not take its time."""

    def now(self) -> float:
        """Seconds since the epoch (UTC)."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SteadyClock:
    """The system's clock as it stood at the start, steadily advanced: an adjusted system clock shortens no delay.

    The time a machine sleeps counts, where the system can tell: claims of a crawl that slept are over by then.
    """

    def __init__(self) -> None:
        self._steady = partial(time.clock_gettime, time.CLOCK_BOOTTIME) if _KNOWS_SLEEP else time.monotonic
        self._epoch = time.time() - self._steady()

    def now(self) -> float:
        """Seconds since the epoch (UTC)."""
        return self._epoch + self._steady()

    async def sleep(self, seconds: float) -> None:
        """Wait on the running asyncio loop."""
        await asyncio.sleep(seconds)
