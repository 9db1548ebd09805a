"""Lists that have gone quiet, by their own rhythm."""

import random
from datetime import date, timedelta

import pytest

from crawler.drift.limits import load_limits
from crawler.drift.quiet import count_day, find_silence

LIMITS = load_limits()
START = date(2026, 1, 5)  # a Monday
WORKDAYS = [1.0] * 5 + [0.0, 0.0]


def make_rhythm(days, rate, weekdays=(1.0,) * 7, *, seed=1, every=1):
    """Return the news of `days` days, Poisson around a rate by weekday, of a list that is read every so many days."""
    rng, rhythm, waiting = random.Random(seed), {START: 500}, 0
    for number in range(1, days + 1):
        day = START + timedelta(days=number)
        expected = rate * weekdays[day.weekday()]
        passed = rng.expovariate(1)
        while passed < expected:
            waiting, passed = waiting + 1, passed + rng.expovariate(1)
        if number % every == 0:
            rhythm[day], waiting = waiting, 0
    return rhythm


def days_until_alarm(rhythm, *, most=200, every=1):
    """Return the days of silence until there is an alarm."""
    last = max(rhythm)
    for number in range(every, most, every):
        rhythm = count_day(rhythm, last + timedelta(days=number), 0, LIMITS)
        if find_silence(rhythm, LIMITS):
            return number
    return None


@pytest.mark.parametrize(
    ("rate", "weekdays", "earliest", "latest"),
    [
        (30, (1.0,) * 7, 3, 6),
        (5, (1.0,) * 7, 4, 9),
        (5, WORKDAYS, 6, 14),
        (1, (1.0,) * 7, 12, 40),
        (0.15, (1.0,) * 7, 60, 199),
    ],
)
def test_the_slower_a_list_the_longer_it_may_be_silent(rate, weekdays, earliest, latest):
    assert earliest <= days_until_alarm(make_rhythm(90, rate, weekdays)) <= latest


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("rate", [0.2, 1, 4, 30])
def test_list_that_goes_on_raises_no_alarm(rate, seed):
    rhythm = make_rhythm(250, rate, WORKDAYS if seed % 2 else (1.0,) * 7, seed=seed)
    days = sorted(rhythm)
    for end in range(30, len(days), 7):
        assert find_silence({day: rhythm[day] for day in days[:end]}, LIMITS) is None


def test_weekends_are_no_silence():
    rhythm = make_rhythm(60, 10, WORKDAYS)
    assert not rhythm[max(rhythm) - timedelta(days=1)] or max(rhythm).weekday() != 6
    assert find_silence(count_day(rhythm, max(rhythm) + timedelta(days=3), 0, LIMITS), LIMITS) is None


def test_list_that_is_read_once_a_week_is_judged_by_its_weeks():
    rhythm = make_rhythm(140, 3, every=7)
    assert find_silence(rhythm, LIMITS) is None
    assert 7 < days_until_alarm(rhythm, every=7) <= 21


def test_silence_names_its_first_day_and_the_rate():
    rhythm = make_rhythm(60, 10)
    silence = find_silence(count_day(rhythm, max(rhythm) + timedelta(days=9), 0, LIMITS), LIMITS)
    assert (silence.since, silence.days) == (max(rhythm), 8)
    assert 60 < silence.rate < 80


def test_longer_silence_in_the_past_makes_one_more_expected():
    rhythm = make_rhythm(200, 6)
    for number in range(100, 112):  # a holiday
        rhythm[START + timedelta(days=number)] = 0
    assert days_until_alarm(rhythm) > 12
    assert days_until_alarm(make_rhythm(200, 6)) < 10


def test_young_list_is_not_judged():
    assert days_until_alarm(make_rhythm(15, 20), most=60) is None
    assert find_silence({}, LIMITS) is None
