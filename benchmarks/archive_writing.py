"""CPU time of writing a capture, and size of the file, compared with warcio on the same exchanges.

    python benchmarks/archive_writing.py [--pages DIR] [--rounds 7]

Median CPU time of one process in alternating runs, and the range of the ratio. DIR has saved pages (``*.html``,
``*.html.gz``, at any depth); without it, pages are generated, and compress better than real ones. Both sides get the
messages as received (warcio as its own `capture_http` does), and both force the file to the disk at the end.
``with manifest``: as crawls write, with the SHA-256 of the file.
``floor``: the unavoidable work, two SHA-1 per response and one isal pass, or none if the body is already compressed.
"""

import argparse
import gzip
import hashlib
import io
import os
import random
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from isal import isal_zlib
from side_by_side import format_medians, format_ratio, measure_costs
from warcio.warcwriter import WARCWriter

from archive import Block, Capture, WarcWriter
from archive.gzip_writer import LEVEL, LEVEL_OF_LONG, LONG
from archive.trust import Manifest

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST = b"GET /news HTTP/1.1\r\nHost: www.news.test\r\nUser-Agent: benchmark\r\n\r\n"

#: URL and response of an exchange.
Exchange = tuple[str, bytes]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    pages = saved_pages(options.pages) if options.pages else made_up_pages(100)
    print(f"{len(pages)} pages, mean {sum(map(len, pages)) // len(pages)} bytes; CPU microseconds a capture")
    compare("identity", pages, "", options.rounds)
    compare("gzip", [gzip.compress(page, 6) for page in pages], "gzip", options.rounds)
    compare("4000 B", [page[:4000] for page in pages] * 5, "", options.rounds)


def saved_pages(folder: Path) -> list[bytes]:
    packed = [gzip.decompress(path.read_bytes()) for path in sorted(folder.rglob("*.html.gz"))]
    pages = packed + [path.read_bytes() for path in sorted(folder.rglob("*.html"))]
    return pages or made_up_pages(100)


def made_up_pages(number: int) -> list[bytes]:
    chance = random.Random(7)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(2, 11))) for _ in range(5000)]
    links = [f'<li class="item-{n}"><a href="/news/2026/{chance.randrange(10**6)}.html">' for n in range(400)]
    return [
        "".join(
            f"{chance.choice(links)}{' '.join(chance.choices(words, k=30))}</a></li>\n" for _ in range(900)
        ).encode()
        for _ in range(number)
    ]


def exchanges(bodies: list[bytes], coding: str) -> list[Exchange]:
    extra = f"Content-Encoding: {coding}\r\n" if coding else ""
    head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nServer: nginx\r\n" + extra
    return [
        (f"http://www.news.test/news/{number}.html", f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        for number, body in enumerate(bodies)
    ]


def compare(name: str, bodies: list[bytes], coding: str, rounds: int) -> None:
    given = exchanges(bodies, coding)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        size = write_ours(folder, given).stat().st_size / write_warcio(folder, given).stat().st_size
        costs = measure_costs(
            {
                "ours": lambda: write_ours(folder, given),
                "with manifest": lambda: write_ours(folder, given, Manifest(folder / "manifest")),
                "warcio": lambda: write_warcio(folder, given),
                "floor": lambda: write_floor(bodies, coding),
            },
            len(bodies),
            rounds,
        )
    print(f"{name:9} ratio {format_ratio(costs, 'warcio', 'ours'):17} size {size:.3f}   {format_medians(costs)}")


def write_ours(folder: Path, given: list[Exchange], manifest: Manifest | None = None) -> Path:
    with WarcWriter(folder, prefix="bench", info={}, manifest=manifest) as writer:
        for url, response in given:
            location = writer.write(Capture(url=url, started_at=WHEN, request=REQUEST, response=Block(response)))
    return folder / location.file


def write_warcio(folder: Path, given: list[Exchange]) -> Path:
    path = folder / "warcio.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for url, response in given:
            sent, received = io.BytesIO(REQUEST), io.BytesIO(response)
            request = writer.create_warc_record(url, "request", payload=sent, length=len(REQUEST))
            answer = writer.create_warc_record(url, "response", payload=received, length=len(response))
            writer.write_request_response_pair(request, answer)
        file.flush()
        os.fsync(file.fileno())
    return path


def write_floor(bodies: list[bytes], coding: str) -> None:
    for body in bodies:
        hashlib.sha1(body).digest()
        hashlib.sha1(body).digest()
        if not coding:
            isal_zlib.compress(body, LEVEL if len(body) < LONG else LEVEL_OF_LONG, 31)


if __name__ == "__main__":
    main()
