"""Batches: counters of the articles and pages of one or more visits, by field."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from hashlib import blake2b
from math import log2

from msgspec import Struct, field

from crawler.drift.limits import Limits
from crawler.items import Article

#: Characters of a value that are kept in an example.
_MAX_VALUE = 100
#: A text that has lost so much is shrunk.
_SHRUNK = 2 / 3

#: The kinds of characters that make up the shape of a text.
_KINDS = (
    ("Chinese", re.compile("[\u2e80-\ufaff]")),
    ("Latin", re.compile("[A-Za-z\u00c0-\u024f]")),
    ("other letters", re.compile("[\u0370-\u1fff]")),
    ("digits", re.compile(r"\d")),
    ("spaces", re.compile(r"\S\s+\S")),
    ("|", re.compile("[|｜_]")),
    ("-", re.compile("[-–—]")),
    (">", re.compile("[>»›/]")),
    ("·", re.compile("[·•]")),
)


class FieldSample(Struct, array_like=True, frozen=True):
    """One article's value of a field, cut; `before` is the value it had before it was edited."""

    url: str
    value: str | None
    before: str | None = None


class FieldProfile(Struct, omit_defaults=True):
    """Counters of one field. `length` and `squares` are the sums of the texts' lengths in octaves, and their squares.

    `values` counts the values that recur, or, of a field that does not, digests of all while the batch is open.
    `edited` and `shrunk` count edits of articles that had the field before.
    """

    filled: int = 0
    length: float = 0.0
    squares: float = 0.0
    repeated: int = 0
    edited: int = 0
    shrunk: int = 0
    shapes: dict[str, int] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)
    samples: dict[str, list[FieldSample]] = field(default_factory=dict)


class Batch(Struct, omit_defaults=True):
    """Counters of consecutive articles of one site. `opened` is the start of the first visit.

    `pages` are answers to requests for articles, `walls` those that were no articles.
    """

    opened: datetime
    articles: int = 0
    pages: int = 0
    walls: int = 0
    fields: dict[str, FieldProfile] = field(default_factory=dict)
    wall_samples: list[FieldSample] = field(default_factory=list)

    @property
    def size(self) -> int:
        """The number of articles or pages, whichever is larger."""
        return max(self.articles, self.pages)

    def add_article(self, article: Article, before: Mapping[str, str | None], limits: Limits) -> None:
        """Count an article; `before` has the earlier values of the fields that an edit changed."""
        self.articles += 1
        for name, tests in limits.fields.items():
            profile = self.fields.setdefault(name, FieldProfile())
            _add_value(
                profile, FieldSample(article.url, value_of(article, name), before.get(name)), article, name, tests
            )

    def add_page(self, url: str, why: str | None) -> None:
        """Count an answer to the request for an article; `why` is the reason why it is not an article."""
        self.pages += 1
        if why is not None:
            self.walls += 1
            self.wall_samples.append(FieldSample(url, why))


def value_of(article: Article, name: str) -> str | None:
    """Return a field as text, ``None`` if it is empty."""
    value = getattr(article, name)
    return ("、".join(value) if isinstance(value, tuple) else value) or None


def shape_of(name: str, value: str | None, article: Article) -> str:
    """Return the shape of a value: the kinds of characters, a date's precision, the number of a body's paragraphs."""
    if value is None:
        return ""
    if name == "date":
        return f"{article.date_precision or 'date'}{' with zone' if re.search(r'T.*([+-]..:..|Z)$', value) else ''}"
    if name == "body":
        lines = value.count("\n") + 1
        return "one paragraph" if lines == 1 else "2 to 3 paragraphs" if lines <= 3 else "more paragraphs"
    return " + ".join(kind for kind, pattern in _KINDS if pattern.search(value)) or "other characters"


def _add_value(profile: FieldProfile, sample: FieldSample, article: Article, name: str, tests: Iterable[str]) -> None:
    value, before = sample.value, sample.before
    shape = shape_of(name, value, article)
    if before:
        profile.edited += 1
        profile.shrunk += len(value or "") < _SHRUNK * len(before)
    if value is not None:
        length = log2(len(value))
        profile.filled += 1
        profile.length += length
        profile.squares += length * length
        profile.shapes[shape] = profile.shapes.get(shape, 0) + 1
        if "repeated" in tests:
            _count_repeated(profile, blake2b(value.encode("utf-8", "replace"), digest_size=6).hexdigest())
        elif "unseen" in tests:
            key = value[:_MAX_VALUE]
            profile.values[key] = profile.values.get(key, 0) + 1
    profile.samples.setdefault(shape, []).append(FieldSample(sample.url, cut_value(value), cut_value(before)))


def _count_repeated(profile: FieldProfile, digest: str) -> None:
    number = profile.values[digest] = profile.values.get(digest, 0) + 1
    profile.repeated += 2 if number == 2 else number > 2


def cut_value(value: str | None) -> str | None:
    """Return a value as an example shows it."""
    if value is None or len(value) <= _MAX_VALUE:
        return value
    return f"{value[:_MAX_VALUE].replace(chr(10), ' ')} … ({len(value)} characters)"


def split_visit(batches: list[Batch], opened: datetime, limits: Limits) -> Batch:
    """Return the batch of a visit that takes the next article or page, a new one if the last one is full."""
    if not batches or batches[-1].size >= limits.batch.size:
        batches.append(Batch(opened))
    return batches[-1]


def append_visit(stored: list[Batch], visit: list[Batch], now: datetime, limits: Limits) -> list[Batch]:
    """Return all batches of a site with those of a visit: small ones are merged, and old ones by day."""
    visit = [one for one in visit if one.size]
    if len(visit) > 1 and visit[-1].size < limits.batch.small:
        visit[-2:] = [merge([visit[-2], visit[-1]])]
    if len(visit) == 1 and stored and max(visit[0].size, stored[-1].size) < limits.batch.small:
        stored, visit = stored[:-1], [merge([stored[-1], visit[0]])]
    merged = _merge_days(stored, now, limits)
    for one in visit:
        _trim(one, limits)
    return merged + visit


def _merge_days(batches: Iterable[Batch], now: datetime, limits: Limits) -> list[Batch]:
    kept: list[Batch] = []
    for batch in batches:
        age = (now - batch.opened).days
        if age > limits.batch.kept_days:
            continue
        same_day = bool(kept) and kept[-1].opened.date() == batch.opened.date()
        if age >= limits.batch.merged_after_days and same_day:
            kept[-1] = merge([kept[-1], batch], is_open=False)
            _trim(kept[-1], limits)
        else:
            kept.append(batch)
    return kept


def merge(batches: list[Batch], *, is_open: bool = True) -> Batch:
    """Return the sum of batches. Values that two of them have are repeated if the batch `is_open`."""
    total = Batch(batches[0].opened)
    for batch in batches:
        total.articles += batch.articles
        total.pages += batch.pages
        total.walls += batch.walls
        total.wall_samples = [*batch.wall_samples, *total.wall_samples]
        for name, other in batch.fields.items():
            _merge_field(total.fields.setdefault(name, FieldProfile()), other, is_open=is_open)
    return total


def _merge_field(into: FieldProfile, other: FieldProfile, *, is_open: bool) -> None:
    into.filled += other.filled
    into.length += other.length
    into.squares += other.squares
    into.edited += other.edited
    into.shrunk += other.shrunk
    into.repeated += other.repeated
    for value, number in other.values.items():
        known = into.values.get(value, 0)
        if is_open and known:
            into.repeated += (known == 1) + (number == 1)
        into.values[value] = known + number
    for shape, number in other.shapes.items():
        into.shapes[shape] = into.shapes.get(shape, 0) + number
    for shape, samples in other.samples.items():
        into.samples[shape] = [*samples, *into.samples.get(shape, ())]


def _trim(batch: Batch, limits: Limits) -> None:
    """Bound the size of a batch: examples, shapes and values that are rare are dropped."""
    batch.wall_samples = batch.wall_samples[: limits.batch.samples]
    for name, profile in batch.fields.items():
        profile.shapes = dict(Counter(profile.shapes).most_common(limits.batch.shapes))
        kept = {shape: profile.samples[shape] for shape in ("", *profile.shapes) if shape in profile.samples}
        profile.samples = {shape: _choose(samples, limits.batch.samples) for shape, samples in kept.items()}
        if "repeated" in limits.fields[name] and batch.size >= limits.batch.small:
            profile.values = {}
        profile.values = _most_common(profile.values, limits.batch.values)


def _choose(samples: list[FieldSample], number: int) -> list[FieldSample]:
    """Return the first samples, those of edited articles before others."""
    return sorted(samples, key=lambda one: one.before is None)[:number]


def _most_common(counts: dict[str, int], number: int) -> dict[str, int]:
    return dict(Counter(counts).most_common(number)) if len(counts) > number else counts
