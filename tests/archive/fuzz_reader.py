"""Fuzz test: searches for files that make the readers fail with an error other than the package's own.

    python tests/archive/fuzz_reader.py [--minutes 10] [--seed N]

Complete files of every kind are cut, bit-flipped, joined and extended, then read in every way. The first file that
causes another error or takes long is kept and named after its seed; the run then ends with exit 1.
"""

import argparse
import gzip
import io
import random
import signal
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from backports import zstd
from fuzz_packages import package

from archive import ArchiveError, Collection, read_captures
from archive.cdxj import parse_cdxj_line
from archive.importing import import_file
from archive.indexing import read_entries
from archive.reading import read_records
from archive.verify import verify_file
from archive.warc_reader import read_at

#: CPU seconds one small file may take.
LONG = 10.0

BLOCKS = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=gbk\r\n\r\n<p>page</p>",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: 1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"<p>page</p>" * 50),
    b"HTTP/2 200\r\ncontent-encoding: zstd\r\n\r\n" + zstd.compress(b"<p>page</p>" * 50),
    b"HTTP/1.1 304 Not Modified\n\n",
    b"",
)
KINDS = ("response", "request", "revisit", "resource", "conversion", "metadata", "warcinfo", "continuation")
TOKENS = (
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b"\x1f\x8b\x08\0",
    b"WARC/1.0\r\n",
    b"Content-Length: ",
    b"9" * 20,
    b"-1",
    b"\0",
    b"\xff",
)
LINE = 'com,example)/a?b=1 20260301120000 {"url": "http://example.com/a?b=1", "mime": "text/html", "status": "200", '
LINE += '"digest": "sha1:ABC", "length": "10", "offset": "0", "filename": "a.warc.gz"}\n'


def record(chance: random.Random, number: int) -> bytes:
    block, kind = chance.choice(BLOCKS), chance.choice(KINDS)
    end = chance.choice((b"\r\n", b"\r\n", b"\n"))
    lines = [
        b"WARC/1." + chance.choice((b"0", b"1")),
        b"WARC-Type: " + kind.encode(),
        b"WARC-Record-ID: <urn:x:%d>" % number,
        b"WARC-Date: 2026-03-01T12:00:00Z",
        b"WARC-Target-URI: http://a.test/%d" % number,
        b"WARC-Refers-To: <urn:x:%d>" % (number - 1),
        b"Content-Length: %d" % len(block),
    ]
    return end.join(lines) + end + end + block + end + end


def arc(chance: random.Random) -> bytes:
    block = chance.choice(BLOCKS)
    line = b"http://a.test/ 192.0.2.1 20010203040506 text/html %d\n" % len(block)
    return b"filedesc://x.arc 0.0.0.0 20010203040506 text/plain 3\nabc\n" + (line + block + b"\n") * 2


def whole_file(chance: random.Random) -> bytes:
    records = [record(chance, number) for number in range(chance.randint(1, 4))]
    way = chance.randrange(8)
    if way == 0:
        return b"".join(records)
    if way == 1:
        return gzip.compress(b"".join(records))
    if way == 2:
        return arc(chance)
    if way == 3:
        return gzip.compress(arc(chance))
    members = b"".join(map(gzip.compress, records))
    if way in (4, 5):
        return package(chance, members)
    return zstd.compress(members) if way == 6 else members


def damaged(chance: random.Random, data: bytes) -> bytes:
    for _ in range(chance.randint(0, 5)):
        at, size = chance.randrange(len(data) + 1), chance.choice((0, 1, 1, 4, 40))
        put = chance.choice((b"", chance.randbytes(chance.randint(1, 8)), chance.choice(TOKENS), data[at : at + 200]))
        data = data[:at] + put + data[at + size :]
    # Damage inside the compression reaches deeper than damage to it.
    return gzip.compress(data) if chance.random() < 0.1 else data


def read_in_every_way(data: bytes, folder: Path) -> None:
    path = folder / "fuzz.warc.gz"
    path.write_bytes(data)
    errors: list[ArchiveError] = []
    for capture in tolerant(read_captures(path, on_damage=errors.append)):
        tolerant_call(capture.body)
        if capture.location is not None:
            place = capture.location
            tolerant_call(lambda place=place: read_at(path, place.offset, place.length))
    list(tolerant(read_captures(io.BytesIO(data))))
    list(tolerant(read_records(path)))
    list(tolerant(read_entries(path, on_damage=errors.append)))
    list(verify_file(path))
    list(tolerant(import_file(path, folder / "warc")))
    if data.startswith(b"PK"):
        tolerant_call(lambda: Collection.of_files([path], on_damage=errors.append).close())
    for error in errors:
        str(error)


def tolerant(items):
    """Yield the items until one of the package's own errors."""
    try:
        yield from items
    except ArchiveError as error:
        str(error)


def tolerant_call(call) -> None:
    try:
        call()
    except ArchiveError as error:
        str(error)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    tally = Tally()
    with suppress(KeyboardInterrupt):  # if stopped early, it still reports its progress
        if not search(options.seed * 1_000_000, time.monotonic() + 60 * options.minutes, tally):
            return 1
    print(f"{tally.files} files, no error but the package's own; the slowest took {tally.slowest:.2f} CPU seconds")
    return 0


@dataclass
class Tally:
    """Number of files read, and CPU seconds of the slowest."""

    files: int = 0
    slowest: float = 0.0


def search(number: int, end: float, tally: Tally) -> bool:
    """Read files generated from `number` on until `end`. False if one failed; it was then reported and kept."""
    while time.monotonic() < end:
        number += 1
        chance = random.Random(number)
        data = whole_file(chance)
        # A package with damaged content but intact structure reaches deeper without further damage.
        data = data if data.startswith(b"PK") and chance.random() < 0.7 else damaged(chance, data)
        line = damaged(chance, LINE.encode()).decode("utf-8", "replace")
        begin = time.process_time()
        try:
            with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
                read_in_every_way(data, Path(scratch))
            tolerant_call(lambda line=line: parse_cdxj_line(line))
        except Exception:
            traceback.print_exc()
            keep(data, number)
            return False
        tally.files += 1
        tally.slowest = max(tally.slowest, time.process_time() - begin)
        if tally.slowest > LONG:
            print(f"took {tally.slowest:.1f} CPU seconds")
            keep(data, number)
            return False
    return True


def keep(data: bytes, number: int) -> None:
    path = Path(tempfile.gettempdir()) / f"fuzz-{number}.warc.gz"
    path.write_bytes(data)
    print(f"kept {path}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
