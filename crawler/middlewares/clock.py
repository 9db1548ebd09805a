"""The time as politeness counts it, and waiting."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits. Tests have one that does not take its time."""

    def now(self) -> float:
        """Seconds since the epoch (UTC)."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SteadyClock:
    """The system's clock as it stood at the start, steadily advanced: an adjusted system clock shortens no delay."""

    def __init__(self) -> None:
        self._epoch = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch (UTC)."""
        return self._epoch + time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait on the running asyncio loop."""
        await asyncio.sleep(seconds)
