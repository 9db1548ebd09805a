"""Who holds a claim: one crawl in one process, so that a claim of a dead process can be told from a living one's."""

import os
import platform
import uuid
from functools import cache
from pathlib import Path


@cache
def _machine() -> str:
    """What process numbers are unique in: this boot of this machine, and within it this container."""
    parts = [platform.node()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append(str(Path("/proc/self/ns/pid").stat().st_ino))
    except OSError:
        parts.append("no /proc")  # not Linux: the machine's name must do
    return "/".join(parts)


def new_holder() -> str:
    """A name for a crawl of this process, unlike any other."""
    return f"{_machine()}#{os.getpid()}#{uuid.uuid4().hex}"


def in_words(holder: str | None) -> str:
    """`holder` for people: its process and machine."""
    machine, _, process = (holder or "").rpartition("#")[0].rpartition("#")
    return f"process {process} on {machine.partition('/')[0]}" if process else f"process {holder}"


def is_dead(holder: str) -> bool:
    """Whether `holder` was a process of this machine that is no more; of other machines nothing is known."""
    machine, _, rest = holder.rpartition("#")[0].rpartition("#")
    if machine != _machine() or not rest.isdigit():
        return False
    try:
        os.kill(int(rest), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False
