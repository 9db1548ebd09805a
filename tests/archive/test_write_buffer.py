"""Entries wait for one another, not for long, and none is lost when the index refuses."""

import threading
import time

import pytest

from archive import write_buffer
from archive.errors import IndexAccessError
from archive.write_buffer import WriteBuffer


@pytest.fixture
def taken(monkeypatch):
    monkeypatch.setattr(write_buffer, "MAX_ENTRIES", 3)
    monkeypatch.setattr(write_buffer, "MAX_DELAY", 0.1)
    return []


def deferring(enter):
    return WriteBuffer(enter, threading.RLock())


def test_the_first_goes_at_once_and_the_next_go_together(taken, monkeypatch):
    monkeypatch.setattr(write_buffer, "MAX_DELAY", 60.0)
    waiting = deferring(lambda entries: taken.append(list(entries)))
    for number in range(6):
        waiting.add(number)
    assert taken == [[0], [1, 2, 3]]
    waiting.flush()
    assert taken == [[0], [1, 2, 3], [4, 5]]
    waiting.flush()
    assert len(taken) == 3


def test_none_waits_longer_than_it_should(taken):
    waiting = deferring(lambda entries: taken.append(list(entries)))
    waiting.add(1)
    waiting.add(2)
    deadline = time.monotonic() + 10
    while taken != [[1], [2]] and time.monotonic() < deadline:
        time.sleep(0.01)
    assert taken == [[1], [2]]


def test_what_was_refused_is_kept_for_the_next_call(taken):
    refusing = [True]

    def enter(entries):
        if refusing:
            raise IndexAccessError("full")
        taken.append(list(entries))

    waiting = deferring(enter)
    for number in (1, 2):
        with pytest.raises(IndexAccessError):
            waiting.add(number)
    refusing.clear()
    waiting.add(3)
    assert taken == [[1, 2, 3]]
