"""Lists that have gone quiet, by their own rhythm."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from math import log

from crawler.drift.limits import Limits

#: New articles by day, of each day on which a list was read.
Rhythm = Mapping[date, int]

_DAY = timedelta(days=1)
#: The dispersion of daily counts, as the exponent of a negative binomial distribution: from days that come in bursts
#: to days that differ by little more than chance.
_DISPERSION = (0.3, 3.0)


@dataclass(frozen=True, slots=True)
class Silence:
    """Days without a new article, after the last day that had one. `rate` is the usual number a week."""

    since: date
    days: int
    rate: float


def count_day(rhythm: Rhythm, day: date, news: int, limits: Limits) -> dict[date, int]:
    """Return a rhythm with the news of one more reading; days that are too old are left out."""
    oldest = day - _DAY * limits.quiet.kept_days
    kept = {one: number for one, number in rhythm.items() if one >= oldest}
    return kept | {day: kept.get(day, 0) + news}


def find_silence(
    rhythm: Rhythm, limits: Limits, is_counted: Callable[[date], bool] = lambda day: True
) -> Silence | None:
    """Return the silence of a list if its own rhythm makes it very unlikely, ``None`` otherwise.

    The first day is left out, since everything was new then, and the last, since it is not over. The rate of each
    weekday is learnt; a day without news makes another one more likely, as in holidays. Days that are not counted, such
    as those of an earlier alarm, are left out of the history.
    """
    read = sorted(rhythm)
    with_news = [day for day in read[1:] if rhythm[day]]
    if not with_news:
        return None
    last, today = with_news[-1], read[-1]
    history = {day: number for day, number in _spread(rhythm, read, last).items() if is_counted(day)}
    if len(history) < limits.quiet.history_days:
        return None
    surprise = _surprise_by_weekday(history)
    silent = [last + _DAY * number for number in range(1, (today - last).days)]
    now = _surprise_of(silent, surprise)
    if now < -log(limits.quiet.probability) or now < limits.quiet.record * _find_record(history, surprise):
        return None
    return Silence(last, len(silent), 7 * sum(history.values()) / len(history))


def _spread(rhythm: Rhythm, read: list[date], last: date) -> dict[date, float]:
    """Return the articles of each day up to `last`; those of a day after days that were not read belong to all."""
    days: dict[date, float] = {}
    for before, day in pairwise(read):
        if day > last:
            break
        passed = (day - before).days
        for number in range(passed):
            days[day - _DAY * number] = rhythm[day] / passed
    return days


def _surprise_by_weekday(history: Mapping[date, float]) -> list[tuple[float, float]]:
    """Return the surprise (minus the logarithm of the probability) of a silent weekday: as the first, and later."""
    mean = sum(history.values()) / len(history)
    numbers, totals = [1.0] * 7, [mean] * 7  # the mean counts as one more day
    for day, articles in history.items():
        numbers[day.weekday()] += 1
        totals[day.weekday()] += articles
    rates = [total / number for total, number in zip(totals, numbers, strict=True)]
    expected = sum(rates[day.weekday()] ** 2 for day in history)
    excess = sum((number - rates[day.weekday()]) ** 2 - rates[day.weekday()] for day, number in history.items())
    low, high = _DISPERSION
    dispersion = min(high, max(low, expected / excess)) if excess > 0 else high
    first = [dispersion * log(1 + rate / dispersion) for rate in rates]
    # A silent day makes the next one as likely as the square root of what it would be: what stopped the list goes on.
    return [(one, one / 2) for one in first]


def _surprise_of(silent: list[date], surprise: list[tuple[float, float]]) -> float:
    return sum(surprise[day.weekday()][min(number, 1)] for number, day in enumerate(silent))


def _find_record(history: Mapping[date, float], surprise: list[tuple[float, float]]) -> float:
    """Return the surprise of the least likely silence in the history."""
    record, run = 0.0, list[date]()
    for day in sorted(history):
        run = [] if history[day] else [*run, day]
        record = max(record, _surprise_of(run, surprise))
    return record
