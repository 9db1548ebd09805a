"""A report per host from the ledger, the fetch log and the host states, in figures that a portal's owner can check."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from crawler.politeness.decision import Decision
from crawler.politeness.delays import HostThrottle
from crawler.politeness.errors import PolitenessError
from crawler.politeness.fetch_log import Fetch
from crawler.politeness.keys import politeness_key
from crawler.politeness.robots_policy import RobotsState


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsReport:
    """The robots.txt of one origin at the time of the report.

    `age` is seconds since it was read, ``None`` if it never was. While it is unreachable, `failing_for` says for how
    many seconds and `cause` why.
    """

    origin: str
    status: int | None
    age: float | None
    failing_for: float | None
    cause: str
    crawl_delay: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReport:
    """The report on one politeness key, over all crawls.

    Gaps are seconds from the end of a response to the next request. `bytes` is the size of all responses on the wire.
    `holds` counts decisions by verdict and rule, `causes` has the last evidence of each. `paused_until` (seconds since
    the epoch) is set while the host is paused. `opt_outs` counts URLs by signal.
    """

    host: str
    requests: int
    failures: int
    bytes: int
    first: float | None
    last: float | None
    smallest_gap: float | None
    median_gap: float | None
    largest_parallel: int
    paused_until: float | None
    robots: tuple[RobotsReport, ...] = ()
    holds: Mapping[str, int] = field(default_factory=dict)
    causes: Mapping[str, str] = field(default_factory=dict)
    opt_outs: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready values."""
        return asdict(self)


def find_gaps(fetches: Sequence[Fetch]) -> list[float]:
    """Return the seconds from the end of each response to the next request, negative if they overlap.

    `fetches` must be sorted by start.
    """
    gaps, ended = [], None
    for fetch in fetches:
        if ended is not None:
            gaps.append(fetch.started - ended)
        ended = fetch.ended if ended is None else max(ended, fetch.ended)
    return gaps


def count_largest_parallel(fetches: Sequence[Fetch]) -> int:
    """Return the largest number of fetches that were in progress at once."""
    # At the same instant, an end counts before a start.
    moments = sorted((when, step) for one in fetches for when, step in ((one.started, 1), (one.ended, -1)))
    in_progress = largest = 0
    for _, step in moments:
        in_progress += step
        largest = max(largest, in_progress)
    return largest


def build_host_report(
    host: str,
    fetches: Iterable[Fetch],
    decisions: Iterable[Decision],
    *,
    throttle: HostThrottle,
    robots: Iterable[RobotsState],
    opt_outs: Iterable[str],
    product_token: str,
    now: float,
) -> HostReport:
    """Return the report on `host` at `now`. All arguments must belong to it; `opt_outs` are JSON as stored."""
    ordered = sorted(fetches, key=lambda one: one.started)
    decided = sorted(decisions, key=lambda one: one.at)
    gaps = find_gaps(ordered)
    return HostReport(
        host=host,
        requests=len(ordered),
        failures=sum(one.status is None for one in ordered),
        bytes=sum(one.size for one in ordered),
        first=ordered[0].started if ordered else None,
        last=max((one.ended for one in ordered), default=None),
        smallest_gap=round(min(gaps), 3) if gaps else None,
        median_gap=round(median(gaps), 3) if gaps else None,
        largest_parallel=count_largest_parallel(ordered),
        paused_until=throttle.paused_until if throttle.paused_until > now else None,
        robots=tuple(_robots_report(state, product_token, now) for state in robots),
        holds=dict(sorted(Counter(f"{one.verdict} {one.rule}" for one in decided).items())),
        causes={f"{one.verdict} {one.rule}": one.evidence for one in decided},
        opt_outs=_count_signals(opt_outs),
    )


def find_key(decision: Decision, servers: Mapping[str, str]) -> str | None:
    """Return the politeness key of a decision, ``None`` if its URL names no host."""
    try:
        return politeness_key(decision.url or decision.host, servers)
    except PolitenessError:
        return None


def _robots_report(state: RobotsState, product_token: str, now: float) -> RobotsReport:
    rules = state.rules(product_token, now)
    return RobotsReport(
        origin=state.origin,
        status=state.status,
        age=None if state.fetched_at is None else round(now - state.fetched_at, 1),
        failing_for=None if state.failing_since is None else round(now - state.failing_since, 1),
        cause=state.cause,
        crawl_delay=rules.crawl_delay if rules else None,
    )


def _count_signals(stated: Iterable[str]) -> dict[str, int]:
    counted: Counter[str] = Counter()
    for text in stated:
        counted.update({str(one["signal"]) for one in json.loads(text)})
    return dict(sorted(counted.items()))
