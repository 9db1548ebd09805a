"""CPU time of indexing a WARC file, compared with cdxj-indexer on the same file.

    python benchmarks/archive_index.py [--pages DIR] [--rounds 5] [--cdxj-indexer PROGRAM]

Median CPU time per capture, in alternating runs. ``lines``: read the file and write its sorted CDXJ lines, as
cdxj-indexer does; its start-up time is measured on an empty file and subtracted. ``database``: read the file into the
live index. ``floor``: only inflate every member. Install cdxj-indexer (PyPI) in its own virtual environment; without
it, its column is left out. ``same``: the lines are identical, byte for byte.
"""

import argparse
import gzip
import io
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from archive_reading import inflated
from archive_writing import exchanges, made_up_pages, saved_pages, write_ours

from archive import Index
from archive.cdxj import cdxj_line
from archive.indexing import read_entries


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cdxj-indexer", default=shutil.which("cdxj-indexer"))
    options = parser.parse_args()
    pages = saved_pages(options.pages) if options.pages else made_up_pages(100)
    if options.cdxj_indexer is None:
        print("cdxj-indexer is not installed: its figures are left out (name it with --cdxj-indexer)")
    print("bodies     captures    lines database cdxj-indexer    floor  ratio same")
    compare("identity", pages, "", options)
    compare("gzip", [gzip.compress(page, 6) for page in pages], "gzip", options)
    compare("4000 B", [page[:4000] for page in pages] * 10, "", options)


def compare(name: str, bodies: list[bytes], coding: str, options: argparse.Namespace) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder, peer = Path(scratch), options.cdxj_indexer
        path, empty = write_ours(folder, exchanges(bodies, coding)), folder / "empty.warc.gz"
        empty.touch()
        runs: dict[str, Callable[[], float]] = {
            "lines": lambda: own_cost(lambda: lines(path)),
            "database": lambda: own_cost(lambda: database(folder, path)),
            "floor": lambda: own_cost(lambda: inflated(path)),
        }
        if peer:
            runs["peer"] = lambda: peer_cost(peer, path) - peer_cost(peer, empty)
        spent: dict[str, list[float]] = {one: [] for one in runs}
        for _ in range(options.rounds):
            for one, run in runs.items():
                spent[one].append(run() / len(bodies) * 1e6)
        cost = {one: median(times) for one, times in spent.items()}
        ratio = f"{cost['peer'] / cost['lines']:6.2f}" if peer else "     -"
        same = str(peer_lines(peer, path) == lines(path)) if peer else "-"
        print(
            f"{name:10} {len(bodies):8} {cost['lines']:8.0f} {cost['database']:8.0f} {cost.get('peer', 0):12.0f}"
            f" {cost['floor']:8.0f} {ratio} {same}"
        )


def own_cost(run: Callable[[], object]) -> float:
    begin = time.process_time()
    run()
    return time.process_time() - begin


def peer_cost(program: str, path: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    peer_lines(program, path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def peer_lines(program: str, path: Path) -> str:
    return subprocess.run([program, "-s", str(path)], capture_output=True, text=True, check=True).stdout


def lines(path: Path) -> str:
    out = io.StringIO()
    out.writelines(sorted(set(map(cdxj_line, read_entries(path)))))
    return out.getvalue()


def database(folder: Path, path: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as index_folder, Index(Path(index_folder)) as index:
        index.replace_file(path.name, read_entries(path))


if __name__ == "__main__":
    main()
