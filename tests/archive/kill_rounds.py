"""Kill writers at random moments, round after round, and see that nothing they reported is lost.

    python tests/archive/kill_rounds.py [--rounds 300] [--seed N]

In each round two processes write captures to one collection, with rotation every few dozen captures, long bodies among
short ones and revisits of payloads kept before, and print each location they were given. They are killed with SIGKILL,
and half of their files get a torn end; in every third round so is a process killed that recovers what they left. Then:
every capture reported is in the index and reads as it was written, every WARC is valid to the last byte, nothing is
left open, and a second recovery finds nothing to do. Exit 1 at the first loss.
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
    """The body of a page, the same wherever it is made; one in eight is written by more than one system call."""
    chance = random.Random(f"{name} {page}")
    return chance.randbytes(3_000_000 if page % 8 == 5 else chance.randrange(5_000))


class Lost(Exception):
    """What was promised is not so."""


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
                captures, bytes_cut = one_round(folder, number, chance)
                reported, cut = reported + captures, cut + bytes_cut
            with Collection(folder) as collection:
                require(not list(collection.verify()), f"verify: {list(collection.verify())[:3]}")
        except Lost as error:
            sys.exit(f"{error} (seed {options.seed}, {folder} is kept)")
        shutil.rmtree(folder)
    print(f"{options.rounds} rounds, {reported} captures reported, 0 lost, {cut} bytes of unreported ones set aside")


def one_round(folder: Path, number: int, chance: random.Random) -> tuple[int, int]:
    """Captures the writers reported, and bytes recovery cut off."""
    names = [f"r{number}w{writer}" for writer in range(WRITERS)]
    reports = write_and_kill(folder, names, after=chance.choice([0.0, chance.uniform(0, 0.05), chance.uniform(0, 0.8)]))
    for path in (folder / "warc").glob("*.open"):
        if chance.random() < 0.5:  # a record begun as the process died: the system takes long writes in parts
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
    """What each writer printed in full before it was killed, `after` seconds from the first line of each."""
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
    require(collection.load(entry).payload() == body(name, int(page)), f"reads otherwise: {name} {line}")


def require(so: bool, otherwise: str) -> None:
    if not so:
        raise Lost(otherwise)


if __name__ == "__main__":
    main()
