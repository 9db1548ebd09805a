"""The whole house: real crawls of the sample portals by the installed command, in processes of their own."""

import fcntl
import functools
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


def python(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run this Python with `arguments` in the project's folder; its exit code and what it printed."""
    command = [sys.executable, *map(str, arguments)]
    env = environment() | environ
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, cwd=PROJECT, env=env)


def broadsheet(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run ``broadsheet``."""
    return python("-c", "from crawler.commands import main; main()", *arguments, **environ)


@pytest.fixture(scope="session")
def scrapy() -> Run:
    return functools.partial(python, "-m", "scrapy")


@pytest.fixture(scope="session", name="python")
def run_python() -> Run:
    return python


@pytest.fixture(scope="session")
def run() -> Run:
    return broadsheet


@pytest.fixture(scope="session")
def demo(tmp_path_factory, worker_id) -> tuple[Path, dict]:
    """A demo run: its data folder and its summary. One run serves all workers, so no test may change its files."""
    base = tmp_path_factory.getbasetemp()
    folder = base if worker_id == "master" else base.parent  # of a worker, what all of them have
    summary = folder / "demo.json"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not summary.exists():
            done = broadsheet("demo", "--data", folder / "demo", "--json")
            assert done.returncode == 0, done.stderr
            summary.write_text(done.stdout)
    return folder / "demo", json.loads(summary.read_text())
