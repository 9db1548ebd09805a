"""SIGINT and SIGTERM at several moments while a long-running command starts."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from crawler.store import Store

#: Signals per command, spread over its start-up.
MOMENTS = 6

TIMEOUT = 60.0


class SlowPage(BaseHTTPRequestHandler):
    """Answers each request after a second, so that a crawl takes longer than its start-up."""

    def do_GET(self) -> None:
        self.server.requested.set()
        time.sleep(1)
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html><body><p>Nothing here.</p></body></html>")

    def log_message(self, *args: object) -> None:
        """Write no log."""


@pytest.fixture
def portal() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), SlowPage)
    server.requested = threading.Event()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def start(tmp_path: Path, portal: ThreadingHTTPServer) -> Callable[..., subprocess.Popen[str]]:
    """Start a command with its stop signals blocked, as `startup_signals` advises."""
    home = f"http://127.0.0.1:{portal.server_port}/"
    site = f'name = "paper"\nhome = "{home}"\nhosts = ["127.0.0.1"]\n[articles]\npath = "/news/"\n'
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites" / "paper.toml").write_text(f'{site}[crawl]\ncadence = "manual"\n')
    environ = {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}
    environ |= {"BROADSHEET_SITES": str(tmp_path / "sites"), "BROADSHEET_CONTACT": "mailto:desk@example.org"}

    def start_command(*words: str, data: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", "from crawler.commands import main; main()", *words]
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT, signal.SIGTERM])
        try:
            return subprocess.Popen(
                command,
                env=environ | {"BROADSHEET_DATA": str(tmp_path / data)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)

    return start_command


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "number", "code"),
    [
        (["worker"], signal.SIGTERM, 0),
        (["schedule", "run"], signal.SIGTERM, 0),
        (["crawl", "paper"], signal.SIGTERM, 130),
        (["crawl", "paper"], signal.SIGINT, 130),
    ],
    ids=["worker-SIGTERM", "schedule-SIGTERM", "crawl-SIGTERM", "crawl-SIGINT"],
)
def test_signal_during_startup_ends_command_with_documented_code(start, portal, tmp_path, words, number, code):
    began = time.monotonic()
    with start(*words, data="measured") as process:
        if words[0] == "crawl":
            assert portal.requested.wait(TIMEOUT)
        else:
            assert any("worker with 2 slots" in line for line in process.stderr)
        startup = time.monotonic() - began
        process.send_signal(number)
        process.communicate(timeout=TIMEOUT)
        assert process.returncode == code

    def stop_after(share: float) -> tuple[int, str]:
        with start(*words, data=f"data-{share}") as process:
            time.sleep(share * startup)
            process.send_signal(number)
            _, errors = process.communicate(timeout=TIMEOUT)
            return process.returncode, errors

    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(stop_after, [1.1 * moment / MOMENTS for moment in range(MOMENTS)]))
    assert [result[0] for result in results] == [code] * MOMENTS, results
    assert not any("Traceback" in errors for _, errors in results), results
    for folder in tmp_path.glob("data-*"):
        with Store.open(folder / "broadsheet.sqlite3") as store:
            assert store.visits.nodes() == []
            assert all(visit.state == "ended" for visit in store.visits.history())
            assert all(run.outcome == "stopped" for run in store.runs.list())


@pytest.mark.slow
def test_second_signal_during_startup_kills_the_process():
    code = "import signal, time; from crawler.commands import startup_signals; startup_signals.defer()"
    program = f"{code}; print('ready', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.5)
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT) == -signal.SIGTERM


@pytest.mark.slow
def test_short_commands_keep_the_default_handling_of_signals():
    code = "import signal, atexit; atexit.register(lambda: print(signal.getsignal(signal.SIGTERM).name))"
    command = [sys.executable, "-c", f"{code}; from crawler.commands import main; main()", "schedule", "list", "--help"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1] == "SIG_DFL"
