"""A field's value as a rule found it."""

from msgspec import Struct

from crawler.items import Evidence

#: Characters of raw text kept as evidence.
EVIDENCE_LENGTH = 200


class FieldValue(Struct, frozen=True):
    """A value, why it is the value, and the index of the line it was printed in (``None`` when it is not printed)."""

    value: str
    evidence: Evidence
    line: int | None = None


def make_evidence(rule: str, place: str, text: str, others: tuple[tuple[str, str], ...] = ()) -> Evidence:
    """Evidence with its raw text cut to length."""
    return Evidence(rule, place, text[:EVIDENCE_LENGTH], others)
