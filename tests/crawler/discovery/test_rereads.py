"""Articles are due again at the steps of a plan that counts from their first reading."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.discovery.rereads import KnownArticle, choose_due, choose_steps, find_due_time
from crawler.sites.model import DEFAULT_REREAD

NOW = datetime(2026, 10, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLAN = (HOUR, 6 * HOUR, 24 * HOUR)


def article(
    name: str, first: float, last: float, *, was_edited: bool = False, printed: str | None = None
) -> KnownArticle:
    return KnownArticle(name, NOW - first * HOUR, NOW - last * HOUR, was_edited, printed)


def test_next_step_after_the_last_reading_is_due():
    assert find_due_time(article("a", 0.5, 0.5), PLAN) == NOW + 0.5 * HOUR
    assert find_due_time(article("a", 5, 3), PLAN) == NOW + HOUR
    assert find_due_time(article("a", 30, 5), PLAN) is None


def test_missed_steps_are_made_up_for_once():
    late = article("late", 20, 20)
    assert choose_due([late], PLAN, NOW, listed=(), most=9) == ["late"]
    assert choose_due([article("late", 20, 0)], PLAN, NOW, listed=(), most=9) == []


def test_articles_most_likely_to_change_come_first():
    known = [
        article("old", 30, 20),
        article("older", 40, 30),
        article("listed", 7, 3),
        article("edited", 7, 2, was_edited=True),
        article("fresh", 0.5, 0.5),
    ]
    assert choose_due(known, PLAN, NOW, listed={"listed"}, most=9) == ["edited", "listed", "older", "old"]
    assert choose_due(known, PLAN, NOW, listed={"listed"}, most=2) == ["edited", "listed"]


def test_empty_plan_asks_for_nothing():
    assert choose_due([article("a", 30, 30)], (), NOW, listed=(), most=9) == []


DEFAULT_PLAN = DEFAULT_REREAD


@pytest.mark.parametrize(
    ("printed", "steps"),
    [
        (None, 6),
        ("no date", 6),
        ("2026-10-06T12:00:00+00:00", 6),
        ("2026-10-06", 6),
        ("2027-01-01", 6),
        ("2026-10-03T12:00:00+00:00", 6),
        ("2026-09-26T12:00:00+00:00", 5),
        ("2026-09-06T12:00", 4),
        ("2025-10-06", 2),
        ("2016-10-06", 1),
        ("1999-10-06", 1),
    ],
)
def test_older_articles_have_fewer_steps(printed, steps):
    assert choose_steps(article("a", 0, 0, printed=printed), DEFAULT_PLAN) == list(DEFAULT_PLAN[6 - steps :])


def test_old_article_has_all_steps_if_it_was_edited_or_is_listed():
    old = article("a", 0, 0, printed="1999-10-06")
    assert choose_steps(article("a", 0, 0, was_edited=True, printed="1999-10-06"), DEFAULT_PLAN) == list(DEFAULT_PLAN)
    assert choose_steps(old, DEFAULT_PLAN, is_listed=True) == list(DEFAULT_PLAN)
    waiting = article("a", 2, 2, printed="1999-10-06")
    assert choose_due([waiting], DEFAULT_PLAN, NOW, listed={"a"}, most=9) == ["a"]
    assert choose_due([waiting], DEFAULT_PLAN, NOW, listed=(), most=9) == []


def test_plan_of_a_site_file_applies_to_old_articles_as_it_is():
    assert choose_steps(article("a", 0, 0, printed="1999-10-06"), PLAN) == list(PLAN)
    assert choose_steps(article("a", 0, 0, printed="1999-10-06"), ()) == []
