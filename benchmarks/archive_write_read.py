"""What does it cost to write and to read a capture, beside warcio on the same pages in the same run?

    python benchmarks/archive_write_read.py [--pages DIR] [--rounds 3]

CPU time of one process, medians, the candidates taking turns. DIR holds saved pages (``*.html``, ``*.html.gz``, in any
depth); without it pages are made up, and compress better than real ones. The floor is what cannot be saved: two
SHA-1 and one isal pass a response.
"""

import argparse
import gzip
import hashlib
import io
import random
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from isal import isal_zlib
from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from archive import Block, Capture, WarcWriter, read_captures

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST = b"GET /news HTTP/1.1\r\nHost: www.news.test\r\nUser-Agent: benchmark\r\n\r\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    pages = saved_pages(options.pages) if options.pages else made_up_pages(100)
    print(f"{len(pages)} pages, mean {sum(map(len, pages)) // len(pages)} bytes; microseconds of CPU a capture")
    print(f"{'bodies':10} {'step':6} {'ours':>8} {'warcio':>8} {'floor':>8} {'ratio':>6} {'size':>6}")
    compare("identity", pages, "", options.rounds)
    compare("gzip", gzip_pages(pages), "gzip", options.rounds)
    compare("4000 B", [page[:4000] for page in pages] * 5, "", options.rounds)


def saved_pages(folder: Path) -> list[bytes]:
    packed = [gzip.decompress(path.read_bytes()) for path in sorted(folder.rglob("*.html.gz"))]
    pages = packed + [path.read_bytes() for path in sorted(folder.rglob("*.html"))]
    return pages or made_up_pages(100)


def gzip_pages(pages: list[bytes]) -> list[bytes]:
    return [gzip.compress(page, 6) for page in pages]


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


def compare(name: str, bodies: list[bytes], coding: str, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        ours, theirs = write_ours(folder, bodies, coding), write_warcio(folder, bodies, coding)
        size = ours.stat().st_size / theirs.stat().st_size
        write = {
            "ours": lambda: write_ours(folder, bodies, coding),
            "warcio": lambda: write_warcio(folder, bodies, coding),
            "floor": lambda: write_floor(bodies, coding),
        }
        report(name, "write", cost(write, len(bodies), rounds), f"{size:6.3f}")
        read = {"ours": lambda: read_ours(ours), "warcio": lambda: read_warcio(ours), "floor": lambda: read_floor(ours)}
        report(name, "read", cost(read, len(bodies), rounds), "")


def cost(candidates: dict[str, Callable[[], object]], number: int, rounds: int) -> dict[str, float]:
    """Median CPU microseconds a capture of each candidate; they take turns so that all meet the same machine."""
    spent: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, run in candidates.items():
            begin = time.process_time()
            run()
            spent[name].append((time.process_time() - begin) / number * 1e6)
    return {name: median(times) for name, times in spent.items()}


def report(name: str, step: str, costs: dict[str, float], size: str) -> None:
    ours, warcio, floor = costs["ours"], costs["warcio"], costs["floor"]
    print(f"{name:10} {step:6} {ours:8.0f} {warcio:8.0f} {floor:8.0f} {warcio / ours:6.2f} {size}")


def fields(body: bytes, coding: str) -> list[tuple[str, str]]:
    plain = [("Content-Type", "text/html; charset=utf-8"), ("Server", "nginx"), ("Content-Length", str(len(body)))]
    return plain + ([("Content-Encoding", coding)] if coding else [])


def write_ours(folder: Path, bodies: list[bytes], coding: str) -> Path:
    with WarcWriter(folder, prefix="bench", info={}) as writer:
        for number, body in enumerate(bodies):
            head = "".join(f"{name}: {value}\r\n" for name, value in fields(body, coding)).encode()
            response = Block(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body)
            url = f"http://www.news.test/news/{number}.html"
            location = writer.write(Capture(url=url, started_at=WHEN, request=REQUEST, response=response))
    return folder / location.file


def write_warcio(folder: Path, bodies: list[bytes], coding: str) -> Path:
    path = folder / "warcio.warc.gz"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for number, body in enumerate(bodies):
            url = f"http://www.news.test/news/{number}.html"
            head = StatusAndHeaders("200 OK", fields(body, coding), protocol="HTTP/1.1")
            asked = [("Host", "www.news.test"), ("User-Agent", "benchmark")]
            line = StatusAndHeaders("GET /news HTTP/1.1", asked, is_http_request=True)
            response = writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=head)
            writer.write_request_response_pair(writer.create_warc_record(url, "request", http_headers=line), response)
    return path


def write_floor(bodies: list[bytes], coding: str) -> None:
    for body in bodies:
        hashlib.sha1(body).digest()
        hashlib.sha1(body).digest()
        isal_zlib.compress(body, 1 if coding else 3, 31)


def read_ours(path: Path) -> int:
    return sum(len(capture.response) for capture in read_captures(path))


def read_warcio(path: Path) -> int:
    with path.open("rb") as file:
        return sum(len(record.raw_stream.read()) for record in ArchiveIterator(file))


def read_floor(path: Path) -> int:
    total = 0
    with path.open("rb") as file:
        inflate = isal_zlib.decompressobj(31)
        while piece := file.read(1 << 15):
            while piece:
                total += len(inflate.decompress(piece))
                piece = inflate.unused_data
                if inflate.eof:
                    inflate = isal_zlib.decompressobj(31)
    return total


if __name__ == "__main__":
    main()
