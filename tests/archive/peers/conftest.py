"""Other people's tools over files of ours. They are no part of the project: where one is missing its test is skipped.

``BROADSHEET_PEERS`` names the folders they lie in, as ``PATH`` does: each tool in a virtual environment of its own.
"""

import os
import shutil
import subprocess
from collections.abc import Callable

import pytest


@pytest.fixture
def peer() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a tool by its name, or gives its path when it is given no arguments; skips the test without it."""

    def run(name: str, *args: object, **options):
        path = shutil.which(name, path=os.pathsep.join((os.environ.get("BROADSHEET_PEERS", ""), os.environ["PATH"])))
        if path is None:
            pytest.skip(f"needs {name}: name the folder it lies in with BROADSHEET_PEERS")
        command = [path, *map(str, args)]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, **options)

    return run
