"""The chain: every change of a closed file is named, and what cannot be known is said."""

import os
import shutil
import threading
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from archive import Block, Capture, Collection
from archive.reading import read_records
from archive.storage import FolderStorage
from archive.trust import FileEvent, Manifest
from archive.trust.check import check_chain
from archive.trust.manifest import parse_chain_fields

FILES = 20


def capture(number, size=900):
    body = bytes((number + 7 * at) % 251 for at in range(size))
    response = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + body
    when = datetime(2026, 3, 1, 12, number % 60, tzinfo=UTC)
    request = b"GET / HTTP/1.1\r\n\r\n"
    return Capture(url=f"http://news.test/{number}", started_at=when, request=request, response=Block(response))


def write_file(collection, number):
    with collection.writer("chain", {"software": "Test/1.0"}) as writer:
        return writer.write(capture(number)).file


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A data folder with a chain of 20 files, and their names in the order of closing. Only copies are changed."""
    root = tmp_path_factory.mktemp("written")
    with Collection(root) as collection:
        return root, [write_file(collection, number) for number in range(FILES)]


@pytest.fixture
def chain(written, tmp_path):
    root, names = written
    shutil.copytree(root / "warc", tmp_path / "warc")
    shutil.copytree(root / "manifest", tmp_path / "manifest")
    return tmp_path, names


def check(root):
    return check_chain(FolderStorage(root / "warc"), Manifest(root / "manifest"), root / "warc", {})


def found(root):
    return {(finding.file, finding.what.partition(" since")[0]) for finding in check(root).findings}


def test_intact_chain_has_no_findings(chain):
    root, names = chain
    report = check(root)
    assert (report.findings, report.unknown, report.chained) == ([], {}, FILES)
    assert sorted(report.digests) == sorted(names)


def test_warcinfo_record_names_the_file_closed_before(chain):
    root, names = chain
    digests = check(root).digests
    for before, name in pairwise(names):
        block = bytes(next(read_records(root / "warc" / name)).block)
        assert parse_chain_fields(block)[0] == [digests[before]]


def test_one_changed_byte_is_named_wherever_it_is(written):
    """Every region of a file, gzip headers and trailers included, of the first, a middle and the last file."""
    root, names = written
    manifest, storage = Manifest(root / "manifest"), FolderStorage(root / "warc")
    for name in (names[0], names[9], names[-1]):
        path = root / "warc" / name
        intact = path.read_bytes()
        members = [record.offset for record in read_records(path)]
        trailers = [offset - 8 for offset in members[1:]] + [len(intact) - 8, len(intact) - 1]
        for offset in {*members, *(member + 9 for member in members), *trailers, *range(0, len(intact), 97)}:
            path.write_bytes(intact[:offset] + bytes([intact[offset] ^ 1]) + intact[offset + 1 :])
            try:
                files = {finding.file for finding in check_chain(storage, manifest, root / "warc", {}).findings}
            finally:
                path.write_bytes(intact)
            assert files == {name}, offset


def test_missing_truncated_and_exchanged_files_are_named(chain):
    root, names = chain
    folder = root / "warc"
    (folder / names[3]).unlink()
    (folder / names[7]).write_bytes((folder / names[7]).read_bytes()[:-5])
    shutil.move(folder / names[11], folder / "aside")
    shutil.move(folder / names[12], folder / names[11])
    shutil.move(folder / "aside", folder / names[12])
    size = (folder / names[7]).stat().st_size
    things = dict(found(root))
    assert things.pop(names[3]).startswith("is missing")
    assert things.pop(names[7]).startswith(f"has {size} bytes instead of the {size + 5}")
    assert things == {
        names[11]: f"has the content of {names[12]} instead of its own",
        names[12]: f"has the content of {names[11]} instead of its own",
    }


def test_changed_manifest_is_named(chain):
    root, names = chain
    path = root / "manifest" / "files.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    changed = lines[9].replace(b'"size": ', b'"size": 1')
    path.write_bytes(b"".join([*lines[:9], changed, *lines[10:]]))
    assert ("files.jsonl", "line 11 does not follow the line before it: a line was changed, removed or added") in found(
        root
    )
    path.write_bytes(b"".join([*lines[:9], *lines[10:]]))
    assert any(file == "files.jsonl" for file, _ in found(root))
    path.write_bytes(b"".join(lines[:-4]))
    assert ("files.jsonl", f"line {len(lines) - 2} is missing, which {names[-1]} names") in found(root)


def test_files_are_checked_by_the_chain_when_the_manifest_is_lost(chain):
    root, names = chain
    shutil.rmtree(root / "manifest")
    (root / "warc" / names[5]).write_bytes(b"other")
    things = dict(found(root))
    assert things.pop("files.jsonl") == f"the manifest is missing, but {FILES - 2} files name it"
    assert things == {names[5]: things[names[5]]}
    assert "5 bytes instead of" in things[names[5]]


def test_files_of_which_nothing_is_known_are_named(chain):
    root, names = chain
    shutil.copy(root / "warc" / names[0], root / "warc" / "older.warc.gz")
    source = root / "other.warc.gz"
    shutil.copy(root / "warc" / names[1], source)
    with Collection(root) as collection:
        for name in names:
            collection.reindex(name)
        collection.index.replace_file("older.warc.gz", [])
        record = next(read_records(source))
        data = source.read_bytes()
        source.write_bytes(data[record.length :].replace(b"nothing", b""))
        (root / "warc" / names[1]).unlink()
        collection.index.forget_file(names[1])
        (imported,) = collection.import_file(source)
        report = collection.check_trust()
    assert {finding.file for finding in report.findings} == {names[1]}
    assert report.unknown["older.warc.gz"] == "not in the manifest: from before it, or added by hand"
    assert report.unknown[imported.imported.file].startswith("imported on ")


def test_lost_file_that_was_removed_from_the_index_is_excused(chain):
    root, names = chain
    with Collection(root) as collection:
        for name in names:
            collection.reindex(name)
        (root / "warc" / names[4]).unlink()
        collection.forget(names[4])
        assert collection.check_trust().findings == []


def test_repaired_file_is_known_from_its_repair_on(chain):
    root, names = chain
    path = root / "warc" / names[2]
    path.write_bytes(path.read_bytes() + b"junk")
    with Collection(root) as collection:
        assert [repair.file for repair in collection.repair() if repair.cut_bytes] == [names[2]]
        report = collection.check_trust()
    assert report.findings == []
    assert "repaired on" in report.unknown[names[2]]


def test_file_of_a_dead_writer_joins_the_chain_when_it_is_recovered(tmp_path):
    with Collection(tmp_path) as collection:
        writer = collection.writer("dead", {})
        name = writer.write(capture(1)).file
        writer._file._fd, dead = -1, writer._file._fd  # as if the process had been killed
        os.close(dead)
        (repair,) = collection.recover()
        second = write_file(collection, 2)
        report = collection.check_trust()
    assert repair.file == name
    assert report.findings == []
    assert list(report.unknown) == [name]
    block = bytes(next(read_records(tmp_path / "warc" / second)).block)
    assert [digest.name for digest in parse_chain_fields(block)[0]] == [name]


def test_writers_at_the_same_time_share_one_chain(tmp_path):
    def write(start):
        with Collection(tmp_path) as collection:
            for number in range(start, start + 5):
                write_file(collection, number)

    threads = [threading.Thread(target=write, args=(5 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = Manifest(tmp_path / "manifest").entries()
    report = check(tmp_path)
    assert (report.findings, report.chained, len(entries)) == ([], FILES, 2 * FILES)
    named = set()
    for name in report.digests:
        files, head = parse_chain_fields(bytes(next(read_records(tmp_path / "warc" / name)).block))
        named.update(one.name for one in files)
        assert head is None or entries[head.line - 1].sha256 == head.sha256
    closed = [entry.name for entry in entries if entry.event is FileEvent.CLOSED]
    after_last_opened = entries[::-1].index(next(one for one in reversed(entries) if one.event is FileEvent.OPENED))
    assert named == set(closed[: FILES - after_last_opened])


def test_line_of_a_killed_process_is_dropped(chain):
    root, _ = chain
    path = root / "manifest" / "files.jsonl"
    path.write_bytes(path.read_bytes() + b'{"line": 41, "ev')
    with Collection(root) as collection:
        write_file(collection, 60)
    assert check(root).findings == []
