"""Third-party tools applied to our files. They are not dependencies: if one is missing, its test is skipped.

``BROADSHEET_PEERS`` is a list of their folders like ``PATH``; each tool has its own virtual environment.
"""

import os
import shutil
import subprocess
from collections.abc import Callable

import pytest


@pytest.fixture
def peer() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs a tool, or returns its path if called without arguments. Skips without the tool."""

    def run(name: str, *args: object, **options):
        path = shutil.which(name, path=os.pathsep.join((os.environ.get("BROADSHEET_PEERS", ""), os.environ["PATH"])))
        if path is None:
            pytest.skip(f"needs {name}: add its folder to BROADSHEET_PEERS")
        command = [path, *map(str, args)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)

    return run
