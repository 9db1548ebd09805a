"""Counters and alarms are kept per site."""

from datetime import UTC, date, datetime, timedelta

from crawler.drift.alarms import ACCEPTED, RETURNED, Alarm, AlarmDetail
from crawler.drift.limits import load_limits
from crawler.drift.profile import Batch, FieldSample
from crawler.items import Article
from crawler.store.opt_outs import StoredOptOut

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
LIST = "https://a.example/news/"


def make_batch(opened, number):
    batch = Batch(opened)
    for index in range(number):
        article = Article(url=f"https://a.example/{index}", title=f"Bridge {index}", source="County Paper")
        batch.add_article(article, {}, load_limits())
    return batch


def make_alarm(subject="title", **values):
    detail = AlarmDetail(["12 of 12 are the same"], [], [FieldSample("https://a.example/1", "Paper", "Bridge")])
    return Alarm(subject=subject, since=NOW, raised=NOW, detail=detail, **values)


def test_batches_and_rhythms_are_replaced_per_site(store):
    first, second = make_batch(NOW, 20), make_batch(NOW, 3)
    later = make_batch(NOW + timedelta(days=1), 12)
    store.drift.save("a", [first, second], {LIST: {date(2026, 3, 1): 3}, "https://a.example/old/": {}})
    store.drift.save("b", [later], {})
    store.drift.save("a", [first, second, later], {LIST: {date(2026, 3, 1): 3, date(2026, 3, 2): 0}})
    past = store.drift.load("a")
    assert past.batches == [first, second, later]
    assert past.rhythms == {LIST: {date(2026, 3, 1): 3, date(2026, 3, 2): 0}}
    store.drift.save("a", [later], {})
    assert store.drift.load("a").batches == store.drift.load("b").batches == [later]
    assert store.drift.load("c").batches == []


def test_alarms_end_by_themselves_or_are_accepted(store):
    store.drift.add_alarms("a", [make_alarm("title"), make_alarm("date"), make_alarm(LIST)])
    store.drift.add_alarms("b", [make_alarm("body")])
    title, day, quiet = store.drift.alarms("a", only_open=True)
    assert (title.subject, title.detail, title.since) == ("title", make_alarm().detail, NOW)
    store.drift.end_alarms([title], NOW)
    store.drift.accept([day.id], NOW)
    store.drift.note_notified([quiet.id], NOW)
    assert [one.subject for one in store.drift.alarms("a", only_open=True)] == [LIST]
    assert [one.ending for one in store.drift.alarms("a")] == [RETURNED, ACCEPTED, None]
    assert store.drift.alarms("a", only_open=True)[0].notified == NOW
    assert [(site, one.subject) for site, one in store.drift.alarms_by_site(only_open=True)] == [
        ("a", LIST),
        ("b", "body"),
    ]


def test_withheld_articles_are_no_examples(store):
    store.drift.add_alarms("a", [make_alarm()])
    assert store.drift.alarms("a")[0].example
    store.opt_outs.save(
        StoredOptOut(url="https://a.example/1", site="a", seen_at=NOW, record_id=None, found="[]", withheld=True)
    )
    alarm = store.drift.alarms("a")[0]
    assert (alarm.detail.now, alarm.example) == ([], None)
    assert alarm.detail.signs == ["12 of 12 are the same"]
