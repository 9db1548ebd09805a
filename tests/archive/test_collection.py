"""Collections: store, find, load; recovery after a crash; verification."""

from datetime import timedelta

import pytest

from archive import ArchiveError, Collection
from archive.repair import repair_file
from archive.verify import verify_file


@pytest.fixture
def collection(tmp_path):
    with Collection(tmp_path) as collection:
        yield collection


def damage(path, offset, bite):
    data = bytearray(path.read_bytes())
    data[offset : offset + len(bite)] = bite
    path.write_bytes(data)


def test_stored_captures_are_found_and_loaded(collection, make_capture):
    later = make_capture().started_at + timedelta(hours=1)
    with collection.writer("test", {"operator": "editor@example.test"}) as writer:
        first = writer.write(make_capture())
        # Captures are found and read while their file is still open.
        assert collection.load(first).response == make_capture().response
        second = writer.write(make_capture(b"HTTP/1.1 304 Not Modified\r\n\r\n", started_at=later))
    assert collection.closest("http://news.test/a?q=1", later).location == second
    found = collection.closest("http://news.test/a?q=1", later, status=200)
    assert (found.location, found.request) == (first, make_capture().request)
    assert found.location.date == make_capture().started_at
    assert collection.closest("http://news.test/none", later) is None
    assert list(collection.verify()) == []


def test_missing_file_is_a_clear_error(collection, make_capture):
    with collection.writer("test", {}) as writer:
        location = writer.write(make_capture())
    collection.file(location.file).unlink()
    with pytest.raises(ArchiveError, match="WARC file not found"):
        collection.load(location)
    (finding,) = collection.verify()
    assert (finding.file, finding.what) == (location.file, "the index names a file that is missing")


def test_name_cannot_lead_out_of_the_folder(collection):
    with pytest.raises(ArchiveError, match="is not a file name"):
        collection.file("../index/captures.sqlite3")


def leave_open_file(collection, make_capture, tail=b""):
    """Leave an ``.open`` file of two captures with `tail` after them. Return its path, size before, and locations."""
    with collection.writer("dead", {}) as writer:
        locations = [writer.write(make_capture()), writer.write(make_capture())]
    closed = collection.file(locations[0].file)
    opened = closed.rename(closed.with_name(closed.name + ".open"))
    size = opened.stat().st_size
    opened.write_bytes(opened.read_bytes() + tail)
    return opened, size, locations


@pytest.mark.parametrize("tail", [b"", b"\x1f\x8b\x08", b"\0" * 5000, b"junk"], ids=["none", "head", "zeros", "junk"])
def test_file_left_open_is_cut_after_its_last_complete_record(collection, make_capture, tail):
    opened, size, locations = leave_open_file(collection, make_capture, tail)
    (repair,) = collection.recover()
    assert (repair.file, repair.cut_at, repair.cut_bytes) == (locations[0].file, size, len(tail))
    assert not opened.exists()
    if tail:
        assert repair.kept_aside.read_bytes() == tail
        assert f"at byte {size}" in repair.damage
    else:
        assert repair.kept_aside is None
    assert list(collection.verify()) == []
    assert [entry.location for entry in collection.index.captures("http://news.test/a?q=1")] == locations


def test_file_without_a_complete_record_is_only_kept_aside(collection, make_capture):
    path = collection.warc_folder / "x.warc.gz.open"
    path.parent.mkdir()
    path.write_bytes(b"\x1f\x8b")
    (repair,) = collection.recover()
    assert repair.file is None
    assert repair.kept_aside.read_bytes() == b"\x1f\x8b"
    assert list(collection.warc_folder.iterdir()) == [repair.kept_aside]


def test_entries_of_records_lost_in_a_power_cut_leave_the_index(collection, make_capture):
    opened, _, locations = leave_open_file(collection, make_capture)
    opened.write_bytes(opened.read_bytes()[: locations[1].offset + 10])
    collection.recover()
    assert [entry.location for entry in collection.index.captures("http://news.test/a?q=1")] == locations[:1]


def test_captures_missing_from_the_index_are_indexed_again(collection, make_capture):
    with collection.writer("test", {}) as writer:
        location = writer.write(make_capture())
    collection.index.path.unlink()
    collection.close()
    with Collection(collection.root) as again:
        assert again.recover() == []
        assert again.index.closest(make_capture().url, location.date).location == location


def test_file_of_a_running_writer_is_not_repaired(collection, make_capture):
    with collection.writer("test", {}) as writer:
        location = writer.write(make_capture())
        assert collection.recover() == []
        with pytest.raises(ArchiveError, match="a running writer has locked the file"):
            repair_file(collection.file(location.file))
    with pytest.raises(ArchiveError, match="is closed; `broadsheet archive repair`"):
        repair_file(collection.file(location.file))


def test_damage_before_the_last_complete_record_is_reported_but_not_cut(collection, make_capture):
    opened, size, locations = leave_open_file(collection, make_capture, b"tail")
    damage(opened, locations[0].offset + 20, b"\0" * 40)
    (repair,) = collection.recover()
    assert (repair.cut_at, repair.cut_bytes) == (size, 4)
    findings = list(collection.verify())
    assert (locations[0].offset, "") in [(finding.offset, finding.record_id) for finding in findings]
    assert [entry.location for entry in collection.index.captures("http://news.test/a?q=1")] == locations[1:]


def test_verify_reports_damage_and_stale_index_entries(collection, make_capture, tmp_path):
    import gzip

    with collection.writer("test", {}) as writer:
        location = writer.write(make_capture())
    path = collection.file(location.file)
    data = path.read_bytes()
    member = data[location.offset : location.offset + location.length]
    forged = gzip.compress(gzip.decompress(member).replace(b"hello", b"jello"))
    path.write_bytes(data[: location.offset] + forged + data[location.offset + location.length :])
    findings = [(finding.offset, finding.record_id, finding.what.split(":")[0]) for finding in collection.verify()]
    assert findings == [
        (location.offset, location.record_id, "block digest does not match"),
        (location.offset, location.record_id, "payload digest does not match"),
    ]
    path.write_bytes(data[: location.offset] + data[location.offset + location.length :])
    findings = [finding.what for finding in collection.verify()]
    assert f"its response {location.record_id} is not in the file" in findings
    assert "the index has an entry without a record: http://news.test/a?q=1" in findings
    path.write_bytes(data[:-10])
    (finding,) = verify_file(path)
    assert (finding.file, finding.what) == (path.name, "gzip member is cut short")
    assert "repair" in finding.hint


def test_verify_finds_records_missing_from_the_index(collection, make_capture):
    with collection.writer("test", {}) as writer:
        location = writer.write(make_capture())
    collection.index.replace_file(location.file, [])
    assert [finding.what for finding in collection.verify()] == ["the record is not in the index"]
    assert collection.reindex(location.file) == 1
    assert list(collection.verify()) == []
