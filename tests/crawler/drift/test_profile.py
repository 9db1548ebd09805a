"""Batches of counters: shapes, repeated values, and how visits are merged."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.drift.limits import load_limits
from crawler.drift.profile import Batch, append_visit, shape_of, split_visit
from crawler.items import Article

LIMITS = load_limits()
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def batch_of(number, *, opened=NOW, **values):
    batch = Batch(opened)
    for index in range(number):
        article = {"url": f"https://a.example/{index}", "title": f"Bridge {index}", "body": "One.\nTwo.", **values}
        batch.add_article(Article(**article), {}, LIMITS)
        batch.add_page(article["url"], None)
    return batch


@pytest.mark.parametrize(
    ("name", "value", "precision", "shape"),
    [
        ("title", "大桥通车", None, "Chinese"),
        ("title", "大桥 2026", None, "Chinese + digits + spaces"),
        ("title", "Bridge | Paper", None, "Latin + spaces + |"),
        ("title", "Мост", None, "other letters"),
        ("source", "首页 > 新闻", None, "Chinese + spaces + >"),
        ("date", "2026-03-01", "day", "day"),
        ("date", "2026-03-01T08:00:00+08:00", "minute", "minute with zone"),
        ("date", "2026-03-01T08:00", "minute", "minute"),
        ("body", "one\ntwo", None, "2 to 3 paragraphs"),
        ("editor", None, None, ""),
    ],
)
def test_shape_says_how_a_value_is_written(name, value, precision, shape):
    article = Article(url="https://a.example/1", date_precision=precision)
    assert shape_of(name, value, article) == shape


def test_titles_that_others_have_are_counted():
    title = batch_of(5, title="Paper").fields["title"]
    assert (title.filled, title.repeated) == (5, 5)
    assert batch_of(5).fields["title"].repeated == 0


def test_small_visits_share_a_batch_until_it_is_full():
    batches = []
    for number in range(6):
        opened = NOW + timedelta(hours=number)
        batches = append_visit(batches, [batch_of(4, opened=opened, title=f"Title {number}")], opened, LIMITS)
    assert [one.size for one in batches] == [12, 12]
    assert batches[0].opened == NOW
    assert batches[0].fields["title"].repeated == 12


def test_equal_titles_of_two_visits_are_repeated():
    first, second = batch_of(1, title="Paper"), batch_of(1, title="Paper")
    assert append_visit([first], [second], NOW, LIMITS)[0].fields["title"].repeated == 2


def test_large_visit_is_divided_and_has_its_own_batches():
    visit = []
    for index in range(45):
        split_visit(visit, NOW, LIMITS).add_page(f"https://a.example/{index}", None)
    assert [one.size for one in append_visit([batch_of(3)], visit, NOW, LIMITS)] == [3, 20, 25]


def test_old_batches_are_merged_by_day_and_deleted():
    old = NOW - timedelta(days=30)
    batches = [batch_of(20, opened=NOW - timedelta(days=200))]
    batches += [batch_of(20, opened=old + timedelta(hours=hour)) for hour in range(0, 12, 4)]
    batches = append_visit(batches, [batch_of(12)], NOW, LIMITS)
    assert [one.size for one in batches] == [60, 12]
    assert batches[0].fields["title"].repeated == 0


def test_examples_are_few_and_short():
    batch = append_visit([], [batch_of(30, source="x" * 500)], NOW, LIMITS)[0]
    samples = batch.fields["source"].samples["Latin"]
    assert len(samples) == LIMITS.batch.samples
    assert samples[0].value.endswith("… (500 characters)")
    assert list(batch.fields["editor"].samples) == [""]
