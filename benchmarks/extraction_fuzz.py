"""Fuzzes extraction with random and mutated pages. It must never raise, hang or use too much memory.

    python benchmarks/extraction_fuzz.py [--minutes 10] [--seed N] [--keep DIR]

Mutates the pages of `extraction_speed.py`. The seed determines all mutations, so that a failure can be reproduced.
Ends with status 1 and saves the page in DIR after an exception, a page that takes more than LONGEST CPU seconds, or
memory growth of more than MOST_MEMORY.
"""

import argparse
import random
import resource
import sys
import tempfile
import time
import traceback
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from extraction_speed import Page, saved_pages

from crawler.extraction import Document, extract_from

#: Limits: CPU seconds per page (of at most a few MB), and bytes by which the process may grow.
LONGEST, MOST_MEMORY = 1.0, 256 * 1024 * 1024

CAPTURED = datetime(2026, 1, 1, tzinfo=UTC)
#: Read first, because the first gloss loads the dictionary of readings.
GLOSSED = "<p>門(mén)</p>".encode()
LABELS = (None, "text/html", "text/html; charset=gb2312", "text/html; charset=utf-8", "text/html; charset=x", "\ud800")
PIECES = (
    b"<div>", b"</div>", b"<p>", b"<table><tr><td>", b"<!--", b"-->", b"<script>", b"</script>", b"<style>", b"<svg>",
    b"<a href='//[x'>", b"<a href=http://x.example/>", b" style='display:none'", b"<h1>", b"<title>", b"<noscript>",
    b"<pre>\n\n", b"<template>", b"&#x110000;", b"&nbsp;", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\x1b$B",
    b'<script type="application/ld+json">{"@type":"NewsArticle","headline":[{}],"author":[[["a"]]],"@id":1}</script>',
    b"<meta property=og:title content='", b"<base href='http://[x'>", b"<link rel=canonical href='//[']>",
    b"\xe2\x80", b"2024-13-45 99:99", b"0000-00-00T00:00:00+99:99", b"9999999999", "来源：".encode(),
    "責任編輯:(".encode("big5"),
    "門(mén)".encode(), "在线彩票".encode("gb18030"), "\u202e\u200b\u0600".encode(), b"(" * 500, b" " * 2000,
)  # fmt: skip


def mutate(page: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """Return the page with some bytes, tags and passages removed, doubled, swapped or replaced."""
    data = bytearray(page[: rng.choice((len(page), 2_000, 50_000))])
    for _ in range(rng.choice((1, 3, 10, 40))):
        at, size = rng.randrange(len(data) + 1), rng.choice((1, 4, 50, 2_000))
        match rng.randrange(7):
            case 0:
                data[at : at + size] = rng.randbytes(size)
            case 1:
                del data[at : at + size]
            case 2:
                data[at:at] = rng.choice(PIECES)
            case 3:
                data[at:at] = rng.choice(PIECES) * rng.choice((2, 50, 2_000))
            case 4:
                other = rng.choice(others)
                begin = rng.randrange(len(other) + 1)
                data[at:at] = other[begin : begin + size * 10]
            case 5:
                data[at:at] = data[at : at + size] * rng.choice((2, 20))
            case 6:
                mark = data.find(b"<", at)
                if mark >= 0:
                    data[mark : mark + 1] = rng.choice((b"", b"<<", b"</", b">", b"&lt;"))
    if rng.random() < 0.1:
        codec = rng.choice(("gb18030", "big5", "utf-16", "shift_jis", "euc-kr", "cp1251"))
        return bytes(data).decode("utf-8", "replace").encode(codec, "replace")
    return bytes(data)


def measure_reading(html: bytes, url: str, label: str | None) -> float:
    """Return the CPU seconds to extract everything from a page."""
    start = time.process_time()
    document = Document(html, url, content_type=label, captured_at=CAPTURED)
    extract_from(document).as_dict()
    document.followable_links()
    return time.process_time() - start


def main() -> int:
    """Run for the given time and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()))
    options = parser.parse_args()
    rng = random.Random(options.seed)
    pages: list[Page] = [page for pages in saved_pages().values() for page in pages]
    others = [html for html, _ in pages]
    for html, url in (*pages[:20], (GLOSSED, pages[0][1])):
        measure_reading(html, url, None)
    start, memory = time.monotonic(), _peak_memory()
    count, slowest = 0, 0.0
    while time.monotonic() - start < 60 * options.minutes:
        html, url = rng.choice(pages)
        html = rng.randbytes(rng.randrange(5_000)) if rng.random() < 0.05 else mutate(html, others, rng)
        label = rng.choice(LABELS)
        try:
            seconds = measure_reading(html, url, label)
            failure = f"{seconds:.1f} CPU seconds" if seconds > LONGEST else ""
            slowest = max(slowest, seconds)
        except Exception:  # any exception is a finding
            failure = traceback.format_exc()
        if not failure and _peak_memory() - memory > MOST_MEMORY:
            failure = f"{(_peak_memory() - memory) // 2**20} MB more than at the start"
        count += 1
        if failure:
            saved = options.keep / f"fuzz-{options.seed}-{count}.html"
            saved.write_bytes(html)
            print(f"seed {options.seed}, page {count}, {url}, {label!r}, saved as {saved}:\n{failure}")
            return 1
    grown = (_peak_memory() - memory) // 2**20
    print(f"seed {options.seed}: {count} pages, slowest {slowest:.2f} CPU seconds, memory grew by {grown} MB")
    return 0


def _peak_memory() -> int:
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    sys.exit(main())
