"""CPU time of reading records, in sequence and at random, compared with warcio and FastWARC on the same files.

    python benchmarks/archive_reading.py [--pages DIR] [--rounds 7]

Median CPU time of one process in alternating runs, and the range of warcio's ratio to our records. DIR has saved pages
(``*.html``, ``*.html.gz``, at any depth); without it, pages are generated. In a row: read every record's block;
``captures`` also joins each response with its request. At random: read one response by its location, its block as
bytes; ``captures`` through the collection, with its request. ``floor``: only inflate.
"""

import argparse
import gzip
import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import fastwarc
from archive_writing import made_up_pages, saved_pages
from isal import isal_zlib
from side_by_side import Costs, format_medians, format_ratio, measure_costs
from warcio.archiveiterator import ArchiveIterator

from archive import Block, Capture, Collection, read_captures
from archive.reading import read_records, record_at

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST = b"GET /news HTTP/1.1\r\nHost: www.news.test\r\nUser-Agent: benchmark\r\n\r\n"
LOOKUPS = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    pages = saved_pages(options.pages) if options.pages else made_up_pages(100)
    print(
        f"{len(pages)} pages, mean {sum(map(len, pages)) // len(pages)} bytes; CPU microseconds a capture (a look-up)"
    )
    compare("identity", pages, "", options.rounds)
    compare("gzip", [gzip.compress(page, 6) for page in pages], "gzip", options.rounds)
    compare("4000 B", [page[:4000] for page in pages] * 5, "", options.rounds)


def compare(name: str, bodies: list[bytes], coding: str, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as scratch, Collection(Path(scratch)) as collection:
        path, places = written(collection, bodies, coding)
        row = {
            "records": lambda: sum(len(record.block) for record in read_records(path)),
            "captures": lambda: sum(len(capture.response) for capture in read_captures(path)),
            "warcio": lambda: warcio_row(path),
            "fastwarc": lambda: fastwarc_row(path),
            "floor": lambda: inflated(path),
        }
        report(name, "in a row", measure_costs(row, len(bodies), rounds))
        chosen = random.Random(1).choices(places, k=LOOKUPS)
        at_random = {
            "records": lambda: [bytes(record_at(path, place.offset, place.length).block) for place in chosen],
            "captures": lambda: [collection.load(place).payload() for place in chosen],
            "warcio": lambda: [warcio_one(path, place.offset) for place in chosen],
            "fastwarc": lambda: [fastwarc_one(path, place.offset) for place in chosen],
        }
        report(name, "at random", measure_costs(at_random, LOOKUPS, rounds))


def written(collection: Collection, bodies: list[bytes], coding: str) -> tuple[Path, list]:
    extra = f"Content-Encoding: {coding}\r\n" if coding else ""
    places = []
    with collection.writer("bench", {}) as writer:
        for number, body in enumerate(bodies):
            head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
            response, url = Block(head.encode() + body), f"http://www.news.test/news/{number}.html"
            places.append(writer.write(Capture(url=url, started_at=WHEN, request=REQUEST, response=response)))
    return collection.file(places[0].file), places


def report(name: str, step: str, costs: Costs) -> None:
    print(f"{name:9} {step:9} ratio {format_ratio(costs, 'warcio', 'records'):15} {format_medians(costs)}")


def warcio_row(path: Path) -> int:
    with path.open("rb") as file:
        return sum(len(record.raw_stream.read()) for record in ArchiveIterator(file))


def warcio_one(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return next(ArchiveIterator(file)).raw_stream.read()


def fastwarc_row(path: Path) -> int:
    with path.open("rb") as file:
        return sum(len(record.reader.read()) for record in fastwarc.ArchiveIterator(file, parse_http=False))


def fastwarc_one(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return next(iter(fastwarc.ArchiveIterator(file))).reader.read()


def inflated(path: Path) -> int:
    data, total = memoryview(path.read_bytes()), 0
    while data:
        inflate = isal_zlib.decompressobj(31)
        at = 0
        while not inflate.eof:
            total += len(inflate.decompress(data[at : at + (1 << 17)]))
            at += 1 << 17
        data = data[min(at, len(data)) - len(inflate.unused_data) :]
    return total


if __name__ == "__main__":
    main()
