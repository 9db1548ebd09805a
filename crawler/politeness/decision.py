"""A decision of the politeness rules, as the ledger keeps it."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """What a rule made of a request or a host."""

    ALLOWED = "allowed"
    DELAYED = "delayed"  # goes ahead, later than it would have
    HELD = "held"  # not now: to be asked again at `until`
    SHORTENED = "shortened"  # the visit's budget was cut
    REFUSED = "refused"  # not at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision: what was decided on which host, by which rule, on what evidence.

    `at` and `until` are seconds since the epoch (UTC); `until` is ``None`` where the decision has no end. `host` is the
    politeness key or the origin the rule looked at, `rule` a dotted name such as ``robots.disallow``, `evidence` the
    text a person can check: the robots.txt line, the header, the error.
    """

    verdict: Verdict
    host: str
    rule: str
    evidence: str
    at: float
    until: float | None = None
    url: str | None = None

    @property
    def is_go(self) -> bool:
        """Whether the request may be made."""
        return self.verdict in (Verdict.ALLOWED, Verdict.DELAYED)

    def as_dict(self) -> dict[str, Any]:
        """The decision as plain JSON-ready values."""
        return asdict(self)

    def __str__(self) -> str:
        until = "" if self.until is None else f", until {datetime.fromtimestamp(self.until, UTC):%Y-%m-%d %H:%M:%S} UTC"
        return f"{self.verdict} by {self.rule} on {self.host}: {self.evidence}{until}"
