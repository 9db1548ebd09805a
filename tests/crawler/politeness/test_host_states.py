"""Throttles and robots.txt states, in one process and in a book that all crawls share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.politeness.delays import HostThrottle, ThrottlePolicy
from crawler.politeness.errors import PolitenessError
from crawler.politeness.host_states import MemoryRobotsStates, MemoryThrottles, SharedRobotsStates, SharedThrottles
from crawler.politeness.robots_policy import RobotsState
from crawler.store import Store

KEY, NOW, LEASE = "paper.example", 1_800_000_000.0, 90.0
POLICY = ThrottlePolicy(delay=2.0)
ORIGIN = "http://paper.example:80"


@pytest.fixture
def books(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """The store as two crawls have it open."""
    with Store.open(tmp_path / "db.sqlite3") as one, Store.open(tmp_path / "db.sqlite3") as two:
        yield one, two


def take(throttles: SharedThrottles, now: float) -> HostThrottle | None:
    return throttles.lease(KEY, now=now, until=now + LEASE)


def good(at: float):
    return lambda throttle: throttle.after_fetch(POLICY, started=at, ended=at, status=200)


def bad(at: float):
    return lambda throttle: throttle.after_fetch(POLICY, started=at, ended=at, status=429)


def test_what_one_crawl_learns_the_next_knows(books: tuple[Store, Store]) -> None:
    one, two = (SharedThrottles(store.hosts) for store in books)
    assert take(one, NOW) == HostThrottle()
    one.release(KEY, bad(NOW), at=NOW)
    throttle = take(two, NOW)
    assert throttle is not None
    assert (throttle.last_end, throttle.strikes, throttle.paused_until) == (NOW, 1, NOW + 60.0)


def test_a_kept_turn_is_not_anothers_until_its_tenure_ends(books: tuple[Store, Store]) -> None:
    one, two = (SharedThrottles(store.hosts) for store in books)
    for second in range(0, 60, 10):
        assert take(one, NOW + second) is not None
        one.release(KEY, good(NOW + second), at=NOW + second, keep=True)
        assert take(two, NOW + second) is None
    assert take(one, NOW + 59) is not None
    one.release(KEY, good(NOW + 61), at=NOW + 61, keep=True)
    throttle = take(two, NOW + 61)
    assert throttle is not None
    assert throttle.last_end == NOW + 61
    assert throttle.good_in_row == 7


def test_trouble_is_told_at_once_though_the_turn_is_kept(books: tuple[Store, Store]) -> None:
    one = SharedThrottles(books[0].hosts)
    take(one, NOW)
    one.release(KEY, good(NOW), at=NOW, keep=True)
    one.change(KEY, lambda throttle: throttle.after_failure(POLICY, at=NOW, cause="reset"))
    assert one.get(KEY).strikes == 1
    stored = books[1].hosts.state(KEY)
    assert stored is not None
    assert '"cause": "reset"' in stored


def test_what_another_crawl_learnt_meanwhile_stays(books: tuple[Store, Store]) -> None:
    one, two = (SharedThrottles(store.hosts) for store in books)
    take(one, NOW)
    one.release(KEY, good(NOW), at=NOW, keep=True)
    two.change(KEY, lambda throttle: throttle.after_failure(POLICY, at=NOW, cause="reset"))
    two.change(KEY, lambda throttle: throttle.with_crawl_delay(ORIGIN, 30.0))
    take(one, NOW)
    one.release(KEY, good(NOW + 1), at=NOW + 1, keep=True)
    one.close()
    throttle = take(two, NOW + 2)
    assert throttle is not None
    assert (throttle.cause, throttle.slowdown, throttle.paused_until) == ("reset", 2.0, NOW + 60)
    assert (throttle.crawl_delays, throttle.last_end) == ({ORIGIN: 30.0}, NOW + 1)


def test_a_lost_turn_that_is_told_late_brings_no_request_forward(books: tuple[Store, Store]) -> None:
    one, two = (SharedThrottles(store.hosts) for store in books)
    take(one, NOW)
    late = NOW + LEASE + one.tenure
    take(two, late)
    two.release(KEY, good(late + 1), at=late + 1)
    one.release(KEY, good(NOW + 5), at=late + 2)
    throttle = take(two, late + 2)
    assert throttle is not None
    assert throttle.last_end == late + 1


def test_closing_gives_every_turn_back(books: tuple[Store, Store]) -> None:
    one, two = (SharedThrottles(store.hosts) for store in books)
    take(one, NOW)
    one.release(KEY, good(NOW), at=NOW, keep=True)
    one.close()
    one.close()
    throttle = take(two, NOW)
    assert throttle is not None
    assert throttle.last_end == NOW


def test_a_turn_whose_tenure_passed_while_waiting_is_taken_anew(books: tuple[Store, Store]) -> None:
    one = SharedThrottles(books[0].hosts)
    take(one, NOW)
    one.release(KEY, good(NOW), at=NOW, keep=True)
    throttle = take(one, NOW + 1000)
    assert throttle is not None
    assert throttle.last_end == NOW


def test_the_next_holder_of_a_lost_turn_owes_a_whole_delay(books: tuple[Store, Store]) -> None:
    one, two = (SharedThrottles(store.hosts) for store in books)
    take(one, NOW)
    late = NOW + LEASE + one.tenure
    assert take(two, late - 1) is None
    throttle = take(two, late)
    assert throttle is not None
    assert throttle.ready_at(POLICY, 0.0) == late + 2.0


def test_robots_states_are_shared(books: tuple[Store, Store]) -> None:
    one, two = (SharedRobotsStates(store.hosts) for store in books)
    assert two.get(ORIGIN) == RobotsState(origin=ORIGIN)
    read = one.get(ORIGIN).after_response(status=200, body=b"User-agent: *\nDisallow: /\xff", now=NOW)
    one.put(read)
    assert two.get(ORIGIN) == RobotsState(origin=ORIGIN)  # as it last knew it
    assert two.refresh(ORIGIN) == read
    assert two.get(ORIGIN) == read


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"speed": 1}'])
def test_a_damaged_book_says_what_to_do(books: tuple[Store, Store], text: str) -> None:
    books[0].hosts.change(KEY, lambda state: text)
    books[0].hosts.save_robots(ORIGIN, text)
    with pytest.raises(PolitenessError, match="remove the host's row"):
        take(SharedThrottles(books[0].hosts), NOW)
    with pytest.raises(PolitenessError, match="remove the host's row"):
        SharedRobotsStates(books[0].hosts).get(ORIGIN)


def test_in_memory_the_turn_is_always_free() -> None:
    throttles, robots = MemoryThrottles(), MemoryRobotsStates()
    assert throttles.lease(KEY, now=NOW, until=NOW + LEASE) == HostThrottle()
    throttles.release(KEY, good(NOW), at=NOW)
    assert throttles.get(KEY).last_end == NOW
    robots.put(RobotsState(origin=ORIGIN, failures=1))
    assert robots.refresh(ORIGIN).failures == 1
