"""Look-up time, memory use and size of an index of ten million captures.

    python benchmarks/archive_large_index.py [--captures 10000000] [--folder DIR]

Ten captures per URL, on a thousand hosts. The index is built in key order; then some captures are added in crawl order.
Look-ups use random URLs and times, in a separate process; the first thousand are a warm-up. With DIR, the index is kept
and reused.
"""

import argparse
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

from archive import Index, IndexEntry
from archive.surt import surt

START = datetime(2020, 1, 1, tzinfo=UTC)
CAPTURES_OF_A_URL = 10
BATCH = 5_000
ADDED = 20_000
LOOK_UPS = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captures", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--look-up", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.look_up:
        look_up(options.folder, options.captures // CAPTURES_OF_A_URL)
    elif options.folder:
        measure(options.folder, options.captures)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            measure(Path(scratch), options.captures)


def measure(folder: Path, captures: int) -> None:
    urls = captures // CAPTURES_OF_A_URL
    with Index(folder) as index:
        if len(index) < captures:
            begin = time.monotonic()
            for batch in batches(urls):
                index.add_entries(batch)
            print(f"built in {time.monotonic() - begin:.0f} s")
        print(f"{len(index)} captures, {index.path.stat().st_size / len(index):.0f} bytes each")
        begin, cpu = time.monotonic(), time.process_time()
        chance = random.Random(begin)
        for first in range(0, ADDED, 100):
            index.add_entries([entry(chance.randrange(urls), 11, f"new-{begin}", first + at) for at in range(100)])
        spent = (time.process_time() - cpu) / ADDED * 1e6
        print(f"{ADDED} more by a crawl: {spent:.0f} us of CPU, {(time.monotonic() - begin) / ADDED * 1e6:.0f} us each")
    subprocess.run(
        [sys.executable, __file__, "--look-up", "--folder", str(folder), "--captures", str(captures)], check=True
    )


def url_of(number: int) -> str:
    return f"http://www.paper{number % 1000}.test/news/2026/{number % 97:02}/article-{number}.html"


def batches(urls: int) -> Iterator[list[IndexEntry]]:
    order = sorted(range(urls), key=url_of)
    for first in range(0, urls, BATCH):
        some = order[first : first + BATCH]
        yield [
            entry(number, crawl, f"crawl-{crawl:02}-{first:09}.warc.gz", at)
            for at, number in enumerate(some)
            for crawl in range(CAPTURES_OF_A_URL)
        ]


def entry(number: int, crawl: int, file: str, at: int) -> IndexEntry:
    url = url_of(number)
    return IndexEntry(
        urlkey=surt(url),
        date=START + timedelta(days=30 * crawl, microseconds=number),
        url=url,
        mime="text/html",
        status=200,
        digest=f"sha1:{number * 10 + crawl:032}",
        length=20_000,
        offset=at * 20_000,
        file=file,
        record_id=f"urn:uuid:00000000-0000-4000-8000-{number * 10 + crawl:012}",
    )


def look_up(folder: Path, urls: int) -> None:
    chance = random.Random(11)
    asked = [
        (url_of(chance.randrange(urls)), START + timedelta(days=chance.uniform(-30, 330))) for _ in range(LOOK_UPS)
    ]
    with Index(folder) as index:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        took = []
        for url, when in asked:
            begin = time.perf_counter()
            found = index.closest(url, when)
            took.append((time.perf_counter() - begin) * 1e6)
            if found is None or found.url != url:
                sys.exit(f"not found: {url} {when}")
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    warm = took[1000:]
    print(
        f"closest: first {took[0]:.0f} us, warm median {median(warm):.0f} us, 99 of 100 within"
        f" {quantiles(warm, n=100)[98]:.0f} us; memory grew by {grown} KiB"
    )


if __name__ == "__main__":
    main()
