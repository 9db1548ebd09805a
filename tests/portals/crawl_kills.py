"""Kill a crawl at random moments, again and again, and see that it loses nothing and repeats next to nothing.

    python tests/portals/crawl_kills.py [--articles 1000] [--kills 50] [--seed N]

A crawl of a generated portal is killed with SIGKILL after a random number of pages, and begun again, as often as
asked; the last one runs to its end. Then: every article is stored, once, in one version; the archive verifies; and no
address was asked for twice but what the killed crawl had in hand. Exit 1 where that is not so.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from portal_shapes import NumberedPortal

from archive import Collection
from crawler.demo import DemoServer, site_files
from crawler.store import Store

PROJECT = Path(__file__).resolve().parents[2]
#: Requests that a crawl has in hand at most: CONCURRENT_REQUESTS of its settings.
IN_HAND = 4
#: Seconds without a page after which a crawl that was to be killed is taken to have ended.
PATIENCE = 60


class Broken(Exception):
    """What was promised is not so."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=time.time_ns())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="crawl-kills-") as folder:
        try:
            print(rounds(Path(folder), options.articles, options.kills, random.Random(options.seed)))
        except Broken as error:
            sys.exit(f"{error} (seed {options.seed})")


def rounds(folder: Path, articles: int, kills: int, chance: random.Random) -> str:
    """What was found to be so, in a line. Raises Broken."""
    portal = NumberedPortal(articles)
    portal.delay = 0.001
    with DemoServer([portal]) as server:
        site_files(server, folder / "sites")
        ends = []
        for _ in range(kills):
            killed = begin(folder)
            pages = len(server.log) + chance.randint(1, max(2, 2 * articles // (kills + 1)))
            until = time.monotonic() + PATIENCE
            while len(server.log) < pages and killed.poll() is None and time.monotonic() < until:
                time.sleep(chance.uniform(0, 0.01))
            killed.kill()
            killed.wait()
            ends.append(len(server.log))
        last = begin(folder)
        require(last.wait(timeout=600) == 0, "the last crawl failed")
        asked = [exchange.path for exchange in server.log]
        truth = portal.urls(server.port)
    return check(folder, truth, asked, ends)


def begin(folder: Path) -> subprocess.Popen[bytes]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("BROADSHEET_")}
    code = "from crawler.commands import main; main()"
    place = ["--sites", str(folder / "sites"), "--data", str(folder)]
    command = [sys.executable, "-c", code, "crawl", NumberedPortal.name, *place]
    return subprocess.Popen(command, cwd=PROJECT, env=clean, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def check(folder: Path, truth: dict, asked: list[str], ends: list[int]) -> str:
    with Store.open(folder / "broadsheet.sqlite3") as store:
        stored = {item.url: item for item in store.articles.items()}
        counts = store.articles.counts()
    require(stored.keys() == truth.keys(), f"{len(truth.keys() - stored.keys())} articles lost")
    require(counts.versions == len(truth), f"{counts.versions} versions of {len(truth)} articles")
    require(all(stored[url].body == article.body for url, article in truth.items()), "a body is not whole")
    with Collection(folder) as collection:
        require(not list(collection.verify()), "the archive does not verify")
    first: dict[str, int] = {}
    repeated = 0
    for place, path in enumerate(asked):
        if path in first:
            repeated += 1
            end = next((end for end in ends if first[path] < end <= place), None)
            require(end is not None, f"{path} was asked for twice by one crawl")
            require(end - first[path] <= IN_HAND, f"{path} was done with, {end - first[path]} requests before the kill")
        first[path] = place
    return (
        f"{len(ends)} kills, {len(truth)} articles, each stored once; {len(asked)} requests, {repeated} of them "
        "for what a killed crawl had in hand"
    )


def require(so: bool, otherwise: str) -> None:
    if not so:
        raise Broken(otherwise)


if __name__ == "__main__":
    main()
