"""The watchdog that ties a crawl to its worker: the crawl ends when its worker dies or loses its lease.

The worker writes to the crawl's standard input the time until which the crawl may go on, on this machine's monotonic
clock. It writes a later time after each heartbeat that reached the database. The crawl kills itself when the pipe
closes (the worker is dead) or when the time passes (the worker is frozen or cut off, and its visits may be reclaimed).
This loses nothing that the crawl has reported; see the archive's recovery.
"""

import ctypes
import os
import select
import signal
import sys
import threading
import time
from typing import NoReturn

_PR_SET_PDEATHSIG = 1  # prctl(2)

_STDIN = 0


def tie_to_worker(worker: int, until: float) -> None:
    """Tie this process to its parent, the process `worker`, and let it go on until `until` (monotonic seconds)."""
    if sys.platform == "linux":  # the kernel's signal is faster than our thread, and works even if no thread runs
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != worker:  # the worker died before the line above
        _kill_self()
    threading.Thread(target=_watch, args=(until,), name="watchdog", daemon=True).start()


def _watch(until: float) -> NoReturn:
    partial_line = b""
    while (left := until - time.monotonic()) > 0:
        if not select.select([_STDIN], [], [], min(left, 3600))[0]:
            continue
        data = os.read(_STDIN, 4096)
        if not data:
            break
        *lines, partial_line = (partial_line + data).split(b"\n")
        if lines:
            until = float(lines[-1])
    _kill_self()


def _kill_self() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still running after SIGKILL")
