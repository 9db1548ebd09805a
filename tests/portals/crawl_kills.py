"""Kill a crawl at random moments, again and again, and check that it loses nothing and repeats almost nothing.

    python tests/portals/crawl_kills.py [--articles 1000] [--kills 50] [--seed N]

A crawl of a generated portal is killed with SIGKILL, with its process group, after a random number of pages and started
again, as often as requested; the last one runs to its end. Then every article must be stored once, in one version, as
the archive has it; the archive must verify, each killed crawl must be named as interrupted, and only URLs in progress
when a crawl was killed may have been requested twice. Exits with 1 otherwise.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from portal_shapes import NumberedPortal

from archive import Collection
from crawler.demo import DemoServer, write_site_files
from crawler.store import Store

PROJECT = Path(__file__).resolve().parents[2]
#: Maximum number of requests in progress: CONCURRENT_REQUESTS in the settings.
MAX_IN_PROGRESS = 4
#: Seconds after which a crawl that should be killed but requests no more pages is assumed to have ended.
PATIENCE = 60


class GuaranteeBroken(Exception):
    """A guarantee of the crawler did not hold."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=time.time_ns())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crawl-kills-") as folder:
        try:
            print(kill_crawls(Path(folder), options.articles, options.kills, random.Random(options.seed)))
        except GuaranteeBroken as error:
            sys.exit(f"{error} (seed {options.seed})")


def kill_crawls(folder: Path, articles: int, kills: int, chance: random.Random) -> str:
    """Kill and restart a crawl; return a one-line summary. Raises GuaranteeBroken."""
    portal = NumberedPortal(articles)
    portal.delay = 0.001
    with DemoServer([portal]) as server:
        write_site_files(server, folder / "sites")
        ends = []
        for _ in range(kills):
            killed = start_crawl(folder)
            pages = len(server.log) + chance.randint(1, max(2, 2 * articles // (kills + 1)))
            until = time.monotonic() + PATIENCE
            while len(server.log) < pages and killed.poll() is None and time.monotonic() < until:
                time.sleep(chance.uniform(0, 0.01))
            is_running = killed.poll() is None
            os.killpg(killed.pid, signal.SIGKILL)
            killed.wait()
            ends.append(len(server.log))
            if is_running:
                check_interrupted(folder)
        last = start_crawl(folder)
        require(last.wait(timeout=600) == 0, "the last crawl failed")
        require(run_command(folder, "reextract", "--compare").wait() == 0, "the archive and the store differ")
        requested = [exchange.path for exchange in server.log]
        truth = portal.articles_by_url(server.port)
    return check(folder, truth, requested, ends)


def start_crawl(folder: Path) -> subprocess.Popen[bytes]:
    return run_command(folder, "crawl", NumberedPortal.name)


def run_command(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}
    code = "from crawler.commands import main; main()"
    place = ["--sites", str(folder / "sites"), "--data", str(folder)]
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments, *place],
        cwd=PROJECT,
        env=clean,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def check_interrupted(folder: Path) -> None:
    """Check that the crawl just killed is listed as interrupted, if it had begun."""
    if not (folder / "broadsheet.sqlite3").exists():
        return
    with Store.open(folder / "broadsheet.sqlite3") as store:
        for run in store.runs.list(limit=1):
            require(run.ended is not None or run.state == "interrupted", f"a killed run is {run.state}")
        for visit in store.visits.history(limit=1):
            require(visit.state == "ended" or visit.has_died, f"a killed visit is {visit.state}")


def check(folder: Path, truth: dict, requested: list[str], ends: list[int]) -> str:
    with Store.open(folder / "broadsheet.sqlite3") as store:
        stored = {item.url: item for item in store.articles.items()}
        counts = store.articles.counts()
    require(stored.keys() == truth.keys(), f"{len(truth.keys() - stored.keys())} articles lost")
    require(counts.versions == len(truth), f"{counts.versions} versions of {len(truth)} articles")
    require(all(stored[url].body == article.body for url, article in truth.items()), "a body is not complete")
    with Collection(folder) as collection:
        require(not list(collection.verify()), "the archive does not verify")
    first: dict[str, int] = {}
    repeated = 0
    for place, path in enumerate(requested):
        if path in first:
            repeated += 1
            end = next((end for end in ends if first[path] < end <= place), None)
            require(end is not None, f"{path} was requested twice by one crawl")
            require(
                end - first[path] <= MAX_IN_PROGRESS,
                f"{path} was finished {end - first[path]} requests before the kill",
            )
        first[path] = place
    return (
        f"{len(ends)} kills, {len(truth)} articles, each stored once; {len(requested)} requests, {repeated} of them "
        "repeated because they were in progress when a crawl was killed"
    )


def require(holds: bool, failure: str) -> None:
    if not holds:
        raise GuaranteeBroken(failure)


if __name__ == "__main__":
    main()
