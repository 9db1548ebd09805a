"""Entries are written in batches, soon enough, and none is lost if the index fails."""

import threading
import time

import pytest

from archive import write_buffer
from archive.errors import IndexAccessError
from archive.write_buffer import WriteBuffer


@pytest.fixture
def written(monkeypatch):
    monkeypatch.setattr(write_buffer, "MAX_ENTRIES", 3)
    monkeypatch.setattr(write_buffer, "MAX_DELAY", 0.1)
    return []


def buffer_for(enter):
    return WriteBuffer(enter, threading.RLock())


def test_first_entry_is_written_at_once_and_the_next_in_batches(written, monkeypatch):
    monkeypatch.setattr(write_buffer, "MAX_DELAY", 60.0)
    buffer = buffer_for(lambda entries: written.append(list(entries)))
    for number in range(6):
        buffer.add(number)
    assert written == [[0], [1, 2, 3]]
    buffer.flush()
    assert written == [[0], [1, 2, 3], [4, 5]]
    buffer.flush()
    assert len(written) == 3


def test_no_entry_is_buffered_longer_than_the_limit(written):
    buffer = buffer_for(lambda entries: written.append(list(entries)))
    buffer.add(1)
    buffer.add(2)
    deadline = time.monotonic() + 10
    while written != [[1], [2]] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert written == [[1], [2]]


def test_entries_are_kept_for_the_next_call_after_a_failure(written):
    failures = [True]

    def enter(entries):
        if failures:
            raise IndexAccessError("full")
        written.append(list(entries))

    buffer = buffer_for(enter)
    for number in (1, 2):
        with pytest.raises(IndexAccessError):
            buffer.add(number)
    failures.clear()
    buffer.add(3)
    assert written == [[1, 2, 3]]
