"""Memory needed to receive, store and read a response of 500 MB.

    python benchmarks/archive_long_body.py [--megabytes 500]

Reports the peak growth of the process. Exit 1 if it exceeds 64 MiB.
"""

import argparse
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from archive import Block, Capture, Collection

LIMIT = 64 << 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=500)
    options = parser.parse_args()
    before = peak()
    for coding in ("", "Content-Encoding: gzip\r\n"):
        begin = time.process_time()
        with tempfile.TemporaryDirectory() as scratch, Collection(Path(scratch)) as collection:
            block = received(f"HTTP/1.1 200 OK\r\n{coding}\r\n".encode(), options.megabytes)
            capture = Capture(url="http://a.test/long", started_at=datetime.now(UTC), request=b"", response=block)
            with collection.writer("long", {}) as writer:
                location = writer.write(capture)
            if collection.load(location).response != block:
                sys.exit("it reads otherwise than it was received")
        grown, spent = (peak() - before) >> 10, time.process_time() - begin
        kind = "stored" if coding else "deflated"
        print(f"{options.megabytes} MB {kind}: memory grew by {grown} MiB, {spent:.1f} s of CPU")
    if peak() - before > LIMIT:
        sys.exit(f"more than {LIMIT >> 10} MiB")


def received(head: bytes, megabytes: int) -> Block:
    """Return a response received in pieces of 64 KiB."""
    block = Block(head)
    for number in range(megabytes * 16):
        block.append(number.to_bytes(4, "big") * (1 << 14))
    return block


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
