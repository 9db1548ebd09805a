"""Removal of captures: what is kept is byte-identical, what is removed is gone from file, index and replay."""

import random
import signal
import subprocess
import sys
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive import ArchiveError, Block, Capture, Collection, Dedup
from archive.gzip_writer import deflate_record
from archive.reading import read_records
from archive.record import record_head
from archive.replay import Replay
from archive.retention import Retention, RetentionRule
from archive.selection import Selection

START = datetime(2024, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
HOSTS = ("one.test", "two.test", "three.test")


def body(seed, size=1500):
    return random.Random(seed).randbytes(size)


def etag(content):
    return b'"%d"' % zlib.crc32(content)


def capture(url, day, content, known=None):
    """Return the capture of a page with `content`, or of a 304 response to a request that names the `known` one."""
    head = b"HTTP/1.1 200 OK\r\nETag: %b\r\nContent-Length: %d\r\n\r\n" % (etag(content), len(content))
    request, response = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", head + content
    if known is not None:
        request = b"GET / HTTP/1.1\r\nIf-None-Match: %b\r\n\r\n" % etag(known)
        response = b"HTTP/1.1 304 Not Modified\r\nETag: %b\r\n\r\n" % etag(known)
    return Capture(url=url, started_at=START + day * DAY, request=request, response=Block(response))


def rule(**criteria):
    return Retention((RetentionRule(Selection(**criteria), "too old"),))


def contents(collection):
    """Return what each capture is when it is read: its request and complete response."""
    found = {}
    for entry in collection.index.search():
        read = collection.load(entry)
        found[entry.url, entry.date, entry.record_id] = (read.request, bytes(read.response))
    return found


def record_bytes(folder):
    """Return the bytes of each record but warcinfo, by id."""
    found = {}
    for path in folder.glob("*.warc.gz"):
        data = path.read_bytes()
        for record in read_records(path):
            if record.type != "warcinfo":
                found[record.id] = data[record.offset : record.offset + record.length]
    return found


def prune(collection, retention):
    pruner = collection.pruner()
    plan = pruner.plan(retention)
    return plan, list(pruner.apply(plan, retention))


captures = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 3), st.integers(0, 60), st.integers(0, 4), st.integers(0, 5)),
    min_size=1,
    max_size=25,
)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(captures, st.sampled_from(HOSTS[:2]), st.integers(0, 60))
def test_kept_captures_stay_identical_and_removed_ones_are_gone(tmp_path_factory, made, host, first_kept):
    """Each capture is host, path, day, content and file.

    Equal contents become revisits across URLs and files; some answers are 304, and refer to an earlier capture too.
    """
    root = tmp_path_factory.mktemp("pruned")
    last = {}
    with Collection(root) as collection:
        for file in range(6):
            chosen = sorted((one for one in made if one[4] == file), key=lambda one: one[2])
            with collection.writer("paper", {}, dedup=Dedup.ANY) as writer:
                for where, path, day, content, _ in chosen:
                    url = f"http://{HOSTS[where]}/{path}"
                    known = last.get(url) if content == 4 else None
                    last[url] = known or body(content)
                    writer.write(capture(url, day, body(content), known))
        end = START + first_kept * DAY
        entries = list(collection.index.search())
        before, bytes_before = contents(collection), record_bytes(collection.warc_folder)
        plan, results = prune(collection, rule(hosts=(host,), end=end))
        after, bytes_after = contents(collection), record_bytes(collection.warc_folder)
        meant = {
            (entry.url, entry.date, entry.record_id) for entry in entries if host in entry.url and entry.date < end
        }
        removed = before.keys() - after.keys()
        assert not [result.error for result in results if result.error]
        assert removed <= meant
        assert len(meant - removed) == plan.needed
        assert sum(result.captures for result in results) == len(removed)
        assert after == {key: value for key, value in before.items() if key not in removed}
        assert all(bytes_before[name] == data for name, data in bytes_after.items())
        assert len(bytes_before) - len(bytes_after) == 2 * len(removed)  # each with its request
        for url, date, record_id in removed:
            removal = collection.removals.find_record(record_id)
            assert (removal.url, removal.date, removal.reason) == (url, date, "too old")
        assert list(collection.verify()) == []
        report = collection.check_trust()
        assert report.findings == []
        indexed = list(collection.index.search())
        for stored in collection.storage.files():
            collection.reindex(stored.name)
        assert list(collection.index.search()) == indexed


@pytest.fixture
def archive(tmp_path):
    """A collection with one file: an old and a new capture of a page, and a page of another host."""
    with Collection(tmp_path) as collection:
        with collection.writer("paper", {"software": "Test/1.0"}) as writer:
            writer.write(capture("http://one.test/", 0, b"old"))
            writer.write(capture("http://two.test/", 0, b"other"))
            writer.write(capture("http://one.test/", 9, b"new"))
        yield collection


def file_of(collection):
    (stored,) = collection.storage.files()
    return collection.warc_folder / stored.name


def test_plan_changes_nothing(archive):
    before = file_of(archive).read_bytes()
    plan = archive.pruner().plan(rule(end=START + DAY))
    assert (plan.captures["too old"], plan.needed) == (2, 0)
    assert (file_of(archive).read_bytes(), len(archive.index)) == (before, 3)
    assert archive.removals.find("http://one.test/", START) is None


def test_remains_are_a_new_file_that_says_why(archive):
    name = file_of(archive).name
    prune(archive, rule(end=START + DAY, hosts=("one.test",)))
    remains = file_of(archive)
    assert remains.name == name.replace(".warc.gz", ".pruned-1.warc.gz")
    first = next(read_records(remains))
    assert first.get("WARC-Filename") == remains.name
    assert b"removed captures: 1, too old" in bytes(first.block)
    prune(archive, rule(end=START + DAY))
    assert file_of(archive).name.endswith(".pruned-2.warc.gz")
    prune(archive, rule())
    assert list(archive.storage.files()) == []
    assert archive.check_trust().findings == []
    assert archive.index.files() == []


def test_earlier_file_that_comes_back_is_named(archive):
    path = file_of(archive)
    data = path.read_bytes()
    prune(archive, rule(end=START + DAY))
    path.write_bytes(data)
    (finding,) = archive.check_trust().findings
    assert finding.file == path.name
    assert "pruned on" in finding.what


def test_nothing_is_removed_while_a_crawl_writes(archive):
    pruner = archive.pruner()
    retention = rule(end=START + DAY)
    with archive.writer("other", {}) as writer:
        writer.write(capture("http://three.test/", 1, b"more"))
        with pytest.raises(ArchiveError, match="a crawl is writing it"):
            list(pruner.apply(pruner.plan(retention), retention))
    plan = pruner.plan(retention)
    with archive.writer("other", {}) as writer:
        writer.write(capture("http://three.test/", 2, b"more"))
    (result,) = pruner.apply(plan, retention)
    assert "the archive changed meanwhile" in str(result.error)
    assert len(archive.index) == 5
    assert not list(archive.warc_folder.glob("*.pruning"))


def test_damaged_and_changed_files_are_named_and_kept(archive):
    path = file_of(archive)
    data = path.read_bytes()
    retention = rule(end=START + DAY)
    for changed, reason in (
        (data[:4] + b"\1" + data[5:], "is not as the manifest states"),
        (data + b"junk", "archive repair"),
    ):
        path.write_bytes(changed)
        _, (result,) = prune(archive, retention)
        assert reason in str(result.error)
        assert path.read_bytes() == changed
        assert not list(archive.warc_folder.glob("*.pruning"))


def test_replay_says_when_and_why_a_page_was_removed(archive, exchange):
    prune(archive, rule(end=START + DAY))
    replay = Replay(archive, decode=lambda data, content_type: (data.decode(), "utf-8"))
    for path in ("/20240101000000/http://two.test/", "/http://two.test/", "/*/http://two.test/"):
        answer = exchange(replay, path)
        assert answer.status == 410
        assert "It was removed from the archive on" in answer.text
        assert ": too old." in answer.text
    assert exchange(replay, "/20240101000000/http://one.test/").status == 302  # to the one that is kept
    assert exchange(replay, "/20240101000000/http://four.test/").status == 404


def test_pruned_import_does_not_come_back(archive, tmp_path):
    source = tmp_path / "source.warc.gz"
    source.write_bytes(file_of(archive).read_bytes())
    with Collection(tmp_path / "other") as collection:
        (first,) = collection.import_file(source)
        prune(collection, rule(end=START + DAY))
        (again,) = collection.import_file(source)
        assert (again.imported.is_new, again.captures) == (False, 1)
        assert again.imported.file == first.imported.file.replace(".warc.gz", ".pruned-1.warc.gz")
        prune(collection, rule())
        (last,) = collection.import_file(source)
        assert (last.imported.file, len(collection.index)) == (None, 0)


def test_records_about_a_removed_page_go_with_it(tmp_path):
    def record(kind, uri, date, number, block, *more):
        fields = [("WARC-Type", kind), ("WARC-Record-ID", f"<urn:uuid:{number}>"), ("WARC-Target-URI", uri)]
        fields += [("WARC-Date", date), *more, ("Content-Length", str(len(block)))]
        return deflate_record(record_head(fields) + block + b"\r\n\r\n")

    response = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
    old, new, of = "2024-01-01T00:00:00Z", "2025-01-01T00:00:00Z", "WARC-Concurrent-To"
    (tmp_path / "warc").mkdir()
    (tmp_path / "warc" / "all.warc.gz").write_bytes(
        b"".join(
            [
                record(
                    "request",
                    "http://one.test/",
                    old,
                    1,
                    b"GET / HTTP/1.1\r\n\r\n",
                    ("WARC-Concurrent-To", "<urn:uuid:2>"),
                ),
                record("response", "http://one.test/", old, 2, response),
                record("metadata", "http://one.test/", old, 3, b"a: b\r\n", (of, "<urn:uuid:1>")),
                record("resource", "urn:text:http://one.test/", old, 4, b"its text"),
                record("resource", "urn:text:http://one.test/", new, 5, b"its new text"),
                record("conversion", "http://one.test/", new, 6, b"x", ("WARC-Refers-To", "<urn:uuid:2>")),
                record("response", "http://one.test/", new, 7, response),
                record("resource", "dns:one.test", old, 8, b"192.0.2.1"),
            ]
        )
    )
    with Collection(tmp_path) as collection:
        collection.recover()
        _, (result,) = prune(collection, rule(end=datetime(2024, 6, 1, tzinfo=UTC)))
        kept = [record.id for record in read_records(tmp_path / "warc" / result.remains)]
    assert kept[1:] == ["urn:uuid:5", "urn:uuid:7", "urn:uuid:8"]


KILLED = """
import os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from archive import Collection
from archive.retention import Retention, RetentionRule
from archive.selection import Selection
left = int(sys.argv[2])
def trace(frame, event, argument):
    global left
    code = frame.f_code
    if any(part in code.co_filename for part in ("/retention/", "/trust/manifest", "/archive/index.py")):
        left -= event == "line"
        if left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace
with Collection(Path(sys.argv[1])) as collection:
    retention = Retention((RetentionRule(Selection(end=datetime(2024, 1, 20, tzinfo=UTC)), "too old"),))
    pruner = collection.pruner()
    plan = pruner.plan(retention)
    sys.settrace(trace)
    results = list(pruner.apply(plan, retention))
    sys.settrace(None)
    print(sum(result.captures for result in results))
"""


@pytest.mark.slow
def test_process_killed_at_any_step_leaves_a_usable_archive(tmp_path):
    """The process is killed after ever more lines of the code that removes, until it reaches the end."""
    rounds = 0
    for lines in range(40, 100_000, 97):
        root = tmp_path / str(lines)
        with Collection(root) as collection:
            for file in range(3):
                with collection.writer("paper", {}) as writer:
                    for day in range(file, 40, 9):
                        writer.write(capture(f"http://one.test/{day % 5}", day, body(day, 300)))
            before = contents(collection)
        command = [sys.executable, "-c", KILLED, str(root), str(lines)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=Path.cwd())
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        with Collection(root) as collection:
            usable = contents(collection)  # without any repair
            assert usable.items() <= before.items()
            assert {key for key in before if key[1] >= START + 19 * DAY} <= usable.keys()
            collection.recover()
            after = contents(collection)
            assert list(collection.verify()) == []
            report = collection.check_trust()
            assert report.findings == []
            assert not list(collection.warc_folder.glob("*.pruning"))
            for key in before.keys() - after.keys():
                assert collection.removals.find_record(key[2]) is not None
            prune(collection, rule(end=START + 19 * DAY))
            assert contents(collection).keys() == {key for key in before if key[1] >= START + 19 * DAY}
            assert collection.check_trust().findings == []
        rounds += 1
        if done.returncode == 0:
            break
    assert rounds > 10
