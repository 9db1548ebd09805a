"""Throttles and robots.txt states, in memory and in a database shared by all crawls."""

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
def tables(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    """Return one store opened by two crawls."""
    with Store.open(tmp_path / "db.sqlite3") as one, Store.open(tmp_path / "db.sqlite3") as two:
        yield one, two


def take(throttles: SharedThrottles, now: float) -> HostThrottle | None:
    return throttles.lease(KEY, now=now, until=now + LEASE)


def good(at: float):
    return lambda throttle: throttle.after_fetch(POLICY, started=at, ended=at, status=200)


def bad(at: float):
    return lambda throttle: throttle.after_fetch(POLICY, started=at, ended=at, status=429)


def test_next_crawl_knows_what_one_crawl_learned(tables: tuple[Store, Store]) -> None:
    one, two = (SharedThrottles(store.hosts) for store in tables)
    assert take(one, NOW) == HostThrottle()
    one.release(KEY, bad(NOW), at=NOW)
    throttle = take(two, NOW)
    assert throttle is not None
    assert (throttle.last_end, throttle.strikes, throttle.paused_until) == (NOW, 1, NOW + 60.0)


def test_kept_lease_is_exclusive_until_its_keep_time_ends(tables: tuple[Store, Store]) -> None:
    one, two = (SharedThrottles(store.hosts) for store in tables)
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


def test_errors_are_shared_at_once_although_the_lease_is_kept(tables: tuple[Store, Store]) -> None:
    one = SharedThrottles(tables[0].hosts)
    take(one, NOW)
    one.release(KEY, good(NOW), at=NOW, keep=True)
    one.change(KEY, lambda throttle: throttle.after_failure(POLICY, at=NOW, cause="reset"))
    assert one.get(KEY).strikes == 1
    stored = tables[1].hosts.get_state(KEY)
    assert stored is not None
    assert '"cause": "reset"' in stored


def test_updates_of_another_crawl_are_not_overwritten(tables: tuple[Store, Store]) -> None:
    one, two = (SharedThrottles(store.hosts) for store in tables)
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


def test_late_update_of_a_lost_lease_shortens_no_delay(tables: tuple[Store, Store]) -> None:
    one, two = (SharedThrottles(store.hosts) for store in tables)
    take(one, NOW)
    late = NOW + LEASE + one.keep_time
    take(two, late)
    two.release(KEY, good(late + 1), at=late + 1)
    one.release(KEY, good(NOW + 5), at=late + 2)
    throttle = take(two, late + 2)
    assert throttle is not None
    assert throttle.last_end == late + 1


def test_closing_releases_every_lease(tables: tuple[Store, Store]) -> None:
    one, two = (SharedThrottles(store.hosts) for store in tables)
    take(one, NOW)
    one.release(KEY, good(NOW), at=NOW, keep=True)
    one.close()
    one.close()
    throttle = take(two, NOW)
    assert throttle is not None
    assert throttle.last_end == NOW


def test_lease_that_expired_while_waiting_is_taken_again(tables: tuple[Store, Store]) -> None:
    one = SharedThrottles(tables[0].hosts)
    take(one, NOW)
    one.release(KEY, good(NOW), at=NOW, keep=True)
    throttle = take(one, NOW + 1000)
    assert throttle is not None
    assert throttle.last_end == NOW


def test_next_owner_of_a_lost_lease_waits_a_whole_delay(tables: tuple[Store, Store]) -> None:
    one, two = (SharedThrottles(store.hosts) for store in tables)
    take(one, NOW)
    late = NOW + LEASE + one.keep_time
    assert take(two, late - 1) is None
    throttle = take(two, late)
    assert throttle is not None
    assert throttle.ready_at(POLICY, 0.0) == late + 2.0


def test_robots_states_are_shared(tables: tuple[Store, Store]) -> None:
    one, two = (SharedRobotsStates(store.hosts) for store in tables)
    assert two.get(ORIGIN) == RobotsState(origin=ORIGIN)
    read = one.get(ORIGIN).after_response(status=200, body=b"User-agent: *\nDisallow: /\xff", now=NOW)
    one.put(read)
    assert two.get(ORIGIN) == RobotsState(origin=ORIGIN)  # as this crawl last knew it
    assert two.refresh(ORIGIN) == read
    assert two.get(ORIGIN) == read


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"speed": 1}'])
def test_error_of_a_damaged_row_says_how_to_fix_it(tables: tuple[Store, Store], text: str) -> None:
    tables[0].hosts.change(KEY, lambda state: text)
    tables[0].hosts.save_robots(ORIGIN, text)
    with pytest.raises(PolitenessError, match=f"host {KEY}: .*delete its row"):
        take(SharedThrottles(tables[0].hosts), NOW)
    with pytest.raises(PolitenessError, match=f"robots.txt of {ORIGIN}: .*delete its row"):
        SharedRobotsStates(tables[0].hosts).get(ORIGIN)


def test_lease_in_memory_is_always_available() -> None:
    throttles, robots = MemoryThrottles(), MemoryRobotsStates()
    assert throttles.lease(KEY, now=NOW, until=NOW + LEASE) == HostThrottle()
    throttles.release(KEY, good(NOW), at=NOW)
    assert throttles.get(KEY).last_end == NOW
    robots.put(RobotsState(origin=ORIGIN, failures=1))
    assert robots.refresh(ORIGIN).failures == 1


YEAR = 365 * 86_400.0


def test_pause_from_a_clock_that_ran_ahead_is_ignored(tables: tuple[Store, Store]) -> None:
    ahead, two = (SharedThrottles(store.hosts) for store in tables)
    take(ahead, NOW + YEAR)
    ahead.release(KEY, bad(NOW + YEAR), at=NOW + YEAR)
    throttle = take(two, NOW)
    assert throttle is not None
    assert throttle.paused_until == 0
    assert throttle.ready_at(POLICY, 0.0) <= NOW + throttle.delay(POLICY)
    two.release(KEY, good(NOW + 10), at=NOW + 10)
    throttle = take(SharedThrottles(tables[0].hosts), NOW + 20)
    assert throttle is not None
    assert throttle.last_end == NOW + 10


def test_change_keeps_no_impossible_time(tables: tuple[Store, Store]) -> None:
    ahead, two = (SharedThrottles(store.hosts) for store in tables)
    take(ahead, NOW + YEAR)
    ahead.release(KEY, bad(NOW + YEAR), at=NOW + YEAR)
    take(two, NOW)
    two.change(KEY, lambda throttle: throttle.with_crawl_delay(ORIGIN, 30.0))
    assert two.read_shared(KEY, NOW).last_end == NOW
    assert str(int(NOW + YEAR)) not in (tables[0].hosts.get_state(KEY) or "")


def test_longest_pause_is_kept(tables: tuple[Store, Store]) -> None:
    one, two = (SharedThrottles(store.hosts) for store in tables)
    take(one, NOW)
    asks = {"status": 429, "retry_after": "9999999"}
    one.release(KEY, lambda throttle: throttle.after_fetch(POLICY, started=NOW, ended=NOW, **asks), at=NOW)
    throttle = take(two, NOW)
    assert throttle is not None
    assert throttle.paused_until == NOW + 86_400
