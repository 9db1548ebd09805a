"""The score of a field's value: how often its rule is right, from ``rule_scores.toml``."""

from collections.abc import Mapping
from functools import cache

from crawler.extraction.data.table_file import DATA, Table, load_table


class RuleScores(Table, frozen=True):
    """The table ``rule_scores.toml``."""

    scores: Mapping[str, float]


@cache
def score_of_rule(rule: str) -> float | None:
    """Return the share of right values of a rule (0 to 1), or ``None`` if its kind is not measured."""
    scores = load_scores()
    name = rule.partition("+")[0]
    while name:
        if name in scores:
            return scores[name]
        name = name.rpartition(".")[0]
    return None


@cache
def load_scores() -> Mapping[str, float]:
    """Return the scores by rule or beginning of a rule."""
    return load_table(DATA / "rule_scores.toml", RuleScores).scores
