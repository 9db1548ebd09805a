"""Cadences: cron across clock changes, and adaptive intervals from the rate of new articles."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.schedule.cadence import Adaptive, Cron, Manual, read_cadence
from crawler.schedule.change_rate import HALF_LIFE, PastVisit, new_articles_per_day

START = datetime(2026, 3, 1, tzinfo=UTC)
LISTS = "http://paper.localhost/list"


def visits(news: list[int | None], every: timedelta) -> list[PastVisit]:
    return [PastVisit(START + n * every, None if new is None else {LISTS: new}) for n, new in enumerate(news)]


@pytest.mark.parametrize(
    ("line", "zone", "last", "due"),
    [
        ("*/30 6-23 * * *", "Asia/Shanghai", "2026-03-01T00:10+00:00", "2026-03-01T00:30+00:00"),
        ("*/30 6-23 * * *", "Asia/Shanghai", "2026-03-01T15:45+00:00", "2026-03-01T22:00+00:00"),
        ("0 9 * * 1-5", "Europe/London", "2026-03-27T09:00+00:00", "2026-03-30T08:00+00:00"),
        # Berlin's clocks skip 02:00 to 03:00 on 29 March 2026: one visit at 03:00 makes up for it.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T01:30+00:00", "2026-03-29T01:00+00:00"),
        ("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00+00:00", "2026-03-30T00:30+00:00"),
        # ... and repeat 02:30 on 25 October: the first one counts.
        ("30 2 * * *", "Europe/Berlin", "2026-10-24T00:30+00:00", "2026-10-25T00:30+00:00"),
        ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30+00:00", "2026-10-26T01:30+00:00"),
        # Fixed intervals of minutes are not affected.
        ("*/30 * * * *", "Europe/Berlin", "2026-10-25T00:30+00:00", "2026-10-25T01:00+00:00"),
        ("*/30 * * * *", "Europe/Berlin", "2026-03-29T00:30+00:00", "2026-03-29T01:00+00:00"),
    ],
)
def test_cron_uses_the_sites_timezone(line, zone, last, due):
    history = [PastVisit(datetime.fromisoformat(last), None)]
    assert Cron(line, ZoneInfo(zone)).next_due(history, START - timedelta(days=999)) == datetime.fromisoformat(due)


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Shanghai", "UTC"]),
    line=st.sampled_from(["30 2 * * *", "15 1,2,3 * * *", "0 0 * * *", "*/20 * * * *", "5 */3 * * *", "59 23 * * 0"]),
    minutes=st.integers(0, 365 * 24 * 60),
)
def test_cron_neither_skips_nor_repeats_a_day(zone, line, minutes):
    cron, at = Cron(line, ZoneInfo(zone)), START + timedelta(minutes=minutes)
    found = []
    for _ in range(6):
        due = cron.next_due([PastVisit(at, None)], START - timedelta(days=1))
        assert due is not None
        assert due > at
        found.append(due.astimezone(ZoneInfo(zone)).replace(tzinfo=None))
        at = due
    if line.split()[1].isdigit() and line.endswith("* * *"):  # once a day: on six consecutive days
        assert [(one.date() - found[0].date()).days for one in found] == list(range(6))
    if not line.startswith("*"):
        assert len(set(found)) == 6


def test_one_visit_makes_up_for_many_missed_times():
    cron = Cron("0 * * * *", ZoneInfo("UTC"))
    assert cron.next_due([PastVisit(START, None)], START) == START + timedelta(hours=1)  # in the past, so due now
    late = START + timedelta(hours=7, minutes=12)
    assert cron.next_due([PastVisit(START, None), PastVisit(late, None)], START) == START + timedelta(hours=8)


def test_changed_cron_expression_applies_from_its_change():
    changed = START + timedelta(days=3, minutes=1)
    due = Cron("0 * * * *", ZoneInfo("UTC")).next_due([PastVisit(START, None)], changed)
    assert due == START + timedelta(days=3, hours=1)


def test_manual_site_is_never_due():
    assert Manual().next_due(visits([1, 2], timedelta(days=1)), START) is None


def test_adaptive_site_is_visited_immediately_then_after_half_an_hour():
    cadence = Adaptive("paper")
    assert cadence.next_due([], START) == START
    assert cadence.next_due(visits([500], timedelta(0)), START) == START + timedelta(minutes=30)


@pytest.mark.parametrize(("a_day", "hours"), [(1, 24), (4, 6), (24, 1)])
def test_interval_converges_to_one_expected_new_article(a_day, hours):
    every = timedelta(hours=hours)
    history = visits([9, *[1] * 600], every)
    due = Adaptive("paper").next_due(history, START)
    assert due is not None
    assert 0.85 * every <= due - history[-1].started <= 1.15 * every
    assert new_articles_per_day(history)[LISTS] == pytest.approx(a_day, rel=0.08)


def test_busiest_list_determines_the_interval():
    every = timedelta(hours=3)
    quiet = [PastVisit(START + n * every, {"quiet": 0}) for n in range(60)]
    both = [PastVisit(visit.started, {"quiet": 0, "busy": 3}) for visit in quiet]
    slow, fast = (Adaptive("paper").next_due(history, START) for history in (quiet, both))
    assert slow is not None
    assert fast is not None
    assert fast - both[-1].started < timedelta(hours=1.3) < timedelta(days=1) < slow - quiet[-1].started


def test_estimated_rate_follows_a_change_within_the_half_life():
    every = timedelta(hours=12)
    quiet = int(HALF_LIFE * 3 / every)
    asleep = visits([0] * quiet, every)
    awake = [*asleep, *visits([0] * quiet + [6] * int(HALF_LIFE / every), every)[quiet:]]
    assert new_articles_per_day(asleep)[LISTS] < 0.1
    assert 5 < new_articles_per_day(awake)[LISTS] < 12


def test_failures_delay_the_next_visit_but_do_not_change_the_rate():
    hour = timedelta(hours=1)
    waits = []
    for failures in range(1, 9):
        history = visits([9, 1, 1, *[None] * failures], hour)
        due = Adaptive("paper").next_due(history, START)
        assert due is not None
        waits.append(due - history[-1].started)
    assert all(later > 1.5 * sooner for sooner, later in pairwise(waits[:7]))
    assert max(waits) <= Adaptive("paper").longest
    assert new_articles_per_day(visits([9, 1, None, 1], hour)) == new_articles_per_day(
        [PastVisit(START + n * hour, {LISTS: new}) for n, new in ((0, 9), (1, 1), (3, 1))]
    )


@settings(max_examples=80, deadline=None)
@given(
    gaps=st.lists(st.tuples(st.integers(0, 10**6), st.none() | st.integers(0, 10**5)), max_size=30),
    site=st.text(min_size=1, max_size=10),
)
def test_adaptive_interval_stays_within_its_bounds(gaps, site):
    cadence, at, history = Adaptive(site), START, []
    for seconds, new in gaps:
        at += timedelta(seconds=seconds)
        history.append(PastVisit(at, None if new is None else {LISTS: new}))
    due = cadence.next_due(history, START)
    assert due is not None
    if history:
        assert cadence.shortest <= due - at <= cadence.longest
    assert cadence.next_due(history, START) == due


def test_cadences_of_a_site_file_are_read():
    assert isinstance(read_cadence("manual", "UTC", "paper"), Manual)
    assert isinstance(read_cadence("adaptive", "UTC", "paper"), Adaptive)
    assert read_cadence("*/30 6-23 * * *", "Asia/Shanghai", "paper").describe() == (
        "Every 30th minute from 06:00 through 23:59 (Asia/Shanghai)"
    )
