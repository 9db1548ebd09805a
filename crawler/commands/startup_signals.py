"""Defers SIGINT and SIGTERM while a long-running command starts.

A command needs up to some seconds to import its modules and open the store. By default, SIGTERM would kill it during
that time, with an undocumented exit code. Instead the first signal is remembered, and the
command ends as soon as it has installed its own handlers. A second signal ends the process immediately.

A process can still be killed before Python runs this module. A parent that needs certainty blocks the signals while it
starts the process: the child inherits the blocked signals and receives them once `defer` unblocks them.
"""

import signal
from types import FrameType

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)

_is_stop_requested = False


def defer() -> None:
    """Remember the first stop signal from now on. Call this in the main thread."""
    for number in STOP_SIGNALS:
        signal.signal(number, _remember)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)


def is_stop_requested() -> bool:
    """True if a deferred signal was received. To be checked after the command's own handlers are installed."""
    return _is_stop_requested


def _remember(number: int, frame: FrameType | None) -> None:
    global _is_stop_requested
    _is_stop_requested = True
    for each in STOP_SIGNALS:
        signal.signal(each, signal.SIG_DFL)
