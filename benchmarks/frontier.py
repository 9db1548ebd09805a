"""How the frontier does with a million addresses seen: memory, disk, and what a page costs.

    python benchmarks/frontier.py [--urls 1000000]

A frontier is filled with that many addresses, done with but for the last batch. Then a crawl's steps are made on it: a
list page of 60 links, all known, and leases of eight articles, settled. Printed: the growth of resident memory over
all of it, bytes on disk an address, and milliseconds a step.
"""

import argparse
import resource
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from crawler.store import Store
from crawler.store.frontier import DiscoveredUrl, Frontier, LeaseResult, UrlKind, UrlState

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
        before, began = peak(), time.perf_counter()
        fill(frontier, options.urls, BATCH, is_stored=True)
        rate = options.urls / (time.perf_counter() - began)
        known, looked = timed(lambda step: frontier.find_known(urls(step * 60, 60)))
        fill(frontier, 8 * STEPS, options.urls, is_stored=False)
        stepped, _ = timed(lambda step: step_of(frontier))
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        with store._database.read() as connection:
            rows = connection.scalar(text("SELECT count(*) FROM frontier"))
        print(f"{rows} addresses seen: {peak() - before:.0f} MB more memory, {size / rows:.0f} bytes each on disk,")
        print(f"{rate:.0f} a second put in; {known:.2f} ms to look at the 60 links of a list ({looked} known),")
        print(f"{stepped:.2f} ms for eight pages: settled, and eight more leased, on disk")


def urls(first: int, number: int) -> list[str]:
    return [f"http://www.paper.localhost/news/2026/{n % 365}/content_{n}.html" for n in range(first, first + number)]


def fill(frontier: Frontier, number: int, first: int, *, is_stored: bool) -> None:
    now = datetime.now(UTC)
    for start in range(first, first + number, BATCH):
        listed = urls(start, min(BATCH, first + number - start))
        found = [DiscoveredUrl(url=url, kind=UrlKind.ARTICLE, request="{}", is_stored=is_stored) for url in listed]
        frontier.advance(discovered=found, now=now)


_leased: list = []


def step_of(frontier: Frontier) -> None:
    settled = [LeaseResult(lease.id, UrlState.DONE) for lease in _leased]
    _leased[:] = frontier.advance(results=settled, lease=8, now=datetime.now(UTC))


def timed(step) -> tuple[float, int]:
    """Milliseconds a step, the median, and how much the last one found."""
    took, found = [], None
    for number in range(STEPS):
        began = time.perf_counter()
        found = step(number)
        took.append(time.perf_counter() - began)
    return sorted(took)[STEPS // 2] * 1000, len(found or ())


def peak() -> float:
    """The most resident memory so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
