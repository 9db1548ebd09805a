"""The frontier on SQLite and PostgreSQL: each URL is leased once, and a killed crawl loses nothing."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from frontier_states import count_by_state

from crawler.store import Store
from crawler.store.frontier import LEASE_TIME, MAX_FAILURES, RESUME_WITHIN, Frontier
from crawler.store.frontier_urls import DiscoveredUrl, LeaseResult, UrlKind, UrlState

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
HOME = "http://paper.localhost"


@pytest.fixture
def store(location):
    with Store.open(location) as opened:
        yield opened


@pytest.fixture
def frontier(store) -> Frontier:
    begun = store.frontier("paper")
    begun.begin(NOW)
    return begun


def article(number: int, **how) -> DiscoveredUrl:
    return DiscoveredUrl(url=f"{HOME}/{number}", kind=UrlKind.ARTICLE, **{"priority": 1, "request": "{}", **how})


def done(leases, state=UrlState.DONE, **how) -> list[LeaseResult]:
    return [LeaseResult(lease.id, state, **how) for lease in leases]


def numbers(leases) -> list[str]:
    return [lease.url.rpartition("/")[2] for lease in leases]


def test_urls_are_leased_once_by_priority(frontier, location):
    found = [DiscoveredUrl(url=f"{HOME}/list", kind=UrlKind.LIST), article(1), article(2), article(1)]
    leased = frontier.advance(discovered=found, lease=2, now=NOW)
    assert numbers(leased) == ["1", "2"]
    leased = frontier.advance(discovered=[article(2), article(1)], results=done(leased), lease=5, now=NOW)
    assert numbers(leased) == ["list"]
    assert frontier.advance(results=done(leased), lease=5, now=NOW) == []
    assert count_by_state(location, "paper") == {UrlState.DONE: 3}


def test_equivalent_urls_are_one_entry(frontier):
    urls = ["http://m.paper.localhost/1?utm_source=x", "https://www.paper.localhost/1/", f"{HOME}/1#top"]
    leased = frontier.advance(
        discovered=[DiscoveredUrl(url=url, kind=UrlKind.ARTICLE) for url in urls], lease=5, now=NOW
    )
    assert len(leased) == 1
    assert frontier.find_known([*urls, f"{HOME}/2"]) == set(urls)


def test_lists_are_leased_once_per_visit_and_articles_once(store, frontier):
    found = [DiscoveredUrl(url=f"{HOME}/list", kind=UrlKind.LIST), article(1)]
    leased = frontier.advance(discovered=found, lease=5, now=NOW)
    frontier.advance(results=done(leased), now=NOW)
    assert frontier.advance(discovered=found, lease=5, now=NOW) == []
    frontier.end()
    frontier.begin(NOW + timedelta(minutes=1))
    assert numbers(frontier.advance(discovered=found, lease=5, now=NOW)) == ["list"]
    assert numbers(frontier.advance(discovered=[article(1, is_wanted_again=True)], lease=5, now=NOW)) == ["1"]


def test_failed_url_waits_for_next_visit_and_is_finally_dropped(frontier, location):
    frontier.advance(discovered=[article(1)], now=NOW)
    for _ in range(MAX_FAILURES):
        assert frontier.find_given_up([f"{HOME}/1"]) == set()
        leased = frontier.advance(lease=5, now=NOW)
        assert numbers(leased) == ["1"]
        frontier.advance(results=done(leased, UrlState.QUEUED, has_failed=True, reason="TimeoutError"), now=NOW)
        assert frontier.advance(lease=5, now=NOW) == []
        frontier.end()
        frontier.begin(NOW)
    assert count_by_state(location, "paper") == {UrlState.DROPPED: 1}
    assert frontier.find_given_up([f"{HOME}/1", f"{HOME}/2"]) == {f"{HOME}/1"}


def test_requeued_and_released_urls_are_leased_again(frontier):
    leased = frontier.advance(discovered=[article(1), article(2)], lease=2, now=NOW)
    frontier.advance(results=done(leased[:1], UrlState.QUEUED), now=NOW)
    frontier.end()  # releases the other lease
    assert not frontier.begin(NOW)
    assert numbers(frontier.advance(lease=5, now=NOW)) == ["1", "2"]


def test_alias_is_known_and_not_leased(frontier):
    leased = frontier.advance(discovered=[article(1)], lease=1, now=NOW)
    frontier.advance(results=done(leased, aliases=(f"{HOME}/story",)), now=NOW)
    assert (
        frontier.advance(discovered=[DiscoveredUrl(url=f"{HOME}/story", kind=UrlKind.ARTICLE)], lease=1, now=NOW) == []
    )


def test_lease_of_another_machine_expires(store, frontier):
    frontier._owner = "elsewhere#1#x"
    frontier.advance(discovered=[article(1)], lease=1, now=NOW)
    other = store.frontier("paper")
    other.begin(NOW + timedelta(minutes=1))
    assert other.advance(lease=1, now=NOW) == []
    other.begin(NOW + LEASE_TIME + timedelta(minutes=1))
    assert numbers(other.advance(lease=1, now=NOW)) == ["1"]


def test_two_crawls_share_a_frontier(store, frontier):
    other = store.frontier("paper")
    other.visit = frontier.visit
    frontier.advance(discovered=[article(number) for number in range(10)], now=NOW)
    taken = [*frontier.advance(lease=4, now=NOW), *other.advance(lease=4, now=NOW), *frontier.advance(lease=4, now=NOW)]
    assert sorted(numbers(taken)) == [str(number) for number in range(10)]


_DIES = """
import os, sys
from datetime import datetime
from crawler.store import Store
from crawler.store.frontier_urls import DiscoveredUrl, UrlKind
frontier = Store.open(sys.argv[1]).frontier("paper")
now = datetime.fromisoformat(sys.argv[2])
frontier.begin(now)
found = [DiscoveredUrl(url=f"http://paper.localhost/{n}", kind=UrlKind.ARTICLE, request="{}") for n in range(4)]
frontier.advance(discovered=found, lease=2, now=now)
os.kill(os.getpid(), 9)
"""


def test_killed_crawl_is_resumed_without_the_articles_it_stored(store, location, make_article):
    subprocess.run([sys.executable, "-c", _DIES, location, NOW.isoformat()], check=False, timeout=60)
    store.articles.save(
        make_article("/0", at="2026-03-01T08:00:01Z")
    )  # stored just before the kill, not yet recorded in the frontier
    frontier = store.frontier("paper")
    assert frontier.begin(NOW + timedelta(minutes=1))
    assert numbers(frontier.advance(lease=9, now=NOW)) == ["1", "2", "3"]


def test_urls_of_a_killed_crawl_say_since_when_they_are_unfinished(store, location):
    subprocess.run([sys.executable, "-c", _DIES, location, NOW.isoformat()], check=False, timeout=60)
    later = NOW + timedelta(minutes=1)
    frontier = store.frontier("paper")
    frontier.begin(later)
    leases = frontier.advance(lease=9, now=later)
    assert [(lease.url[-1], lease.unfinished_since) for lease in leases] == [
        ("0", NOW),
        ("1", NOW),
        ("2", None),
        ("3", None),
    ]
    frontier.end()  # without results, as on a full disk
    frontier.begin(later + timedelta(minutes=1))
    leases = frontier.advance(lease=9, now=later + timedelta(minutes=1))
    assert [lease.unfinished_since for lease in leases] == [NOW, NOW, later, later]
    frontier.advance(results=done(leases, UrlState.QUEUED, reason="TimeoutError", has_failed=True), now=later)
    frontier.end()
    frontier.begin(later)
    assert [lease.unfinished_since for lease in frontier.advance(lease=9, now=later)] == [None] * 4


def test_resumed_visit_tries_again_what_failed_before_the_kill(store, frontier):
    leased = frontier.advance(discovered=[article(1), article(2), article(3)], lease=2, now=NOW)
    frontier.advance(results=done(leased, UrlState.QUEUED, reason="TimeoutError", has_failed=True), now=NOW)
    resumed = store.frontier("paper")
    assert resumed.begin(NOW + timedelta(minutes=1))
    assert resumed.articles_found == 3
    assert numbers(resumed.advance(lease=9, now=NOW)) == ["1", "2", "3"]


def test_visit_that_died_long_ago_is_not_resumed(store, location):
    subprocess.run([sys.executable, "-c", _DIES, location, NOW.isoformat()], check=False, timeout=60)
    frontier = store.frontier("paper")
    assert not frontier.begin(NOW + RESUME_WITHIN + timedelta(minutes=1))
    assert len(frontier.advance(lease=9, now=NOW)) == 4


YEAR = timedelta(days=365)


def test_lease_from_a_clock_that_ran_ahead_is_reclaimed(store, monkeypatch):
    ahead = store.frontier("paper")
    ahead.begin(NOW + YEAR)
    assert numbers(ahead.advance(discovered=[article(1)], lease=1, now=NOW + YEAR)) == ["1"]
    later = store.frontier("paper")
    later.begin(NOW)
    assert later.visit == 2, "a visit that began in the future is not resumed"
    assert numbers(later.advance(lease=5, now=NOW)) == ["1"]


def test_times_are_the_databases_by_default(store):
    first = store.frontier("paper")
    first.begin()
    assert numbers(first.advance(discovered=[article(1)], lease=1)) == ["1"]
    second = store.frontier("paper")
    second.begin(store.visits.now() + LEASE_TIME / 2)
    assert second.advance(lease=1) == []
    second.begin(store.visits.now() + LEASE_TIME + timedelta(minutes=1))
    assert numbers(second.advance(lease=1)) == ["1"]


def test_postponed_urls_come_last_and_are_never_given_up(store, frontier):
    leased = frontier.advance(discovered=[article(1), article(2)], lease=2, now=NOW)
    for _ in range(MAX_FAILURES + 2):
        frontier.advance(results=done(leased, UrlState.QUEUED, is_postponed=True), now=NOW)
        frontier.end()
        frontier.begin(NOW)
        leased = frontier.advance(lease=1, now=NOW)
        assert len(leased) == 1
    frontier.end()
    frontier.begin(NOW)
    found = [article(3), DiscoveredUrl(url=f"{HOME}/list", kind=UrlKind.LIST)]
    leased = frontier.advance(discovered=found, lease=5, now=NOW)
    assert numbers(leased)[:2] == ["3", "list"]
    assert sorted(numbers(leased)[2:]) == ["1", "2"]
