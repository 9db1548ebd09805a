"""End to end: real crawls of the sample portals by the installed command, each in its own process."""

import fcntl
import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from forked import run_broadsheet
from visit_reports import check_stored_reports

Run = Callable[..., subprocess.CompletedProcess[str]]

#: Seconds after which a command that has not ended has failed.
PATIENCE = 120

PROJECT = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str]:
    """Return this process's environment without the tester's own settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}


def python(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run this Python with `arguments` in the project's folder and return its exit code and output."""
    command = [sys.executable, *map(str, arguments)]
    env = environment() | environ
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, cwd=PROJECT, env=env)


def broadsheet(*arguments: object, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run ``broadsheet`` in the project's folder and return its exit code and output. Check crawls' reports."""
    done = run_broadsheet(*map(str, arguments), cwd=PROJECT, env=environment() | environ, timeout=PATIENCE)
    if arguments[0] in ("crawl", "demo") and "--data" in arguments:
        check_stored_reports(Path(arguments[arguments.index("--data") + 1]))
    return done


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
    """Return a demo run's data folder and summary. All workers share one run, so no test may change its files."""
    base = tmp_path_factory.getbasetemp()
    folder = base if worker_id == "master" else base.parent  # shared by all workers
    summary = folder / "demo.json"
    with (folder / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not summary.exists():
            done = broadsheet("demo", "--data", folder / "demo", "--json")
            assert done.returncode == 0, done.stderr
            summary.write_text(done.stdout)
    return folder / "demo", json.loads(summary.read_text())
