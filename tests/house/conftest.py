"""The whole house: real crawls of the sample portals by the installed command, in processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]

#: Seconds after which a command that has not ended is a failure, not a figure.
PATIENCE = 120

PROJECT = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str]:
    """The process's environment without settings of the person who runs the tests."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}


def broadsheet(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run ``broadsheet`` with `arguments`; its exit code and what it printed."""
    return subprocess.run(
        [sys.executable, "-c", "from crawler.commands import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=PROJECT,
        env=environment() | environ,
    )


@pytest.fixture(scope="session")
def run() -> Run:
    return broadsheet


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> tuple[Path, dict]:
    """A demo run: its data folder and its summary."""
    data = tmp_path_factory.mktemp("demo")
    done = broadsheet("demo", "--data", data, "--json")
    assert done.returncode == 0, done.stderr
    return data, json.loads(done.stdout)
