"""Runs and conditional-request validators."""

from datetime import UTC, datetime, timedelta

import pytest

from crawler.store import Store, StoreError, Validators

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_run_is_recorded_from_start_to_end(store, path):
    first = store.runs.start("paper", started=NOON)
    second = store.runs.start("other", started=NOON + timedelta(hours=1))
    assert [run.id for run in store.runs.list()] == [second, first]
    assert store.runs.list()[1].ended is None
    stats = {"pages": 3, "start_time": NOON, "half": "\ud83d"}
    store.runs.finish(first, ended=NOON + timedelta(minutes=5), outcome="failed", stats=stats, error="no disk")
    with Store.open(path) as reopened:
        (run,) = reopened.runs.list("paper")
    assert (run.outcome, run.error, run.stats["pages"], run.stats["half"]) == ("failed", "no disk", 3, "\ud83d")
    assert run.started == NOON
    assert run.ended == NOON + timedelta(minutes=5)
    assert run.started.tzinfo is UTC


def test_unknown_run_cannot_be_finished(store):
    with pytest.raises(StoreError, match="there is no run 7"):
        store.runs.finish(7, ended=NOON, outcome="done")


def test_time_without_timezone_is_refused(store):
    with pytest.raises(StoreError, match="without a timezone"):
        store.runs.start("paper", started=NOON.replace(tzinfo=None))


def test_validators_are_saved_replaced_and_deleted(store):
    url = "http://paper.localhost/rss.xml"
    assert store.validators.get(url) is None
    store.validators.remember(url, Validators(etag='W/"1"', record_id="r1"))
    assert store.validators.get(url) == Validators('W/"1"', None, "r1")
    newer = Validators(None, "Sun, 01 Mar 2026 12:00:00 GMT", "r2")
    store.validators.remember(url, newer)
    assert store.validators.get(url) == newer
    store.validators.remember(url, Validators(record_id="r3"))
    assert store.validators.get(url) is None
