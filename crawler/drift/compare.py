"""DriftWindow of the latest articles with a site's past: the signs of a change, by field."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from math import sqrt

from crawler.drift.limits import DriftTest, Limits
from crawler.drift.profile import Batch, FieldProfile, FieldSample
from crawler.drift.tails import Count, count_tail, estimate_correlation, normal_tail

#: The subject of alarms about pages that are no articles.
PAGES = "pages"
#: Examples of each side in an alarm.
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class DriftSign:
    """A comparison that found a change: its name, its words, and the shape or value that it is about."""

    test: str
    text: str
    is_up: bool
    focus: str | None = None


@dataclass(frozen=True, slots=True)
class DriftWindow:
    """The batches of the latest articles, and those of the past."""

    past: Sequence[Batch]
    latest: Sequence[Batch]


def windows(batches: Sequence[Batch], limits: Limits) -> Iterator[DriftWindow]:
    """Yield the comparisons to make: the latest batches in windows of growing size. A visit is never divided."""
    size, end = 0, len(batches)
    sizes = list(limits.windows)
    for start in range(len(batches) - 1, -1, -1):
        size += batches[start].size
        is_whole = start == 0 or batches[start - 1].opened != batches[start].opened
        if sizes and is_whole and size >= sizes[0]:
            sizes = [one for one in sizes if one > size]
            yield DriftWindow(batches[:start], batches[start:end])


def find_signs(subject: str, compared: DriftWindow, limits: Limits, *, is_calm: bool = False) -> list[DriftSign]:
    """Return the signs that a field, or the pages, changed.

    With `is_calm`, any change that is large and not likely counts: an alarm has not ended while there is one.
    """
    maker = _SignFinder(compared, limits, is_calm=is_calm)
    return list(maker.of_pages() if subject == PAGES else maker.of_field(subject))


class _SignFinder:
    """Makes the comparisons of one window."""

    def __init__(self, compared: DriftWindow, limits: Limits, *, is_calm: bool) -> None:
        self._past, self._latest = compared.past, compared.latest
        self._limits = limits
        self._is_calm = is_calm

    def _limit_of(self, rule: DriftTest) -> float:
        """Return the probability below which a change is a sign."""
        return self._limits.calm_probability if self._is_calm else rule.probability or self._limits.probability

    def of_pages(self) -> Iterator[DriftSign]:
        past = [(batch.walls, batch.pages) for batch in self._past]
        yield from self._compare_share("wall", past, _sum((one.walls, one.pages) for one in self._latest))

    def of_field(self, name: str) -> Iterator[DriftSign]:
        tests = self._limits.fields[name]
        past = [(batch, batch.fields.get(name) or FieldProfile()) for batch in self._past]
        latest = [(batch, batch.fields.get(name) or FieldProfile()) for batch in self._latest]
        for test, count in _COUNTS.items():
            if test in tests:
                counts = [count(batch, profile) for batch, profile in past]
                yield from self._compare_share(test, counts, _sum(count(*pair) for pair in latest))
        of_past, of_latest = [one for _, one in past], [one for _, one in latest]
        if "shape" in tests:
            yield from self._compare_shapes(of_past, of_latest)
        if "unseen" in tests:
            yield from self._compare_values(of_past, of_latest)
        if "length" in tests:
            yield from self._compare_lengths(of_past, of_latest)

    def _compare_share(
        self, test: str, past: Sequence[Count], latest: Count, focus: str | None = None
    ) -> Iterator[DriftSign]:
        """Yield a sign if the share of a count changed."""
        rule = self._limits.tests[test]
        number, size = latest
        known, total = _sum(past)
        has_past = total >= (rule.past if rule.past is not None else self._limits.past)
        if size < self._limits.windows[0] or not has_past:
            return
        mean = (known + rule.assumed * rule.assumed_count) / (total + rule.assumed_count)
        is_up = number / size > mean
        words = rule.up if is_up else rule.down
        if words is None or abs(number / size - mean) < rule.effect:
            return
        limits = self._limits
        correlation = estimate_correlation(past, mean, limits.correlation, limits.correlation_batches)
        if count_tail(latest, mean, correlation, is_upper=is_up) < self._limit_of(rule):
            usual = f"{known} of {total}" if total else "hardly any"
            text = words.format(now=number, count=size, past=usual, focus=_quote(focus))
            yield DriftSign(test, text, is_up, focus)

    def _compare_shapes(self, past: Sequence[FieldProfile], latest: Sequence[FieldProfile]) -> Iterator[DriftSign]:
        now, before = _total(one.shapes for one in latest), _total(one.shapes for one in past)
        shapes = dict.fromkeys(shape for shape, _ in (*now.most_common(4), *before.most_common(4)))
        found: list[DriftSign] = []
        for shape in shapes:
            counts = [(one.shapes.get(shape, 0), one.filled) for one in past]
            found += self._compare_share("shape", counts, (now[shape], _sum_filled(latest)), shape)
        yield from [sign for sign in found if sign.is_up] or found  # what came says more than what went

    def _compare_values(self, past: Sequence[FieldProfile], latest: Sequence[FieldProfile]) -> Iterator[DriftSign]:
        now = _total(one.values for one in latest)
        batches = Counter(value for one in past for value in one.values)
        unseen_before = [
            (sum(number for value, number in one.values.items() if batches[value] == 1), sum(one.values.values()))
            for one in past
        ]
        unseen = sum(number for value, number in now.items() if not batches[value])
        yield from self._compare_share("unseen", unseen_before, (unseen, now.total()))
        for value, number in now.most_common(1):
            counts = [(one.values.get(value, 0), sum(one.values.values())) for one in past]
            yield from self._compare_share("dominant", counts, (number, now.total()), value)

    def _compare_lengths(self, past: Sequence[FieldProfile], latest: Sequence[FieldProfile]) -> Iterator[DriftSign]:
        """Yield a sign if the mean length changed by more than the spread within and between batches explains."""
        limits, rule = self._limits, self._limits.tests["length"]
        past = [one for one in past if one.filled]
        before, now = _sum_filled(past), _sum_filled(latest)
        if before < limits.past or now < limits.windows[0]:
            return
        mean = sum(one.length for one in past) / before
        change = sum(one.length for one in latest) / now - mean
        words = rule.up if change > 0 else rule.down
        if words is None or abs(change) < rule.effect:
            return
        within = max(0.0, sum(one.squares for one in past) / before - mean * mean)
        within = max(within, _variance_of(latest))
        means = [(one.length / one.filled - mean) ** 2 - within / one.filled for one in past]
        weight = limits.correlation_batches
        between = (max(0.0, sum(means)) + weight * limits.length_spread**2) / (len(means) + weight)
        share = sum(one.filled**2 for one in latest) / now**2
        deviation = abs(change) / sqrt(within * (1 / now + 1 / before) + between * (share + 1 / len(past)))
        if normal_tail(deviation) < self._limit_of(rule) / 2:
            yield DriftSign("length", words.format(factor=f"{2**change:.1f}"), change > 0)


#: The properties that are counted, as (number, of how many).
_COUNTS: dict[str, Callable[[Batch, FieldProfile], Count]] = {
    "filled": lambda batch, one: (one.filled, batch.articles),
    "repeated": lambda batch, one: (one.repeated, one.filled),
    "shrunk": lambda batch, one: (one.shrunk, one.edited),
}


def find_examples(
    subject: str, compared: DriftWindow, signs: Sequence[DriftSign]
) -> tuple[list[FieldSample], list[FieldSample]]:
    """Return examples of values before and now; of edited articles, the same ones on both sides."""
    if subject == PAGES:
        return [], [one for batch in reversed(compared.latest) for one in batch.wall_samples][:_EXAMPLES]
    latest = [batch.fields[subject] for batch in reversed(compared.latest) if subject in batch.fields]
    past = [batch.fields[subject] for batch in reversed(compared.past) if subject in batch.fields]
    shapes = {sign.focus or "" for sign in signs if sign.test == "shape" and sign.is_up}
    if any(sign.test == "filled" and not sign.is_up for sign in signs):
        shapes = {""}
    now = [one for profile in latest for one in _samples_of(profile, shapes)]
    now = sorted(now, key=lambda one: one.before is None)[:_EXAMPLES]
    edited = [FieldSample(one.url, one.before) for one in now if one.before is not None]
    usual = chain.from_iterable(_samples_of(one, set(list(one.shapes)[:1])) for one in past)
    return [*edited, *usual][:_EXAMPLES], [FieldSample(one.url, one.value) for one in now]


def _samples_of(profile: FieldProfile, shapes: set[str]) -> list[FieldSample]:
    """Return the samples of these shapes, all others after them."""
    order = sorted(profile.samples, key=lambda shape: shape not in shapes)
    return [one for shape in order for one in profile.samples[shape]]


def _variance_of(profiles: Sequence[FieldProfile]) -> float:
    number = _sum_filled(profiles)
    mean = sum(one.length for one in profiles) / number
    return max(0.0, sum(one.squares for one in profiles) / number - mean * mean)


def _sum(counts: Iterable[Count]) -> Count:
    number = size = 0
    for one, of in counts:
        number += one
        size += of
    return number, size


def _sum_filled(profiles: Iterable[FieldProfile]) -> int:
    return sum(one.filled for one in profiles)


def _total(counters: Iterable[dict[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in counters:
        for name, number in one.items():  # `Counter.update` takes ten times as long for small dictionaries
            total[name] = total.get(name, 0) + number
    return total


def _quote(focus: str | None) -> str:
    return f"“{focus}”" if focus else ""
