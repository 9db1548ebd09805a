"""Repair of closed files: what is intact keeps its name and place, the rest is set aside, and the archive is sound."""

import gzip
import os
import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from fastwarc.warc import ArchiveIterator as FastWarcIterator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from archive import Block, Capture, Collection
from archive.gzip_writer import MIN_STORED, store_exactly
from archive.repair import find_set_aside
from archive.repair_closed import repair_closed
from tests.archive.conftest import NOON

PAGES = 6


def make_archive(folder, size=3000):
    """Return a collection with one closed file of `PAGES` captures whose bodies do not compress, and its path."""
    collection = Collection(folder)
    with collection.writer("paper", {}) as writer:
        for number in range(PAGES):
            body = os.urandom(size // 2).hex().encode()
            response = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body) + body
            url = f"http://paper.test/{number}"
            at = NOON + timedelta(minutes=number)
            location = writer.write(
                Capture(url=url, started_at=at, request=b"GET / HTTP/1.1\r\n\r\n", response=Block(response))
            )
    return collection, collection.file(location.file)


def bodies(collection):
    """Return the place and the response of every indexed capture."""
    return {(e.url, e.offset): bytes(collection.load(e).response) for e in collection.index.search()}


def count_with_peers(path):
    with path.open("rb") as file:
        warcio = sum(1 for record in ArchiveIterator(file) if record.raw_stream.read() is not None)
    return warcio, sum(1 for _ in FastWarcIterator(path.open("rb"), parse_http=False))


def overwrite(path, start, data):
    with path.open("rb+") as file:
        file.seek(start)
        file.write(data)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 2500)), min_size=1, max_size=3),
    filling=st.sampled_from([b"\0", b"\xff", b"\r\n", b"WARC/1.1\r\n", b"\x1f\x8b\x08\0"]),
    cut=st.one_of(st.none(), st.floats(0.2, 1)),
)
def test_intact_captures_keep_their_places_whatever_is_damaged(tmp_path_factory, places, filling, cut):
    collection, path = make_archive(tmp_path_factory.mktemp("repair"))
    with collection:
        before, original = bodies(collection), path.read_bytes()
        size = len(original)
        for place, length in places:
            start = int(place * (size - 1))
            overwrite(path, start, (filling * length)[: min(length, size - start)])
        if cut is not None:
            os.truncate(path, int(cut * size))
        damaged = path.read_bytes()
        problems = []

        repairs = list(collection.repair(problems.append))

        assert problems == []
        for repair in repairs:
            assert repair.kept_aside.read_bytes() == damaged[repair.cut_at : repair.cut_at + repair.cut_bytes]
        assert list(collection.repair()) == []
        assert list(collection.verify()) == []
        if not any(repair.kept_aside.name.endswith(".before-repair") for repair in repairs):
            assert bodies(collection).items() <= before.items()
        if path.exists():
            assert len(set(count_with_peers(path))) == 1


def test_damage_within_a_file_is_replaced_by_a_record_that_says_where_it_is(tmp_path):
    collection, path = make_archive(tmp_path)
    with collection:
        entry = collection.index.captures_in(path.name)[2]
        size = path.stat().st_size
        overwrite(path, entry.offset + 100, bytes(50))

        (repair,) = collection.repair()

        assert (repair.file, repair.cut_at, repair.cut_bytes) == (path.name, entry.offset, entry.length)
        assert path.stat().st_size == size
        assert f"moved them to {path.name}.cut-at-{entry.offset}".encode() in path.read_bytes()
        assert find_set_aside(path.parent, path.name) == [repair.kept_aside]
        assert [one.url[-1] for one in collection.index.captures_in(path.name)] == ["0", "1", "3", "4", "5"]
        assert list(collection.verify()) == []


@pytest.mark.parametrize("length", [1, 3, 20, 100, 239, 240, 400, 1000, 70_000, 140_000])
@pytest.mark.parametrize("is_gzipped", [True, False], ids=["gzip", "plain"])
def test_junk_of_any_length_between_records_is_replaced_and_nothing_moves(tmp_path, length, is_gzipped):
    collection, path = make_archive(tmp_path)
    with collection:
        data = path.read_bytes()
        at = collection.index.captures_in(path.name)[3].offset
        parts = [data[:at], data[at:]]
        if not is_gzipped:
            parts = [gzip.decompress(part) for part in parts]
        path.write_bytes(parts[0] + b"#" * length + parts[1])
        collection.reindex(path.name, on_damage=lambda error: None)
        before = bodies(collection)
        assert len(before) == PAGES

        (repair,) = collection.repair()

        assert repair.kept_aside.read_bytes() == b"#" * length
        assert bodies(collection) == before
        assert list(collection.verify()) == []
        assert list(collection.repair()) == []
        if is_gzipped or length >= 240:
            assert len(set(count_with_peers(path))) == 1


@pytest.mark.parametrize("length", [*range(MIN_STORED, MIN_STORED + 12), *range(65_530, 65_590), 200_000])
def test_member_of_an_exact_length(length):
    sizes = []

    def content(size):
        sizes.append(size)
        return [b"x" * size]

    member = b"".join(store_exactly(length, content))
    assert len(member) == length
    assert gzip.decompress(member) == b"x" * sizes[0]


def test_records_that_share_a_member_get_their_own_and_the_original_is_kept(tmp_path):
    collection, path = make_archive(tmp_path)
    with collection:
        shared = gzip.compress(gzip.decompress(path.read_bytes()))
        path.write_bytes(shared)
        collection.reindex(path.name, on_damage=lambda error: None)

        (repair,) = collection.repair()

        assert repair.kept_aside.read_bytes() == shared
        assert [one.url[-1] for one in collection.index.captures_in(path.name)] == list("012345")
        assert list(collection.verify()) == []


def test_file_without_an_intact_record_is_set_aside_and_forgotten(tmp_path):
    collection, path = make_archive(tmp_path)
    with collection:
        size = path.stat().st_size
        path.write_bytes(b"#" * size)

        (repair,) = collection.repair()

        assert repair.file is None
        assert repair.kept_aside.stat().st_size == size
        assert not path.exists()
        assert collection.index.files() == []
        assert list(collection.verify()) == []


KILLED = """
import os, sys
from pathlib import Path
from archive import Collection
from archive import repair_closed
point = sys.argv[2]
def die(*_):
    os.kill(os.getpid(), 9)
if point == "aside":
    repair_closed._remove_gaps = die
if point == "draft":
    Path.rename = die
if point == "renamed":
    repair_closed.sync_folder = die
list(Collection(Path(sys.argv[1])).repair())
"""


@pytest.mark.slow
@pytest.mark.parametrize("point", ["aside", "draft", "renamed"])
def test_killed_repair_is_completed_by_the_next(tmp_path, point):
    collection, path = make_archive(tmp_path)
    with collection:
        entry = collection.index.captures_in(path.name)[2]
        overwrite(path, entry.offset + 100, bytes(50))
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), point], check=False)
    assert killed.returncode == -signal.SIGKILL

    with Collection(tmp_path) as collection:
        list(collection.repair())

        assert list(collection.verify()) == []
        assert len(collection.index.captures_in(path.name)) == PAGES - 1
        assert find_set_aside(path.parent, path.name)[0].stat().st_size == entry.length


def test_file_that_another_process_repairs_is_reported(tmp_path):
    import fcntl

    collection, path = make_archive(tmp_path)
    problems = []
    with collection, path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert list(collection.repair(problems.append)) == []
    assert "another process has locked the file" in str(problems[0])


def test_intact_file_is_not_touched(tmp_path):
    collection, path = make_archive(tmp_path)
    with collection:
        before = path.stat()
        assert repair_closed(path) == []
        assert path.stat() == before


def test_missing_file_is_named_and_removed_from_the_index_on_request(tmp_path):
    collection, path = make_archive(tmp_path)
    with collection:
        path.unlink()
        problems = []
        assert collection.recover(problems.append) == []
        (finding,) = collection.verify()

        assert f"broadsheet archive index --forget {path.name}" in str(problems[0])
        assert f"broadsheet archive index --forget {path.name}" in finding.hint
        assert collection.forget(path.name) == PAGES
        assert list(collection.verify()) == []
        problems.clear()
        collection.recover(problems.append)
        assert problems == []


def test_start_of_a_crawl_names_a_file_that_became_shorter(tmp_path):
    collection, path = make_archive(tmp_path)
    with collection:
        os.truncate(path, path.stat().st_size // 2)
        problems = []
        collection.recover(problems.append)

        assert "is cut short" in str(problems[0])
        assert "broadsheet archive repair" in str(problems[0])
        list(collection.repair())
        problems.clear()
        collection.recover(problems.append)
        assert problems == []


def test_file_that_cannot_be_opened_does_not_stop_recovery(tmp_path):
    collection, path = make_archive(tmp_path)
    with collection:
        (path.parent / "folder.warc.gz").mkdir()
        problems = []
        collection.recover(problems.append)

        assert "folder.warc.gz" in str(problems[0])
        assert len(bodies(collection)) == PAGES
