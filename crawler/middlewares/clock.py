"""The clock of the politeness middlewares."""

import asyncio
import time
from functools import partial
from typing import Protocol

_HAS_BOOT_TIME = hasattr(time, "CLOCK_BOOTTIME")


class Clock(Protocol):
    """A clock that can also wait. Tests replace it by one whose waits take no time."""

    def now(self) -> float:
        """Return seconds since the epoch (UTC)."""

    async def sleep(self, seconds: float) -> None:
        """Wait for some seconds."""


class SteadyClock:
    """The time at start-up plus a monotonic clock, so that adjusting the system clock shortens no delay.

    `start` is the time at start-up (seconds since the epoch), by default the system's. Crawls that share a database
    start from its time: they compare times, and the clocks of machines differ. Where the system has CLOCK_BOOTTIME,
    suspend time counts: a lease has expired after its machine slept.
    """

    def __init__(self, start: float | None = None) -> None:
        self._monotonic = partial(time.clock_gettime, time.CLOCK_BOOTTIME) if _HAS_BOOT_TIME else time.monotonic
        self._epoch = (time.time() if start is None else start) - self._monotonic()

    def now(self) -> float:
        """Return seconds since the epoch (UTC)."""
        return self._epoch + self._monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the running asyncio loop."""
        await asyncio.sleep(seconds)
