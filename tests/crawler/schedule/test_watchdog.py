"""The watchdog: a crawl ends with its worker and with its lease."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import pytest

#: The tied process: reports that it is tied, then goes on for a minute.
TIED = """
import sys, time
from crawler.schedule import watchdog
watchdog.tie_to_worker(int(sys.argv[1]), time.monotonic() + float(sys.argv[2]))
print("tied", flush=True)
time.sleep(60)
"""

#: A worker that starts a tied process, whose pipe is kept open by the test.
WORKER = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", sys.argv[1], str(os.getpid()), "60"], stdin=0, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def start_tied(seconds: float, worker: int | None = None) -> subprocess.Popen:
    command = [sys.executable, "-c", TIED, str(worker or os.getpid()), str(seconds)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def wait_until_gone(process: int) -> None:
    while True:
        with open(f"/proc/{process}/stat") as stat:
            if stat.read().rpartition(")")[2].split()[0] == "Z":
                return
        time.sleep(0.05)


def test_crawl_ends_when_the_pipe_closes():
    with start_tied(60) as child:
        assert child.stdout.readline() == b"tied\n"
        child.stdin.close()
        assert child.wait(30) == -signal.SIGKILL


def test_crawl_ends_when_its_time_is_over():
    with start_tied(0.2) as child:
        assert child.wait(30) == -signal.SIGKILL


@pytest.mark.slow
def test_crawl_goes_on_while_its_time_is_extended():
    with start_tied(1) as child:
        assert child.stdout.readline() == b"tied\n"
        child.stdin.write(b"%r\n%r" % (time.monotonic() + 3600, time.monotonic() - 9))  # the second line is incomplete
        child.stdin.flush()
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(2)
        child.stdin.write(b"\n")
        child.stdin.flush()
        assert child.wait(30) == -signal.SIGKILL


def test_crawl_does_not_start_without_its_worker():
    with start_tied(60, worker=1) as child:
        assert child.communicate(timeout=30)[0] == b""
        assert child.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals a parent's death")
def test_crawl_ends_with_killed_worker_even_if_the_pipe_is_open():
    worker = subprocess.Popen([sys.executable, "-c", WORKER, TIED], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child = int(worker.stdout.readline())
    worker.kill()
    worker.wait()
    with suppress(FileNotFoundError):  # init has already reaped it
        wait_until_gone(child)
    worker.stdin.close()
    worker.stdout.close()
