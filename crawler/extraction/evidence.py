"""Field values with the evidence for them."""

from msgspec import Struct

from crawler.extraction.data.rule_scores import score_of_rule
from crawler.items import Evidence

#: Longest raw text (characters) that is kept as evidence.
EVIDENCE_LENGTH = 200


class FieldValue(Struct, frozen=True):
    """A field's value, the evidence for it, and the index of the line that prints it (``None`` if no line does)."""

    value: str
    evidence: Evidence
    line: int | None = None


def make_evidence(rule: str, place: str, text: str, others: tuple[tuple[str, str], ...] = ()) -> Evidence:
    """Return evidence with its raw text cut to EVIDENCE_LENGTH."""
    return Evidence(rule, place, text[:EVIDENCE_LENGTH], others, score_of_rule(rule))
