"""The state of an origin's robots.txt: rules, lifetime, and what applies while it is unreachable (RFC 9309, 2.3)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Self

from crawler.politeness.decision import Decision, Verdict
from crawler.politeness.errors import PolitenessError
from crawler.politeness.robots import PARSE_LIMIT, RobotsRules, parse

DAY = 86_400.0
#: A copy is used for at most a day (section 2.4), and for an hour even if the server forbids caching.
MAX_LIFETIME, MIN_LIFETIME = DAY, 3_600.0
#: An unreachable robots.txt is requested again after 5 minutes, then at doubling intervals up to an hour.
FIRST_RETRY, LAST_RETRY = 300.0, 3_600.0
#: Seconds after which a person should look at an unreachable robots.txt. RFC 9309 lets a crawler go ahead; we do not.
PATIENCE = 30 * DAY

_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_NO_CACHE = re.compile(r"(?:^|[\s,])no-(?:cache|store)\b", re.IGNORECASE)

_rules = lru_cache(maxsize=1024)(parse)


def parse_lifetime(cache_control: str | None) -> float:
    """Return the seconds a copy may be used, by its Cache-Control header."""
    if cache_control is None:
        return MAX_LIFETIME
    if _NO_CACHE.search(cache_control):
        return MIN_LIFETIME
    age = _MAX_AGE.search(cache_control)
    return min(max(float(age[1]), MIN_LIFETIME), MAX_LIFETIME) if age else MAX_LIFETIME


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsState:
    """The robots.txt of one `origin` as last fetched. Times are seconds since the epoch (UTC).

    `body` is the last good copy, ``None`` before the first; `status` is its HTTP status, `etag` and `last_modified` are
    its validators as the server sent them. While fetches fail, `failing_since` is the time of the first failure,
    `failures` their number in a row and `cause` the last one. `due_at` is the time of the next fetch.
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
        """True if robots.txt must be fetched before anything else.

        A fetch that is due later than possible was planned by a clock that ran ahead.
        """
        longest = MAX_LIFETIME if self.failing_since is None else LAST_RETRY
        return not now < self.due_at <= now + longest

    @property
    def validators(self) -> tuple[str | None, str | None] | None:
        """Return ETag and Last-Modified of the copy; ``None`` without a copy or if it has neither."""
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
        """Return the state after a response, redirects followed.

        2xx is parsed (section 2.3.1.1), 4xx allows everything (2.3.1.3), any other status means that the file is
        unreachable (2.3.1.4). So does 429: it is a 4xx, but of a server that gets too many requests.
        """
        if 200 <= status < 300:
            good = body[: PARSE_LIMIT + 1]  # one byte more shows that the copy was cut
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
        )._after_renewal(now, cache_control)

    def after_not_modified(self, *, now: float, cache_control: str | None = None) -> Self:
        """Return the state after a 304 to a request with `validators`: the copy is current (RFC 9110, 15.4.5)."""
        return self._after_renewal(now, cache_control)

    def _after_renewal(self, now: float, cache_control: str | None) -> Self:
        return replace(
            self, fetched_at=now, due_at=now + parse_lifetime(cache_control), failing_since=None, failures=0, cause=""
        )

    def after_failure(self, *, cause: str, now: float) -> Self:
        """Return the state after a fetch without a usable response."""
        wait = min(FIRST_RETRY * 2**self.failures, LAST_RETRY)
        since = now if self.failing_since is None else min(self.failing_since, now)
        return replace(self, due_at=now + wait, failing_since=since, failures=self.failures + 1, cause=cause)

    def released(self) -> Self:
        """Return the state whose file is fetched at once, whatever was planned."""
        return replace(self, due_at=0.0)

    def needs_person(self, now: float) -> bool:
        """True if it has been unreachable for so long that a person should look."""
        return self.failing_since is not None and now - self.failing_since >= PATIENCE

    def rules(self, product_token: str, now: float) -> RobotsRules | None:
        """Return the rules in force at `now`; ``None`` if everything is held.

        While robots.txt is unreachable the last good copy applies; an earlier 4xx does not count as a copy.
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
        """Return the decision whether `url`, of this origin, may be fetched at `now`."""
        rules = self.rules(product_token, now)
        if rules is None:
            return self._hold(url, now)
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

    def _hold(self, url: str, now: float) -> Decision:
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
        """Return the state as JSON-ready values, bytes as Latin-1 text."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return values | {"body": None if self.body is None else self.body.decode("latin-1")}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the state that `as_dict` gave. Raises PolitenessError for other values."""
        try:
            body = values["body"]
            return cls(**{**values, "body": None if body is None else body.encode("latin-1")})
        except (TypeError, KeyError, AttributeError, UnicodeEncodeError) as error:
            raise PolitenessError(
                f"the stored state is unreadable ({error!r}): delete its row in the database"
            ) from error
