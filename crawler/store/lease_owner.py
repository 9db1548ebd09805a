"""Names for lease owners: one per crawl or worker, so that the leases of dead processes can be recognized."""

import os
import platform
import uuid
from functools import cache
from pathlib import Path


@cache
def _process_namespace() -> str:
    """Return a name for the scope in which process ids are unique: this boot of this machine, and its container."""
    parts = [platform.node()]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip())
        parts.append(str(Path("/proc/self/ns/pid").stat().st_ino))
    except OSError:
        parts.append("no /proc")  # not Linux: the host name has to suffice
    return "/".join(parts)


def new_lease_owner() -> str:
    """Return a unique owner name that identifies this process."""
    return f"{_process_namespace()}#{os.getpid()}#{uuid.uuid4().hex}"


def describe_owner(owner: str | None) -> str:
    """Return the process and machine of `owner`, for messages."""
    namespace, _, process = (owner or "").rpartition("#")[0].rpartition("#")
    return f"process {process} on {namespace.partition('/')[0]}" if process else f"process {owner}"


def interruption_of(owner: str | None) -> str:
    """Return why the work of `owner` was interrupted, for messages."""
    return f"{describe_owner(owner)} died or lost contact"


def is_dead(owner: str) -> bool:
    """True if `owner` was a process of this machine that has ended. False for processes of other machines."""
    namespace, _, process = owner.rpartition("#")[0].rpartition("#")
    if namespace != _process_namespace() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False
