"""Kill writers at random moments, in many rounds, and verify that nothing they reported is lost.

    python tests/archive/kill_rounds.py [--rounds 300] [--seed N]

In each round two processes write captures to one collection and print each location they get. Files rotate every few
dozen captures, some bodies are long, and some captures are revisits. The processes are killed with SIGKILL, and half of
their files get a torn end. In every third round a recovering process is killed too. Then every capture reported must be
in the index and read as written, every WARC must be valid to the last byte, no file may be left open, and a second
recovery must find nothing to do, and the manifest must have every file. Exit 1 at the first loss.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from archive import Collection

WRITERS = 2
ROUNDS_IN_ONE_FOLDER = 20

WRITE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from archive import Block, Capture, Collection, Dedup
from kill_rounds import body
folder, name = Path(sys.argv[1]), sys.argv[2]
with Collection(folder) as collection, collection.writer(name, {}, max_size=60_000, dedup=Dedup.URL) as writer:
    for number in range(1_000_000):
        page = number // 2
        response = Block(b"HTTP/1.1 200 OK\\r\\n\\r\\n" + body(name, page))
        url, now = f"http://{name}.test/{page}", datetime.now(UTC)
        location = writer.write(Capture(url=url, started_at=now, request=b"GET", response=response))
        print(page, location.file, location.offset, location.length, flush=True)
"""

RECOVER = "import sys; from archive import Collection; Collection(sys.argv[1]).recover()"


def body(name: str, page: int) -> bytes:
    """Return the reproducible body of a page. One in eight is so long that writing it takes several system calls."""
    chance = random.Random(f"{name} {page}")
    return chance.randbytes(3_000_000 if page % 8 == 5 else chance.randrange(5_000))


class Lost(Exception):
    """A guarantee of the archive was broken."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=time.time_ns())
    options = parser.parse_args()
    chance = random.Random(options.seed)
    reported = cut = 0
    for first in range(0, options.rounds, ROUNDS_IN_ONE_FOLDER):
        folder = Path(tempfile.mkdtemp(prefix="kill-"))
        try:
            for number in range(first, min(first + ROUNDS_IN_ONE_FOLDER, options.rounds)):
                captures, bytes_cut = run_round(folder, number, chance)
                reported, cut = reported + captures, cut + bytes_cut
            with Collection(folder) as collection:
                require(not list(collection.verify()), f"verify: {list(collection.verify())[:3]}")
                report = collection.check_trust()
                require(not report.findings, f"manifest: {report.findings[:3]}")
                require(report.chained == len(report.digests), "a file is not in the manifest")
        except Lost as error:
            sys.exit(f"{error} (seed {options.seed}, {folder} is kept)")
        shutil.rmtree(folder)
    print(f"{options.rounds} rounds, {reported} captures reported, 0 lost, {cut} bytes of unreported ones set aside")


def run_round(folder: Path, number: int, chance: random.Random) -> tuple[int, int]:
    """Return the number of captures the writers reported, and of bytes that recovery cut off."""
    names = [f"r{number}w{writer}" for writer in range(WRITERS)]
    reports = write_and_kill(folder, names, after=chance.choice([0.0, chance.uniform(0, 0.05), chance.uniform(0, 0.8)]))
    for path in (folder / "warc").glob("*.open"):
        if chance.random() < 0.5:  # a partial record: the system splits long writes
            path.write_bytes(path.read_bytes() + chance.randbytes(chance.randrange(1, 200_000)))
    if number % 3 == 0:
        recovering = subprocess.Popen([sys.executable, "-c", RECOVER, str(folder)])
        time.sleep(chance.uniform(0.1, 0.5))
        recovering.kill()
        recovering.wait()
    with Collection(folder) as collection:
        repairs = collection.recover()
        require(not list(collection.warc_folder.glob("*.open")), "a file is left open")
        require(not collection.recover(), "a second recovery found something to do")
        for name, lines in reports.items():
            for line in lines:
                check(collection, name, line)
    return sum(map(len, reports.values())), sum(repair.cut_bytes for repair in repairs)


def write_and_kill(folder: Path, names: list[str], *, after: float) -> dict[str, list[str]]:
    """Kill the writers `after` seconds after their first lines. Return the complete lines that each printed."""
    run, here = [sys.executable, "-c", WRITE, str(folder)], Path(__file__).parent
    writers = [subprocess.Popen([*run, name], stdout=subprocess.PIPE, text=True, cwd=here) for name in names]
    first = [writer.stdout.readline() for writer in writers]
    time.sleep(after)
    for writer in writers:
        writer.kill()
    printed = [line + writer.communicate()[0] for line, writer in zip(first, writers, strict=True)]
    whole = [[line for line in text.splitlines(True) if line.endswith("\n")] for text in printed]
    return dict(zip(names, whole, strict=True))


def check(collection: Collection, name: str, line: str) -> None:
    page, file, offset, length = line.split()
    found = [one for one in collection.index.captures(f"http://{name}.test/{page}") if one.file == file]
    places = {(one.offset, one.length) for one in found}
    require((int(offset), int(length)) in places, f"not in the index: {name} {line}")
    entry = next(one for one in found if one.offset == int(offset))
    require(collection.load(entry).payload() == body(name, int(page)), f"differs from what was written: {name} {line}")


def require(condition: bool, message: str) -> None:
    if not condition:
        raise Lost(message)


if __name__ == "__main__":
    main()
