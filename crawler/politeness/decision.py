"""A decision of the politeness rules, as the ledger keeps it."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """The effect of a rule on a request or host."""

    ALLOWED = "allowed"
    DELAYED = "delayed"  # the request is made, but later
    HELD = "held"  # not requested now, perhaps by a later visit; after an opt-out: captured, but shown nowhere
    SHORTENED = "shortened"  # the visit makes fewer requests than planned
    REFUSED = "refused"  # never requested; after an opt-out: not kept, or its links not followed


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision: its verdict, host, rule and evidence.

    `at` and `until` are seconds since the epoch (UTC); `until` is ``None`` if the decision does not expire. `host` is
    the politeness key or origin that the rule applies to, `rule` a dotted name such as ``robots.disallow``, `evidence`
    text that a person can check: the robots.txt line, the header, the error.
    """

    verdict: Verdict
    host: str
    rule: str
    evidence: str
    at: float
    until: float | None = None
    url: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the decision as JSON-ready values."""
        return asdict(self)

    def __str__(self) -> str:
        until = "" if self.until is None else f", until {datetime.fromtimestamp(self.until, UTC):%Y-%m-%d %H:%M:%S} UTC"
        return f"{self.verdict} by {self.rule} on {self.host}: {self.evidence}{until}"
