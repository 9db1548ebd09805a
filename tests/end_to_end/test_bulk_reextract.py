"""``reextract --warc`` over many files: processes, a Dask cluster and a bucket give the same bytes."""

import gzip
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

boto3 = pytest.importorskip("boto3")
psutil = pytest.importorskip("psutil")
pytest.importorskip("distributed")

FILES, PAGES = 4, 2
CHUNKS = ("--chunk-files", "2")


def record(kind: str, number: int, url: str, block: bytes, *fields: str) -> bytes:
    head = f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:x:{number}>\r\nWARC-Target-URI: {url}\r\n"
    head += f"WARC-Date: 2031-07-09T08:{number // 60:02}:{number % 60:02}Z\r\nContent-Type: application/http\r\n"
    head += "".join(f"{field}\r\n" for field in fields) + f"Content-Length: {len(block)}\r\n\r\n"
    return gzip.compress(head.encode() + block + b"\r\n\r\n", mtime=0)


def page(number: int) -> bytes:
    lines = "".join(f"<p>Sentence {line} of story {number} tells what the council decided.</p>" for line in range(5))
    html = f"<html><head><title>Story {number}</title></head><body><article><h1>Story {number}</h1>{lines}</article>"
    return b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html.encode() + b"</body></html>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Files of two pages each; the last one also has a revisit of a page in the first."""
    folder = tmp_path_factory.mktemp("bulk")
    for file in range(FILES):
        numbers = range(file * PAGES, (file + 1) * PAGES)
        data = b"".join(record("response", n, f"http://news.example.org/{n}.html", page(n)) for n in numbers)
        if file == FILES - 1:
            same = "WARC-Profile: http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
            of = ("WARC-Refers-To: <urn:x:0>", "WARC-Refers-To-Target-URI: http://news.example.org/0.html")
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
            data += record("revisit", 900, "http://news.example.org/0.html", head, same, *of)
        (folder / f"part-{file}.warc.gz").write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def expected(run, folder, tmp_path_factory) -> str:
    """The output of one process at a time."""
    out = tmp_path_factory.mktemp("one") / "items.jsonl"
    done = run("reextract", "--warc", folder, "--out", out, *CHUNKS)
    assert done.returncode == 0, done.stderr
    assert f"{FILES * PAGES} items written" in done.stdout
    assert "1 skipped (1 unchanged since a capture in another file)" in done.stdout
    return out.read_text()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextmanager
def cluster(workers: int) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """A scheduler and workers started by our command. Yields its address and the processes, the scheduler first."""
    address = f"tcp://127.0.0.1:{free_port()}"
    start = [sys.executable, "-c", "from crawler.commands import main; main()", "cluster"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    started = [subprocess.Popen([*start, "scheduler", address], **quiet)]
    started += [subprocess.Popen([*start, "worker", address], **quiet) for _ in range(workers)]
    try:
        from distributed import Client

        with Client(address, timeout=60, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        yield address, started
    finally:
        for process in started:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_files_read_together_or_in_chunks_give_the_same_items(run, folder, expected):
    done = run("reextract", "--warc", folder)
    assert done.returncode == 0, done.stderr
    items = [json.loads(line) for line in done.stdout.splitlines()]
    once = {item["provenance"]["record_id"]: item for item in items}
    again = once.pop("<urn:x:900>", None) or once.pop("urn:x:900")
    assert again["title"] == "Story 0"
    assert sorted(map(json.dumps, once.values())) == sorted(
        json.dumps(json.loads(one)) for one in expected.splitlines()
    )


def test_two_processes_and_a_bucket_give_the_same_bytes(run, folder, expected, tmp_path, s3):
    out = tmp_path / "items.jsonl"
    done = run("reextract", "--warc", folder, "--out", out, "--jobs", "2", *CHUNKS)
    assert (done.returncode, out.read_text()) == (0, expected), done.stderr
    bucket, _, prefix = s3.removeprefix("s3://").partition("/")
    for path in sorted(folder.iterdir()):
        boto3.client("s3").upload_file(str(path), bucket, f"{prefix}/2031/{path.name}")
    done = run("reextract", "--warc", s3, "--out", out, "--jobs", "2", *CHUNKS)
    assert (done.returncode, out.read_text()) == (0, expected), done.stderr


def test_a_faulty_file_is_named_and_the_others_are_read(run, folder, expected, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    broken = copy / "part-2.warc.gz"
    broken.write_bytes(broken.read_bytes()[:200])
    done = run("reextract", "--warc", copy, "--warc", tmp_path / "none", "--out", tmp_path / "out", *CHUNKS)
    assert done.returncode == 1
    assert "part-2.warc.gz" in done.stderr
    assert f"{tmp_path / 'none'}: no such file" in done.stderr
    left = [line for line in expected.splitlines() if '"part-2.warc.gz"' not in line]
    assert (tmp_path / "out").read_text().splitlines() == left


def test_a_rerun_reads_only_new_and_changed_files(run, folder, tmp_path):
    copy, parts, out = shutil.copytree(folder, tmp_path / "copy"), tmp_path / "parts", tmp_path / "out"
    command = ("reextract", "--warc", copy, "--out", out, "--parts", parts, *CHUNKS)
    assert run(*command).returncode == 0
    before = {path.name: path.stat().st_mtime_ns for path in parts.iterdir()}
    os.utime(copy / "part-3.warc.gz", ns=(1, 1))
    assert run(*command).returncode == 0
    after = {path.name: path.stat().st_mtime_ns for path in parts.iterdir()}
    assert before.items() <= after.items()
    assert len(after) == len(before) + 2  # one output and its account


def test_a_killed_worker_costs_nothing(run, folder, expected, tmp_path):
    with cluster(2) as (address, (_, victim, _)):
        out = tmp_path / "items.jsonl"
        command = [sys.executable, "-c", "from crawler.commands import main; main()", "reextract", "--cluster", address]
        command += ["--warc", str(folder), "--out", str(out), *CHUNKS]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as bulk:
            while not any("reextract" in one.cmdline() for one in psutil.Process(victim.pid).children(recursive=True)):
                assert bulk.poll() is None, bulk.stderr.read()
                time.sleep(0.02)
            os.killpg(victim.pid, signal.SIGKILL)
            _, errors = bulk.communicate(timeout=120)
        assert (bulk.returncode, out.read_text()) == (0, expected), errors


def test_a_lost_scheduler_is_one_line_and_a_rerun_goes_on(run, folder, expected, tmp_path):
    out, parts = tmp_path / "items.jsonl", tmp_path / "items.jsonl.parts"
    with cluster(1) as (address, (scheduler, _)):
        command = [sys.executable, "-c", "from crawler.commands import main; main()", "reextract", "--cluster", address]
        command += ["--warc", str(folder), "--out", str(out), *CHUNKS]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as bulk:
            while not list(parts.glob("*.json")):
                assert bulk.poll() is None, bulk.stderr.read()
                time.sleep(0.02)
            os.killpg(scheduler.pid, signal.SIGKILL)
            _, errors = bulk.communicate(timeout=120)
    assert bulk.returncode == 1
    assert "broadsheet: the Dask scheduler at" in errors
    assert "Traceback" not in errors
    assert not out.exists()
    kept = {path: path.stat().st_mtime_ns for path in parts.glob("*.json")}
    done = run("reextract", "--warc", folder, "--out", out, *CHUNKS)
    assert (done.returncode, out.read_text()) == (0, expected), done.stderr
    assert kept
    assert not parts.exists()
