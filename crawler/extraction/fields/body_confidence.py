"""Confidence in a body: how likely it is right, judged by what was skipped within it and how uniform its markup is."""

import math
from collections.abc import Sequence

from msgspec import Struct

from crawler.extraction.data.table_file import DATA, Table, load_table
from crawler.extraction.document import TextLine

#: Weight added to that of the prose, so that the logarithm of a body without prose is small but finite.
_LEAST_WEIGHT = 20.0
#: Most linked characters per character of the body that count: more say nothing new.
_MOST_LINKED = 2.0


class ConfidenceModel(Table, frozen=True):
    """The coefficients of ``confidence.toml``."""

    intercept: float
    linked: float
    length: float
    gaps: float
    mixed: float
    least_score: float


class BodySigns(Struct, frozen=True):
    """The numbers by which confidence in a body is estimated; ``confidence.toml`` explains them."""

    linked: float
    length: float
    gaps: float
    mixed: float


MODEL = load_table(DATA / "confidence.toml", ConfidenceModel)


def measure_body(kept: Sequence[TextLine], page_lines: Sequence[TextLine], weights: Sequence[float]) -> BodySigns:
    """Return the signs of a body with the lines `kept`; `weights` are the prose weights by line index."""
    indexes = {line.index for line in kept}
    skipped = [x for x in page_lines[kept[0].index : kept[-1].index] if x.index not in indexes]
    linked = sum(len(line.text) for line in skipped if 2 * line.link_chars > len(line.text))
    prose: dict[object, float] = {}
    for line in kept:
        if weight := weights[line.index]:
            prose[line.element.kind] = prose.get(line.element.kind, 0.0) + weight
    total = sum(prose.values())
    return BodySigns(
        linked=min(_MOST_LINKED, linked / sum(len(line.text) for line in kept)),
        length=math.log(total + _LEAST_WEIGHT),
        gaps=len(skipped) / len(kept),
        mixed=1 - max(prose.values()) / total if total else 1.0,
    )


def estimate_score(signs: BodySigns, model: ConfidenceModel = MODEL) -> float:
    """Return the probability that a body with these signs is right."""
    doubt = model.intercept + sum(getattr(model, name) * getattr(signs, name) for name in signs.__struct_fields__)
    return 1 / (1 + math.exp(doubt))
