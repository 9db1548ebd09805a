"""The effect of an edit on stored articles: each field as it is stored, and as it is read now."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from crawler.items import Article

#: Examples per field.
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """An article as stored and as it is read now. `skipped` are fields that cannot be compared."""

    stored: Article
    now: Article
    skipped: Collection[str] = ()


@dataclass(slots=True)
class FieldEffect:
    """One field of several articles: how many have it, its median length in characters, and how many values changed.

    `examples` are (URL, stored value, value now): values that were lost first, then new ones, then others.
    """

    articles: int = 0
    before: int = 0
    now: int = 0
    length_before: int = 0
    length_now: int = 0
    changed: int = 0
    examples: list[tuple[str, str | None, str | None]] = field(default_factory=list)


def compare_readings(pairs: Sequence[ReadAgain], fields: Sequence[str]) -> dict[str, FieldEffect]:
    """Return the effect on each of `fields`."""
    return {name: _compare_field([pair for pair in pairs if name not in pair.skipped], name) for name in fields}


def _compare_field(pairs: Sequence[ReadAgain], name: str) -> FieldEffect:
    values = [(pair.now.url, _text_of(pair.stored, name), _text_of(pair.now, name)) for pair in pairs]
    changed = sorted((one for one in values if one[1] != one[2]), key=lambda one: (one[2] is not None, bool(one[1])))
    before, now = list(_lengths(old for _, old, _ in values)), list(_lengths(new for *_, new in values))
    return FieldEffect(
        articles=len(values),
        before=len(before),
        now=len(now),
        length_before=round(median(before)) if before else 0,
        length_now=round(median(now)) if now else 0,
        changed=len(changed),
        examples=changed[:_EXAMPLES],
    )


def _lengths(values: Iterator[str | None]) -> Iterator[int]:
    return (len(value) for value in values if value is not None)


def _text_of(article: Article, name: str) -> str | None:
    value: Any = getattr(article, name)
    return (", ".join(value) if isinstance(value, tuple) else value) or None
