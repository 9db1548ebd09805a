"""CPU seconds for inputs designed to be slow: pages, and a robots.txt with many wildcards.

    python benchmarks/hostile_inputs.py

Exits with status 1 if one takes longer than LONGEST.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

import hostile_inputs

from crawler.extraction import extract
from crawler.politeness.robots import parse

#: CPU seconds that one input may take.
LONGEST = 1.0

URL = "https://news.example/2024/05/06/bridge.html"


def measure(run: Callable[[], object]) -> float:
    """Return the CPU seconds of `run`, the minimum of three runs."""
    seconds = []
    for _ in range(3):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return min(seconds)


def read_robots() -> bool:
    rules = parse(hostile_inputs.ROBOTS_TXT, "broadsheet")
    return rules.allowed("https://news.example" + hostile_inputs.ROBOTS_PATH)


def main() -> int:
    extract(b"<p>warm-up</p>", URL)
    runs: dict[str, Callable[[], object]] = {
        name: lambda page=page: extract(page, URL) for name, page in hostile_inputs.PAGES.items()
    }
    figures = {name: measure(run) for name, run in {**runs, "robots.txt": read_robots}.items()}
    for name, seconds in sorted(figures.items(), key=lambda figure: -figure[1]):
        print(f"{name:<30} {seconds:6.2f} s{'  TOO LONG' if seconds > LONGEST else ''}")
    return int(max(figures.values()) > LONGEST)


if __name__ == "__main__":
    sys.exit(main())
