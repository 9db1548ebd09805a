"""Confidence in a body: how likely it is right, judged by what was skipped within it and how uniform its markup is."""

import math
from collections.abc import Sequence, Set

from msgspec import Struct

from crawler.extraction.data.table_file import DATA, Table, load_table
from crawler.extraction.document import TextLine

#: Weight added to that of the prose, so that the logarithm of a body without prose is small but finite.
_LEAST_WEIGHT = 20.0
#: Lines above and below the story in which prose that was left out counts, and most of it, per prose of the story.
_NEAR, _MOST_NEAR = 15, 1.0
#: Most linked characters per character of the body that count: more say nothing new.
_MOST_LINKED = 2.0


class ConfidenceModel(Table, frozen=True):
    """The coefficients of ``confidence.toml``."""

    intercept: float
    linked: float
    length: float
    mixed: float
    near: float
    excluded: float
    least_score: float


class BodySigns(Struct, frozen=True):
    """The numbers by which confidence in a body is estimated; ``confidence.toml`` explains them."""

    linked: float
    length: float
    mixed: float
    near: float
    excluded: float


MODEL = load_table(DATA / "confidence.toml", ConfidenceModel)


def measure_body(
    kept: Sequence[TextLine], page_lines: Sequence[TextLine], prose: Sequence[float], excluded: Set[int]
) -> BodySigns:
    """Return the signs of a body with the lines `kept`.

    `prose` are the prose weights of all lines by index, before those in other stories and comments were set to 0;
    `excluded` are the indexes of these.
    """
    indexes = {line.index for line in kept}
    first, last = kept[0].index, kept[-1].index
    left_out = [x for x in page_lines[max(0, first - _NEAR) : last + _NEAR + 1] if x.index not in indexes]
    linked = sum(len(x.text) for x in left_out if first < x.index < last and 2 * x.link_chars > len(x.text))
    by_markup: dict[object, float] = {}
    for line in kept:
        if weight := prose[line.index]:
            by_markup[line.element.kind] = by_markup.get(line.element.kind, 0.0) + weight
    total = sum(by_markup.values())
    return BodySigns(
        linked=min(_MOST_LINKED, linked / sum(len(line.text) for line in kept)),
        length=math.log(total + _LEAST_WEIGHT),
        mixed=1 - max(by_markup.values()) / total if total else 1.0,
        near=min(_MOST_NEAR, sum(prose[line.index] for line in left_out) / (total + 1)),
        excluded=sum(prose[index] for index in excluded) / (sum(prose) + 1),
    )


def estimate_score(signs: BodySigns, model: ConfidenceModel = MODEL) -> float:
    """Return the probability that a body with these signs is right."""
    doubt = model.intercept + sum(getattr(model, name) * getattr(signs, name) for name in signs.__struct_fields__)
    return 1 / (1 + math.exp(doubt))
