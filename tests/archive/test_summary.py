"""Counts of an index: correct at every moment, and each closed file is counted once."""

from datetime import timedelta

import pytest

from archive import Collection
from archive.summary import COUNTS_FILE, Summary, discard_counts, summarize


@pytest.fixture
def collection(tmp_path):
    with Collection(tmp_path) as collection:
        yield collection


def summarize_with_names(collection):
    """Return the summary and the names of the files that were counted."""
    names: list[str] = []
    return summarize(collection.index, progress=lambda files: names.extend(files) or files), names


def test_empty_index_has_an_empty_summary(collection):
    assert summarize(collection.index) == Summary()


def test_closed_files_are_counted_once_and_open_files_each_time(collection, make_capture):
    later = make_capture().started_at + timedelta(hours=2)
    with collection.writer("first", {}) as writer:
        closed = writer.write(make_capture()).file
        writer.write(make_capture(b"HTTP/1.1 404 No\r\n\r\n", url="http://Other.test:8080/x"))
    with collection.writer("second", {}) as writer:
        still_open = writer.write(make_capture(b"no status line", started_at=later)).file
        whole, names = summarize_with_names(collection)
        assert names == [closed, still_open]
        assert (whole.captures, whole.first, whole.last) == (3, make_capture().started_at, later)
        assert whole.statuses == {"200": 1, "404": 1, "none": 1}
        assert whole.hosts == {"news.test": 2, "other.test": 1}
        writer.write(make_capture())
        again, names = summarize_with_names(collection)
        assert (names, again.captures, again.statuses["200"]) == ([still_open], 4, 2)
    assert summarize_with_names(collection) == (again, [still_open])
    assert summarize_with_names(collection) == (again, [])


def test_discarded_counts_are_computed_again(collection, make_capture):
    for _ in range(2):
        with collection.writer("test", {}) as writer:
            name = writer.write(make_capture()).file
    assert summarize(collection.index).captures == 2
    collection.index.replace_file(name, [])
    assert summarize(collection.index).captures == 2  # its counts are stored until they are discarded
    discard_counts(collection.index)
    assert summarize(collection.index).captures == 1
    discard_counts(collection.index)
    discard_counts(collection.index)


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b'{"a": 1}', b'{"a": {"first": 3}}', b"\xff"])
def test_unreadable_counts_are_computed_again(collection, make_capture, damage):
    with collection.writer("test", {}) as writer:
        writer.write(make_capture())
    whole = summarize(collection.index)
    collection.index.path.with_name(COUNTS_FILE).write_bytes(damage)
    assert summarize(collection.index) == whole
