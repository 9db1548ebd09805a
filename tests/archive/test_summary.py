"""Counts of an index: right at every moment, and a closed file is walked once."""

from datetime import timedelta

import pytest

from archive import Collection
from archive.summary import FILE_NAME, Summary, forget, summarize


@pytest.fixture
def collection(tmp_path):
    with Collection(tmp_path) as collection:
        yield collection


def walked(collection):
    names: list[str] = []
    return summarize(collection.index, progress=lambda files: names.extend(files) or files), names


def test_an_empty_index_counts_nothing(collection):
    assert summarize(collection.index) == Summary()


def test_closed_files_are_walked_once_and_open_ones_each_time(collection, make_capture):
    later = make_capture().started_at + timedelta(hours=2)
    with collection.writer("first", {}) as writer:
        closed = writer.write(make_capture()).file
        writer.write(make_capture(b"HTTP/1.1 404 No\r\n\r\n", url="http://Other.test:8080/x"))
    with collection.writer("second", {}) as writer:
        still_open = writer.write(make_capture(b"no status line", started_at=later)).file
        whole, names = walked(collection)
        assert names == [closed, still_open]
        assert (whole.captures, whole.first, whole.last) == (3, make_capture().started_at, later)
        assert whole.statuses == {"200": 1, "404": 1, "none": 1}
        assert whole.hosts == {"news.test": 2, "other.test": 1}
        writer.write(make_capture())
        again, names = walked(collection)
        assert (names, again.captures, again.statuses["200"]) == ([still_open], 4, 2)
    assert walked(collection) == (again, [still_open])
    assert walked(collection) == (again, [])


def test_a_file_that_left_the_index_is_no_longer_counted(collection, make_capture):
    for _ in range(2):
        with collection.writer("test", {}) as writer:
            name = writer.write(make_capture()).file
    assert summarize(collection.index).captures == 2
    collection.index.replace_file(name, [])
    assert summarize(collection.index).captures == 2  # its counts are kept until they are forgotten
    forget(collection.index)
    assert summarize(collection.index).captures == 1
    forget(collection.index)
    forget(collection.index)


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b'{"a": 1}', b'{"a": {"first": 3}}', b"\xff"])
def test_counts_that_cannot_be_read_are_counted_again(collection, make_capture, damage):
    with collection.writer("test", {}) as writer:
        writer.write(make_capture())
    whole = summarize(collection.index)
    collection.index.path.with_name(FILE_NAME).write_bytes(damage)
    assert summarize(collection.index) == whole
