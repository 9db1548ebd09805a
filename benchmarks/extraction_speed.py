"""Measures the speed of extraction, compared with trafilatura if installed.

Both run alternately in one process, so that a busy machine slows both alike. The ratio compares pages per CPU second in
the best round of every page. `p99` and `max` are milliseconds per page over all rounds. "In a row": each extractor
reads a whole set, as in a rebuild of an archive, then the other does. "Page by page": both read a page before the next,
so that each finds the caches full of the other's code and data, which slows the faster one more.

    python benchmarks/extraction_speed.py [--rounds 3] [--check 4]

The pages are the saved real ones in BROADSHEET_SHARED, by default ``../shared`` next to the project, else those of the
sample portals. With ``--check``, the status is 1 if a set is below this ratio in a row or no comparison was possible.
"""

import argparse
import gc
import gzip
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from crawler.demo import Request, sample_portals  # noqa: E402
from crawler.extraction import extract  # noqa: E402

SETS = ("zh-portals", "scrapinghub", "fundus")
NO_URL = "https://news.example/story.html"

Page = tuple[bytes, str]
Extractor = Callable[[bytes, str], object]
Order = Callable[["list[Timing]", list[Page]], None]


def saved_pages() -> Mapping[str, list[Page]]:
    """Return the pages by set: the saved real ones if available, else those of the sample portals."""
    shared = Path(os.environ.get("BROADSHEET_SHARED", ROOT.parent / "shared"))
    folder = shared / "data" / "pages"
    found = {name: list(_read_set(folder, name)) for name in SETS if (folder / f"{name}.jsonl").exists()}
    return found or {"sample portals": list(_sample_pages())}


def _read_set(folder: Path, name: str) -> Iterator[Page]:
    for line in (folder / f"{name}.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        yield gzip.decompress((folder / record["page"]).read_bytes()), record.get("url") or NO_URL


def _sample_pages() -> Iterator[Page]:
    for portal in sample_portals():
        for url in portal.articles_by_url(80):
            raw = f"GET {urlsplit(url).path} HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\n\r\n".encode()
            yield portal.answer(Request.parse(raw, 80)).body, url


@dataclass
class Timing:
    """The CPU seconds of one extractor for every page in every round."""

    extractor: Extractor
    rounds: list[list[float]] = field(default_factory=list)

    def read(self, html: bytes, url: str) -> None:
        """Measure the next page of the round."""
        start = time.process_time()
        self.extractor(html, url)
        self.rounds[-1].append(time.process_time() - start)

    @property
    def pages_per_second(self) -> float:
        """Pages per CPU second, with the best round of every page."""
        best = [min(seconds) for seconds in zip(*self.rounds, strict=True)]
        return len(best) / sum(best)

    def percentile(self, share: float) -> float:
        """Return the milliseconds that are enough for `share` of the pages."""
        ordered = sorted(second for seconds in self.rounds for second in seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    def __str__(self) -> str:
        p99, maximum = self.percentile(0.99), self.percentile(1)
        return f"{self.pages_per_second:6.1f} pages/s  p99 {p99:5.0f} ms  max {maximum:5.0f} ms"


def in_a_row(timings: list[Timing], pages: list[Page]) -> None:
    """Read all the pages with one extractor, then with the next."""
    for timing in timings:
        for html, url in pages:
            timing.read(html, url)


def page_by_page(timings: list[Timing], pages: list[Page]) -> None:
    """Read each page with every extractor before the next page."""
    for html, url in pages:
        for timing in timings:
            timing.read(html, url)


def measure(order: Order, extractors: Sequence[Extractor], pages: list[Page], rounds: int) -> list[Timing]:
    """Measure the extractors in `rounds` rounds. Existing objects are hidden from the garbage collector."""
    timings = [Timing(extractor) for extractor in extractors]
    for _ in range(rounds):
        gc.collect()
        gc.freeze()
        for timing in timings:
            timing.rounds.append([])
        order(timings, pages)
    return timings


def trafilatura_extractor() -> Extractor | None:
    """Return trafilatura with text and metadata, as a news archive would use it, or None if not installed."""
    try:
        from trafilatura import bare_extraction
    except ImportError:
        return None
    return lambda html, url: bare_extraction(html, url=url, with_metadata=True)


def main() -> int:
    """Measure, print and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", type=float, help="minimum ratio to trafilatura")
    options = parser.parse_args()
    peer = trafilatura_extractor()
    if peer is None:
        print("trafilatura is not installed: no comparison (pip install trafilatura)")
    extractors = [one for one in (extract, peer) if one]
    ratios = []
    for name, pages in saved_pages().items():
        print(f"{name} ({len(pages)} pages)")
        for extractor in extractors:
            extractor(*pages[0])
        for order in (in_a_row, page_by_page)[: len(extractors)]:
            ours, *others = measure(order, extractors, pages, options.rounds)
            print(f"  broadsheet   {ours}")
            for theirs in others:
                ratio = ours.pages_per_second / theirs.pages_per_second
                ratios += [ratio] if order is in_a_row else []
                print(f"  trafilatura  {theirs}\n  ratio {order.__name__.replace('_', ' ')}: {ratio:.2f}", flush=True)
    if options.check is None:
        return 0
    return 0 if ratios and min(ratios) >= options.check else 1


if __name__ == "__main__":
    sys.exit(main())
