"""Whether the rules of an origin are known, for how long, and what holds while they are not (RFC 9309, section 2.3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Self

from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.errors import PolitenessError
from crawler.politeness.robots import PARSE_LIMIT, RobotsRules, parse

DAY = 86_400.0
#: A copy counts for at most a day (section 2.4), and for an hour even where the server would have none kept.
LONGEST_LIFE, SHORTEST_LIFE = DAY, 3_600.0
#: An unreachable robots.txt is asked for again after 5 minutes, then ever later, up to an hour.
FIRST_RETRY, LAST_RETRY = 300.0, 3_600.0
#: After so long a person should look. RFC 9309 would let a crawler go ahead; we do not.
PATIENCE = 30 * DAY

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_NEVER_KEPT = re.compile(r"(?:^|[\s,])no-(?:cache|store)\b", re.IGNORECASE)

_rules = lru_cache(maxsize=1024)(parse)


def life_of(cache_control: str | None) -> float:
    """Seconds a copy may be used, after its Cache-Control header."""
    if cache_control is None:
        return LONGEST_LIFE
    if _NEVER_KEPT.search(cache_control):
        return SHORTEST_LIFE
    age = _MAX_AGE.search(cache_control)
    return min(max(float(age[1]), SHORTEST_LIFE), LONGEST_LIFE) if age else LONGEST_LIFE


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsState:
    """What is known of the robots.txt of one `origin`. Times are seconds since the epoch (UTC).

    `body` is the last good copy, ``None`` before the first; `status` is its
    HTTP status, `etag` and `last_modified` its validators, as the server sent them. While it cannot be read again,
    `failing_since` is the first failure, `failures` their number in a row and `cause` the last one. `due_at` is when it
    is to be fetched next.
    """

    origin: str
    body: bytes | None = None
    status: int | None = None
    fetched_at: float | None = None
    etag: str | None = None
    last_modified: str | None = None
    due_at: float = 0.0
    failing_since: float | None = None
    failures: int = 0
    cause: str = ""

    def is_due(self, now: float) -> bool:
        """Whether robots.txt is to be fetched before anything else."""
        return now >= self.due_at

    @property
    def validators(self) -> tuple[str | None, str | None] | None:
        """ETag and Last-Modified to ask for a newer copy with; ``None`` where there is no copy, or it has neither."""
        return (self.etag, self.last_modified) if self._is_copy and (self.etag or self.last_modified) else None

    def after_response(
        self,
        *,
        status: int,
        body: bytes,
        now: float,
        cache_control: str | None = None,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Self:
        """The state after a response, redirects followed, of `status` with `body`.

        2xx is parsed (section 2.3.1.1), 4xx allows everything (2.3.1.3); 429 and 5xx, and what is neither, leave the
        file unreachable (2.3.1.4): 429 is a 4xx, but a server that asks for peace shall have it.
        """
        if 200 <= status < 300:
            good = body[: PARSE_LIMIT + 1]  # one octet more, so that a cut copy is known for one
        elif 400 <= status < 500 and status != 429:
            good = b""
        else:
            return self.after_failure(cause=f"status {status}", now=now)
        return replace(
            self,
            body=good,
            status=status,
            etag=etag,
            last_modified=last_modified,
        )._read(now, cache_control)

    def after_not_modified(self, *, now: float, cache_control: str | None = None) -> Self:
        """The state after a 304 to a request with `validators`: the copy is as good as new (RFC 9110, 15.4.5)."""
        return self._read(now, cache_control)

    def _read(self, now: float, cache_control: str | None) -> Self:
        return replace(
            self, fetched_at=now, due_at=now + life_of(cache_control), failing_since=None, failures=0, cause=""
        )

    def after_failure(self, *, cause: str, now: float) -> Self:
        """The state after a fetch that brought no usable answer."""
        wait = min(FIRST_RETRY * 2**self.failures, LAST_RETRY)
        since = now if self.failing_since is None else self.failing_since
        return replace(self, due_at=now + wait, failing_since=since, failures=self.failures + 1, cause=cause)

    def needs_person(self, now: float) -> bool:
        """Whether it has been unreachable for so long that a person should look."""
        return self.failing_since is not None and now - self.failing_since >= PATIENCE

    def rules(self, product_token: str, now: float) -> RobotsRules | None:
        """The rules in force at `now`; ``None`` where everything is held.

        While robots.txt is unreachable the last good copy counts, but an earlier 4xx is no copy of anything.
        """
        if self.body is None or self.needs_person(now):
            return None
        if self.failing_since is not None and not self._is_copy:
            return None
        return _rules(self.body, product_token)

    @property
    def _is_copy(self) -> bool:
        return self.body is not None and self.status is not None and self.status < 300

    def decide(self, url: str, product_token: str, now: float) -> Decision:
        """Whether `url`, of this origin, may be fetched at `now`."""
        rules = self.rules(product_token, now)
        if rules is None:
            return self._held(url, now)
        rule = rules.matched(url)
        if rule is None:
            evidence = f"status {self.status}" if not self._is_copy else f"no line of group {rules.group} covers it"
        else:
            evidence = f"line {rule.number}: {rule.text}"
        refused = rule is not None and not rule.allow
        return Decision(
            verdict=Verdict.REFUSED if refused else Verdict.ALLOWED,
            host=self.origin,
            rule="robots.disallow" if refused else "robots.allow",
            evidence=evidence,
            at=now,
            url=url,
        )

    def _held(self, url: str, now: float) -> Decision:
        days = (now - self.failing_since) / DAY if self.failing_since is not None else 0.0
        person = self.needs_person(now)
        cause = self.cause or "not read yet"
        return Decision(
            verdict=Verdict.HELD,
            host=self.origin,
            rule="robots.needs_person" if person else "robots.unreachable",
            evidence=f"{cause}; unreachable for {days:.0f} days, a person should look" if person else cause,
            at=now,
            until=self.due_at,
            url=url,
        )

    def as_dict(self) -> dict[str, Any]:
        """The state as plain JSON-ready values; octets as Latin-1 text."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"body": None if self.body is None else self.body.decode("latin-1")}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The state `as_dict` gave. Raises PolitenessError when `values` are not such."""
        try:
            body = values["body"]
            return cls(**{**values, "body": None if body is None else body.encode("latin-1")})
        except (TypeError, KeyError, AttributeError, UnicodeEncodeError) as error:
            raise PolitenessError(f"a stored robots state is unreadable ({error!r}): remove the host's row") from error
