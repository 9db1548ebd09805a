"""The child process of a task."""

import os
from threading import Thread

#: The exit code of a child whose parent died.
_PARENT_DIED = 137


def exit_with_parent() -> None:
    """End this process at once when its parent dies: standard input is a pipe from it that is never written to."""
    Thread(target=_wait_for_end, name="exit with parent", daemon=True).start()


def _wait_for_end() -> None:
    while os.read(0, 1):
        pass
    os._exit(_PARENT_DIED)
