"""The order of a visit: lists, news, the rest; and of each kind, the latest first."""

from datetime import UTC, datetime, timedelta

from crawler.store.frontier_urls import DiscoveredUrl, LeaseResult, UrlKind, UrlPriority, UrlState

HOME = "http://a.example"
NOW = datetime(2026, 10, 6, 12, tzinfo=UTC)


def article(name: str, priority: UrlPriority, age: int | None = None) -> DiscoveredUrl:
    dated = NOW - timedelta(days=age) if age is not None else None
    return DiscoveredUrl(url=f"{HOME}/{name}", kind=UrlKind.ARTICLE, priority=priority, dated=dated)


def leased_names(frontier, number: int) -> list[str]:
    return [lease.url.removeprefix(f"{HOME}/") for lease in frontier.advance(lease=number, now=NOW)]


def test_latest_of_the_highest_priority_is_leased_first(store):
    frontier = store.frontier("a")
    frontier.begin(NOW)
    old = [article(f"old{age}", UrlPriority.BACKLOG, age) for age in (9, 7, 8)]
    frontier.advance(discovered=[*old, article("undated", UrlPriority.NEWS), article("new", UrlPriority.NEWS, 2)])
    assert leased_names(frontier, 9) == ["undated", "new", "old7", "old8", "old9"]


def test_lists_are_leased_alone(store):
    frontier = store.frontier("a")
    frontier.begin(NOW)
    section = DiscoveredUrl(url=f"{HOME}/list", kind=UrlKind.LIST, priority=UrlPriority.LIST)
    frontier.advance(discovered=[article("old", UrlPriority.BACKLOG), section])
    assert leased_names(frontier, 9) == ["list"]
    assert leased_names(frontier, 9) == ["old"]


def test_news_that_a_visit_did_not_reach_waits_behind_the_news_of_the_next(store):
    frontier = store.frontier("a")
    frontier.begin(NOW)
    frontier.advance(discovered=[article("yesterday", UrlPriority.NEWS)], now=NOW)
    frontier.end()
    frontier = store.frontier("a")
    frontier.begin(NOW + timedelta(days=1))
    frontier.advance(discovered=[article("dated", UrlPriority.NEWS, 2)], now=NOW)
    assert leased_names(frontier, 9) == ["dated", "yesterday"]


def test_times_at_which_earlier_visits_read_a_list_are_known(store):
    frontier = store.frontier("a")
    frontier.begin(NOW)
    section = DiscoveredUrl(url=f"{HOME}/list", kind=UrlKind.LIST, priority=UrlPriority.LIST)
    (lease,) = frontier.advance(discovered=[section], lease=1, now=NOW)
    frontier.advance(results=[LeaseResult(lease.id, UrlState.DONE)], now=NOW)
    assert frontier.read_times([f"{HOME}/list"]) == {}
    frontier.end()
    frontier = store.frontier("a")
    frontier.begin(NOW + timedelta(days=1))
    assert frontier.read_times([f"{HOME}/list", f"{HOME}/other"]) == {f"{HOME}/list": NOW}
