"""A crawl in a process of its own, so that one bad site cannot stop the rest."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Self

#: Octets of what a crawl last said on its standard error that are kept.
_KEPT = 4096


class Child:
    """A running crawl that lives no longer than its worker, see `crawler.schedule.watchdog`."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._said = b""

    @classmethod
    async def start(cls, command: Sequence[str], environment: Mapping[str, str]) -> Self:
        """Start `command`. To be called in the main thread: the kernel ties a process to the *thread* that made it.

        In a session of its own: Ctrl-C at the terminal is the worker's to pass on.
        """
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=PIPE,
            stdout=DEVNULL,
            stderr=PIPE,
            env={**os.environ, **environment},
            start_new_session=True,
        )
        return cls(process)

    def hold_until(self, deadline: float) -> None:
        """Let it go on until `deadline`, monotonic seconds."""
        assert self._process.stdin is not None
        with suppress(ConnectionError):  # it has just ended, which `wait` tells
            self._process.stdin.write(f"{deadline!r}\n".encode())

    def stop(self) -> None:
        """Ask it to end: what is in flight is kept, nothing more is asked for."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Its exit code, negative the signal that ended it."""
        assert self._process.stderr is not None
        while said := await self._process.stderr.read(_KEPT):
            self._said = (self._said + said)[-_KEPT:]
        return await self._process.wait()

    @property
    def last_words(self) -> str:
        """The last line it wrote to its standard error."""
        lines = self._said.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip() if lines else ""

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)
