"""Alarms of simulated sites: none while a site does not change, one for each injected change, and how they end."""

import copy
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from simulated_site import INJECTIONS, START, SimulatedSite, Watch, end_alarm, visits

from crawler.drift.alarms import ACCEPTED, Alarm, AlarmDetail, review_articles, review_lists

PAST_DAYS, CHANGED = 21, 12


@pytest.fixture(scope="module")
def watched():
    """A site that prints most fields, and what was counted of it in three weeks."""
    site, watch = SimulatedSite(4, visits=1), Watch()
    for moment, articles in visits(site, PAST_DAYS):
        watch.add(moment, articles)
    assert not watch.alarms
    return site, watch


def visit_changed(site, watch, change, day=PAST_DAYS):
    """Add one visit of `CHANGED` articles, each as `change` returns it; return the subjects of the alarms raised."""
    moment, articles = START + timedelta(days=day), []
    while len(articles) < CHANGED:
        articles += site.visit(moment)
    raised = watch.add(moment, [change(one) for one in articles[:CHANGED]])
    return {alarm.subject for alarm in raised}


@pytest.mark.parametrize("seed", range(3))
def test_site_that_does_not_change_raises_no_alarm(seed):
    site, watch = SimulatedSite(seed, visits=1), Watch()
    for moment, articles in visits(site, 20):
        watch.add(moment, articles)
    assert [alarm.text for alarm in watch.alarms] == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(30, 32))
def test_site_that_does_not_change_raises_no_alarm_in_a_quarter(seed):
    site, watch = SimulatedSite(seed, visits=(1, 2, 8)[seed % 3]), Watch()
    for moment, articles in visits(site, 90):
        watch.add(moment, articles)
    assert [alarm.text for alarm in watch.alarms] == []


@pytest.mark.parametrize("name", [name for name in INJECTIONS if "halves" not in name])
def test_change_raises_an_alarm_within_one_visit(watched, name):
    site, watch = copy.deepcopy(watched)
    field = "authors" if name.startswith("authors") else name.split()[0].removesuffix("s")
    assert field in visit_changed(site, watch, INJECTIONS[name])


def test_alarm_is_raised_once_and_ends_when_values_return(watched):
    site, watch = copy.deepcopy(watched)
    change = INJECTIONS["date gone"]
    assert visit_changed(site, watch, change) == {"date"}
    assert visit_changed(site, watch, change, PAST_DAYS + 1) == set()
    alarm = watch.alarms[0]
    assert alarm.is_open
    assert alarm.detail.signs[0].startswith("only 0 of 12 have one, before")
    assert [one.value for one in alarm.detail.now] == [None, None]
    assert all(one.value for one in alarm.detail.before)
    assert visit_changed(site, watch, lambda one: one, PAST_DAYS + 2) == set()
    assert not watch.alarms[0].is_open
    assert visit_changed(site, watch, change, PAST_DAYS + 3) == {"date"}


def test_accepted_state_is_what_later_articles_are_compared_with(watched):
    site, watch = copy.deepcopy(watched)
    change = INJECTIONS["date has no time"]
    assert visit_changed(site, watch, change) == {"date"}
    watch.alarms = [end_alarm(watch.alarms[0], START + timedelta(days=PAST_DAYS, hours=1), ACCEPTED)]
    for day in range(1, 5):
        assert visit_changed(site, watch, change, PAST_DAYS + day) == set()
    assert visit_changed(site, watch, lambda one: one, PAST_DAYS + 5) == {"date"}


def test_wall_raises_an_alarm_about_pages(watched):
    site, watch = copy.deepcopy(watched)
    moment = START + timedelta(days=PAST_DAYS)
    assert [one.subject for one in watch.add(moment, site.visit(moment)[:4], walls=9)] == ["pages"]
    assert "9 of 13 pages are no articles" in watch.alarms[0].text


def test_edits_that_cut_bodies_raise_an_alarm(watched):
    site, watch = copy.deepcopy(watched)
    moment, articles = START + timedelta(days=PAST_DAYS), []
    while len(articles) < CHANGED:
        articles += [one for one in site.visit(moment) if one.body and len(one.body) > 400]
    edits = [(replace(one, body=one.body[: len(one.body) * 3 // 5]), {"body": one.body}) for one in articles]
    alarm = watch.add(moment, edits)[0]
    assert alarm.subject == "body"
    assert any("lost a third of it or more" in sign for sign in alarm.detail.signs)
    assert [one.url for one in alarm.detail.before[:2]] == [one.url for one in alarm.detail.now[:2]]


def test_nothing_is_compared_while_there_is_little_past():
    site, watch = SimulatedSite(3, visits=1, per_day=4), Watch()
    for moment, articles in visits(site, 3):
        watch.add(moment, articles)
    assert visit_changed(site, watch, INJECTIONS["date gone"], 4) == set()
    assert review_articles([], [], START, watch.limits).raised == []


def test_alarm_of_a_list_ends_with_its_news_or_when_it_is_no_longer_read(watched):
    _, watch = watched
    alarm = Alarm(subject="https://a.example/news/", since=START, raised=START, detail=AlarmDetail([]))
    today = START.date()
    for rhythms, ends in (
        ({alarm.subject: {today: 0}}, False),
        ({alarm.subject: {today: 0, today + timedelta(days=1): 2}}, True),
        ({}, True),
    ):
        review = review_lists(rhythms, [alarm], START + timedelta(days=1), UTC, watch.limits)
        assert (review.returned == [alarm], review.raised) == (ends, [])
