"""Measures a frontier of a million known URLs: memory, disk space, and time per page.

    python benchmarks/frontier.py [--urls 1000000]

Fills a frontier with that many URLs and repeats the steps of a crawl: look up the 60 links of a list page, all known,
and lease eight articles and report them as done. Prints the growth of resident memory, bytes on disk per URL, and
milliseconds per step.
"""

import argparse
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from crawler.store import Store
from crawler.store.frontier import Frontier
from crawler.store.frontier_urls import DiscoveredUrl, LeaseResult, UrlKind, UrlState

BATCH = 500
STEPS = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--urls", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder) / "store.sqlite3") as store:
        frontier = store.frontier("paper")
        frontier.begin(datetime.now(UTC))
        fill(frontier, BATCH, 0, is_stored=True)
        before, began = peak_memory(), time.perf_counter()
        fill(frontier, options.urls, BATCH, is_stored=True)
        rate = options.urls / (time.perf_counter() - began)
        known, looked = measure_steps(lambda step: frontier.find_known(make_urls(step * 60, 60)))
        fill(frontier, 8 * STEPS, options.urls, is_stored=False)
        stepped, _ = measure_steps(lambda step: advance_frontier(frontier))
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        with store._database.read() as connection:
            rows = connection.scalar(text("SELECT count(*) FROM frontier"))
        grown = peak_memory() - before
        print(f"{rows} known URLs: memory grew by {grown:.0f} MB; {size / rows:.0f} bytes per URL on disk")
        print(f"{rate:.0f} URLs added per second; {known:.2f} ms to look up the 60 links of a list ({looked} known)")
        print(f"{stepped:.2f} ms to report eight pages as done and lease eight more")


def make_urls(first: int, number: int) -> list[str]:
    return [f"http://www.paper.localhost/news/2026/{n % 365}/content_{n}.html" for n in range(first, first + number)]


def fill(frontier: Frontier, number: int, first: int, *, is_stored: bool) -> None:
    now = datetime.now(UTC)
    for start in range(first, first + number, BATCH):
        listed = make_urls(start, min(BATCH, first + number - start))
        found = [DiscoveredUrl(url=url, kind=UrlKind.ARTICLE, request="{}", is_stored=is_stored) for url in listed]
        frontier.advance(discovered=found, now=now)


_leased: list = []


def advance_frontier(frontier: Frontier) -> None:
    results = [LeaseResult(lease.id, UrlState.DONE) for lease in _leased]
    _leased[:] = frontier.advance(results=results, lease=8, now=datetime.now(UTC))


def measure_steps(step) -> tuple[float, int]:
    """Return the median milliseconds per step and the number of results of the last step."""
    seconds, found = [], None
    for number in range(STEPS):
        began = time.perf_counter()
        found = step(number)
        seconds.append(time.perf_counter() - began)
    return sorted(seconds)[STEPS // 2] * 1000, len(found or ())


def peak_memory() -> float:
    """Return the maximum resident memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
