"""Dates of a list are believed if they can be true, and decide what is news."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.discovery.feeds import FeedEntry
from crawler.discovery.news import drop_wrong_dates, find_date, is_news, is_unchanged_since

NOW = datetime(2026, 10, 6, 12, tzinfo=UTC)


def entries(*ages: timedelta) -> list[FeedEntry]:
    return [FeedEntry(f"http://a.example/{number}", NOW - age) for number, age in enumerate(ages)]


def test_date_ahead_of_the_clock_is_dropped():
    ahead, near, past = drop_wrong_dates(entries(timedelta(hours=-8), timedelta(minutes=-3), timedelta(days=9)), NOW)
    assert ahead.changed is None
    assert near.changed is not None
    assert past.changed is not None


def test_dates_of_entries_that_all_changed_just_now_are_dropped():
    just_now = entries(*[timedelta(seconds=number) for number in range(5)])
    assert {entry.changed for entry in drop_wrong_dates(just_now, NOW)} == {None}
    mixed = [*just_now, *entries(*[timedelta(days=2)] * 5)]
    assert drop_wrong_dates(mixed, NOW) == mixed


@pytest.mark.parametrize(
    ("age", "is_new_in_list", "expected"),
    [(timedelta(hours=2), False, True), (timedelta(days=30), True, False), (None, True, True), (None, False, False)],
)
def test_recent_articles_are_news_and_others_if_new_in_their_list(age, is_new_in_list, expected):
    assert is_news(NOW - age if age else None, NOW, is_new_in_list=is_new_in_list) is expected


def test_date_in_the_url_counts_if_the_list_states_none():
    assert find_date(FeedEntry("http://a.example/2026/10/05/a.html")) == datetime(2026, 10, 5, tzinfo=UTC)
    assert find_date(FeedEntry("http://a.example/2026/10/05/a.html", NOW)) == NOW
    assert find_date(FeedEntry("http://a.example/a.html")) is None


def test_sitemap_is_unchanged_if_its_date_is_before_the_last_visit():
    sitemap = FeedEntry("http://a.example/s1.xml", NOW, is_list=True)
    day = FeedEntry("http://a.example/s1.xml", datetime(2026, 10, 6, tzinfo=UTC), is_list=True, is_day=True)
    assert is_unchanged_since(sitemap, NOW + timedelta(hours=1))
    assert not is_unchanged_since(sitemap, NOW - timedelta(hours=1))
    assert not is_unchanged_since(day, NOW)
    assert is_unchanged_since(day, NOW + timedelta(days=1))
    assert not is_unchanged_since(FeedEntry("http://a.example/s1.xml", is_list=True), NOW)
