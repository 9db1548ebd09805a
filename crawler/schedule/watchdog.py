"""What ties a crawl to its worker: no crawl outlives it, nor goes on when the worker has lost its word.

The worker writes to the crawl's standard input until when the crawl may go on: a reading of this machine's monotonic
clock, later each time the database has taken the worker's word that it lives. The crawl ends at once, as if killed,
when the pipe closes (the worker is dead) or the time passes (the worker is frozen or cut off, and others may take its
visits over). A crawl that ends so loses nothing it reported; see the archive's recovery.
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


def hold_to(worker: int, until: float) -> None:
    """Tie this process to the process `worker`, its parent, and to the time `until` (monotonic seconds) at first."""
    if sys.platform == "linux":  # the kernel's word is quicker than ours, and holds where no thread gets to run
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != worker:  # it died before the line above
        _end()
    threading.Thread(target=_watch, args=(until,), name="lifeline", daemon=True).start()


def _watch(until: float) -> NoReturn:
    begun = b""
    while (left := until - time.monotonic()) > 0:
        if not select.select([_STDIN], [], [], min(left, 3600))[0]:
            continue
        said = os.read(_STDIN, 4096)
        if not said:
            break
        *lines, begun = (begun + said).split(b"\n")
        if lines:
            until = float(lines[-1])
    _end()


def _end() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a killed process goes on")
