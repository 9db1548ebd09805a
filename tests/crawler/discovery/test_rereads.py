"""Articles are due again at the steps of a plan that counts from their first reading."""

from datetime import UTC, datetime, timedelta

from crawler.discovery.rereads import KnownArticle, choose_due, find_due_time

NOW = datetime(2026, 10, 6, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PLAN = (HOUR, 6 * HOUR, 24 * HOUR)


def article(name: str, first: float, last: float, *, was_edited: bool = False) -> KnownArticle:
    return KnownArticle(name, NOW - first * HOUR, NOW - last * HOUR, was_edited)


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
