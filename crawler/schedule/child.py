"""A crawl in a child process, so that a faulty site cannot affect the others."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Self

#: Bytes kept from the end of a crawl's standard error.
_STDERR_TAIL = 4096


class Child:
    """A running crawl that cannot outlive its worker; see `crawler.schedule.watchdog`."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._stderr = b""

    @classmethod
    async def start(cls, command: Sequence[str], environment: Mapping[str, str]) -> Self:
        """Start `command`. Call this in the main thread: Linux ties a process to the *thread* that created it.

        The child gets its own session, so that Ctrl-C in the terminal reaches only the worker.
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

    def extend_until(self, deadline: float) -> None:
        """Allow the crawl to go on until `deadline` (monotonic seconds)."""
        assert self._process.stdin is not None
        with suppress(ConnectionError):  # the crawl has just ended; `wait` reports it
            self._process.stdin.write(f"{deadline!r}\n".encode())

    def stop(self) -> None:
        """Ask the crawl to end gracefully: it finishes the requests in progress and sends no others."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the crawl immediately."""
        self._signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Wait for the end and return the exit code, or the negative number of the signal that killed it."""
        assert self._process.stderr is not None
        while data := await self._process.stderr.read(_STDERR_TAIL):
            self._stderr = (self._stderr + data)[-_STDERR_TAIL:]
        return await self._process.wait()

    @property
    def last_error_line(self) -> str:
        """The last line that the crawl wrote to standard error."""
        lines = self._stderr.decode("utf-8", "replace").strip().splitlines()
        return lines[-1].strip() if lines else ""

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            self._process.send_signal(number)
