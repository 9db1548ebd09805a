"""The delay between requests to one host, and its back-off after errors."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Self

from crawler.politeness.errors import PolitenessError
from crawler.politeness.retry_after import LONGEST, parse_retry_after

#: Statuses of a server that gets too many requests.
OVERLOADED = frozenset({429, 503})

#: A Crawl-delay (seconds) up to this leaves the visit's page budget alone; a longer one shortens the visit.
COMFORTABLE_CRAWL_DELAY = 120.0
#: A longer Crawl-delay counts as a day.
LONGEST_CRAWL_DELAY = 86_400.0
#: Seconds beyond which no pause lasts: Retry-After is cut to a day, and back-off ends at a few hours.
LONGEST_PAUSE = LONGEST


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottlePolicy:
    """The parameters of throttling; times in seconds.

    `delay` is the site's own, from the end of a response to the next request. The delay is at least `load_factor` times
    the fetch time, smoothed by `smoothing`, so that a slow server is requested less often. Up to the share `jitter` of
    the delay is added at random. `margin` is added to every wait, since a server sees its response end a little after
    we do.

    `backoff` is the pause after the first overload response or failed connection without Retry-After; it doubles up to
    `longest_backoff`. After `strikes` of these in a row the visit ends. Each also doubles the delay, up to `slowest`
    times; after every `recovery_after` good responses in a row that factor is multiplied by `recovery`.
    """

    delay: float
    load_factor: float = 5.0
    smoothing: float = 0.3
    jitter: float = 0.1
    margin: float = 0.0
    backoff: float = 60.0
    longest_backoff: float = 6 * 3600.0
    slowest: float = 64.0
    recovery: float = 0.9
    recovery_after: int = 50
    strikes: int = 5

    def __post_init__(self) -> None:
        if not self.delay > 0:
            raise PolitenessError(f"a delay of {self.delay} s is not positive: give a number of seconds above zero")
        if self.jitter < 0:
            raise PolitenessError(f"a jitter of {self.jitter} would shorten delays: give zero or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class HostThrottle:
    """The throttle state of one politeness key. Times are seconds since the epoch (UTC).

    `last_end` is the end of the last response, `fetch_time` the smoothed duration of fetches (seconds), `slowdown` the
    factor on the delay after errors, `good_in_row` the number of good responses in a row, `strikes` the number of
    errors in a row. `paused_until` is the end of the pause that an error or Retry-After caused, `cause` its reason.
    `crawl_delays` has the Crawl-delay of each origin.
    """

    last_end: float | None = None
    fetch_time: float | None = None
    slowdown: float = 1.0
    good_in_row: int = 0
    strikes: int = 0
    paused_until: float = 0.0
    cause: str = ""
    crawl_delays: Mapping[str, float] = field(default_factory=dict)

    def delay(self, policy: ThrottlePolicy) -> float:
        """Return the seconds to wait between the end of a response and the next request, before jitter."""
        crawl_delay = max(self.crawl_delays.values(), default=0.0)
        load = policy.load_factor * (self.fetch_time or 0.0)
        return max(policy.delay, crawl_delay, load) * self.slowdown

    def ready_at(self, policy: ThrottlePolicy, chance: float) -> float:
        """Return when the next request may start. `chance`, in [0, 1), scales the jitter."""
        if self.last_end is None:
            return self.paused_until
        after_last = self.last_end + self.delay(policy) * (1 + policy.jitter * chance)
        return max(after_last, self.paused_until) + policy.margin

    def has_too_many_strikes(self, policy: ThrottlePolicy) -> bool:
        """True if there were enough errors in a row to end the visit."""
        return self.strikes >= policy.strikes

    def with_crawl_delay(self, origin: str, seconds: float | None) -> Self:
        """Return the state with the Crawl-delay of `origin`, ``None`` if its robots.txt has none."""
        delays = {name: delay for name, delay in self.crawl_delays.items() if name != origin}
        if seconds:
            delays[origin] = min(seconds, LONGEST_CRAWL_DELAY)
        return replace(self, crawl_delays=delays)

    def without_impossible_times(self, now: float) -> Self:
        """Return the state without times that only a clock that ran ahead can have written.

        No pause is longer than LONGEST_PAUSE. A response that ended in the future counts as one that ended now.
        """
        changes: dict[str, Any] = {}
        if self.paused_until > now + LONGEST_PAUSE:
            changes |= {"paused_until": 0.0, "strikes": 0, "cause": ""}
        if self.last_end is not None and self.last_end > now:
            changes["last_end"] = now
        return replace(self, **changes) if changes else self

    def released(self) -> Self:
        """Return the state without pause and slowdown."""
        return replace(self, paused_until=0.0, strikes=0, slowdown=1.0, good_in_row=0, cause="")

    def after_lost_lease(self, now: float) -> Self:
        """Return the state after the owner of the lease died: its last response may have ended as late as `now`."""
        return replace(self, last_end=now)

    def after_fetch(
        self,
        policy: ThrottlePolicy,
        *,
        started: float,
        ended: float,
        status: int | None = None,
        retry_after: str | None = None,
    ) -> Self:
        """Return the state after a fetch from `started` to `ended`; `status` is ``None`` without a response.

        Without one the fetch time stays: the server is given its pause by `after_failure`.
        """
        changes: dict[str, Any] = {}
        if status is not None:
            took = max(ended - started, 0.0)
            old = took if self.fetch_time is None else self.fetch_time
            changes = self._changes_after_response(policy, ended, status, retry_after)
            changes["fetch_time"] = old + policy.smoothing * (took - old)
        # The update of an owner that lost the lease may come after those of the next owner.
        changes["last_end"] = ended if self.last_end is None else max(self.last_end, ended)
        return replace(self, **changes)

    def after_failure(self, policy: ThrottlePolicy, *, at: float, cause: str) -> Self:
        """Return the state after a connection error at `at`; `cause` describes it."""
        return replace(self, **self._changes_after_error(policy, at, cause, None))

    def _changes_after_response(
        self, policy: ThrottlePolicy, at: float, status: int, retry_after: str | None
    ) -> dict[str, Any]:
        asked = parse_retry_after(retry_after, at) if retry_after else None
        cause = f"status {status}" + ("" if asked is None else f", Retry-After: {retry_after}")
        if status in OVERLOADED:
            return self._changes_after_error(policy, at, cause, asked)
        changes = self._changes_after_success(policy)
        if asked and status >= 300:  # RFC 9110, section 10.2.3: redirects may have the header too
            changes |= {"paused_until": max(at + asked, self.paused_until), "cause": cause}
        return changes

    def _changes_after_error(
        self, policy: ThrottlePolicy, now: float, cause: str, asked: float | None
    ) -> dict[str, Any]:
        pause = min(policy.backoff * 2**self.strikes, policy.longest_backoff) if asked is None else asked
        return {
            "slowdown": min(self.slowdown * 2, policy.slowest),
            "good_in_row": 0,
            "strikes": self.strikes + 1,
            "paused_until": max(now + pause, self.paused_until),
            "cause": cause,
        }

    def _changes_after_success(self, policy: ThrottlePolicy) -> dict[str, Any]:
        good = self.good_in_row + 1
        if good < policy.recovery_after:
            return {"strikes": 0, "good_in_row": good}
        return {"strikes": 0, "good_in_row": 0, "slowdown": max(self.slowdown * policy.recovery, 1.0)}

    def as_dict(self) -> dict[str, Any]:
        """Return the state as JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Return the state that `as_dict` gave. Raises PolitenessError for other values."""
        try:
            return cls(**values)
        except TypeError as error:
            raise PolitenessError(
                f"the stored throttle is unreadable ({error}): delete its row in the database"
            ) from error


def page_budget(max_pages: int, crawl_delay: float | None) -> int:
    """Return the pages a visit may fetch: a long Crawl-delay is kept to, and shortens the visit."""
    if crawl_delay is None or crawl_delay <= COMFORTABLE_CRAWL_DELAY:
        return max_pages
    return max(int(max_pages * COMFORTABLE_CRAWL_DELAY / crawl_delay), 1)
