"""A crawl on a full disk: it fails with the cause in words, and the next crawl after space is freed loses nothing."""

import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from portal_shapes import NumberedPortal

from crawler.demo import DemoServer, write_site_files
from crawler.store import Store

PROJECT = Path(__file__).resolve().parents[2]
ARTICLES = 40

#: Runs a crawl on a small file system, then the other commands on a larger one; `$1` is the folder that is small.
_ON_SMALL_DISK = """
mount -t tmpfs -o size=$SIZE none "$1" && shift || exit 77
crawl="$1"; compare="$2"
sh -c "$crawl"; echo $? >"$OUT/code"
mount -o remount,size=256m "$FOLDER"
sh -c "$crawl" >"$OUT/second.json" 2>"$OUT/second.err"
sh -c "$compare" >"$OUT/comparison.json"
cp -r "$DATA" "$OUT/data"
"""


@dataclass(frozen=True, slots=True)
class Crawls:
    """Exit code, report and messages of the crawl on the full disk; report of the next one; comparison; stored URLs."""

    code: int
    first: dict
    messages: str
    second: dict
    comparison: dict
    stored: set[str]
    truth: set[str]


def command(folder: Path, *arguments: str) -> list[str]:
    place = ["--sites", str(folder / "sites"), "--data", str(folder / "data"), "--json"]
    return [sys.executable, "-c", "from crawler.commands import main; main()", *arguments, *place]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}


def can_mount() -> bool:
    """True if this user may mount a file system in a namespace of its own. Containers may forbid that."""
    program = shutil.which("unshare")
    probe = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"]
    return program is not None and subprocess.run(probe, capture_output=True, check=False).returncode == 0


def crawl_on_small_disk(folder: Path, small: str, size: str) -> Crawls:
    """Crawl with the folder `small` on a file system of `size`; free space, crawl again and compare."""
    data, out = folder / "data", folder / "out"
    (folder / small).mkdir(parents=True)
    out.mkdir()
    crawl, compare = (
        " ".join(f"'{part}'" for part in command(folder, *words))
        for words in (("crawl", NumberedPortal.name), ("reextract", "--compare"))
    )
    script = ["unshare", "-rm", "sh", "-c", _ON_SMALL_DISK, "sh", str(folder / small), crawl, compare]
    given = {"SIZE": size, "FOLDER": str(folder / small), "DATA": str(data), "OUT": str(out)}
    with serve_portal(folder) as (server, portal):
        env = environment() | given
        done = subprocess.run(script, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=240, check=True)
        truth = set(portal.articles_by_url(server.port))
    second, comparison = (json.loads((out / name).read_text()) for name in ("second.json", "comparison.json"))
    code = int((out / "code").read_text())
    return Crawls(
        code, json.loads(done.stdout)[0], done.stderr, second[0], comparison, stored_urls(out / "data"), truth
    )


def crawl_with_small_files(folder: Path, size: int) -> Crawls:
    """Crawl while no file may become larger than `size` bytes; lift the limit, crawl again and compare."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def run(*arguments: str, **how) -> subprocess.CompletedProcess[str]:
        words = command(folder, *arguments)
        return subprocess.run(
            words, cwd=PROJECT, env=environment(), capture_output=True, text=True, timeout=240, check=False, **how
        )

    with serve_portal(folder) as (server, portal):
        first = run("crawl", NumberedPortal.name, preexec_fn=limit)
        second = run("crawl", NumberedPortal.name)
        comparison = run("reextract", "--compare")
        truth = set(portal.articles_by_url(server.port))
    reports = [json.loads(done.stdout) for done in (first, second, comparison)]
    return Crawls(
        first.returncode,
        reports[0][0],
        first.stderr,
        reports[1][0],
        reports[2],
        stored_urls(folder / "data"),
        truth,
    )


@contextmanager
def serve_portal(folder: Path) -> Iterator[tuple[DemoServer, NumberedPortal]]:
    """Serve a portal and write its site file."""
    portal = NumberedPortal(ARTICLES)
    portal.delay = 0.001
    with DemoServer([portal]) as server:
        write_site_files(server, folder / "sites")
        yield server, portal


def stored_urls(data: Path) -> set[str]:
    with Store.open(data / "broadsheet.sqlite3") as store:
        return set(store.articles.urls())


def check(crawls: Crawls) -> None:
    assert crawls.code == 1
    assert crawls.first["outcome"] == "failed"
    counts = crawls.first["articles"]
    assert counts["found"] == sum(number for name, number in counts.items() if name != "found")
    assert counts["left"] > 0
    assert "the crawl stopped: " in crawls.messages
    assert "Traceback" not in crawls.messages
    assert crawls.second["outcome"] == "done"
    assert crawls.stored == crawls.truth
    assert crawls.comparison["identical"], crawls.comparison
    assert crawls.comparison["same"] == ARTICLES


@pytest.mark.parametrize(("small", "size"), [("data", "600k"), ("data/warc", "40k")])
def test_next_crawl_after_a_full_disk_stores_everything(tmp_path, small, size):
    if not can_mount():
        pytest.skip("may not mount a file system; the test with small files runs everywhere")
    check(crawl_on_small_disk(tmp_path, small, size))


def test_next_crawl_after_files_reached_their_limit_stores_everything(tmp_path):
    check(crawl_with_small_files(tmp_path, 400_000))
