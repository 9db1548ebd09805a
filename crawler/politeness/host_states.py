"""Stores of host states: in memory for one crawl, or in a database shared by all crawls."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Protocol

from crawler.politeness.delays import HostThrottle
from crawler.politeness.errors import PolitenessError
from crawler.politeness.robots_policy import RobotsState

ThrottleUpdate = Callable[[HostThrottle], HostThrottle]


class Throttles(Protocol):
    """The throttle of each politeness key, and the lease on it. Times are seconds since the epoch (UTC)."""

    def get(self, key: str) -> HostThrottle:
        """Return the throttle as this crawl last knew it."""

    def lease(self, key: str, *, now: float, until: float) -> HostThrottle | None:
        """Lease `key` until `until` and return its throttle as stored, or ``None`` if another crawl has the lease."""

    def release(self, key: str, update: ThrottleUpdate, *, at: float, keep: bool = False) -> None:
        """Update the throttle and release the lease.

        With `keep` this crawl may keep the lease a while longer, for its next requests, and write the update later.
        Pass it only if other crawls do not need the update before they have waited a delay.
        """

    def release_idle(self, key: str) -> None:
        """Release a lease that was kept. Only call it while no request of this crawl uses or awaits the key."""

    def close(self) -> None:
        """Release all leases that were kept."""

    def change(self, key: str, update: ThrottleUpdate) -> None:
        """Update the throttle, with or without a lease."""


class RobotsStates(Protocol):
    """The robots.txt state of each origin."""

    def get(self, origin: str) -> RobotsState:
        """Return the state as this crawl last knew it."""

    def refresh(self, origin: str) -> RobotsState:
        """Return the state as stored last by any crawl."""

    def put(self, state: RobotsState) -> None:
        """Store the state of its origin."""


class MemoryThrottles:
    """Throttles of one crawl, kept in memory."""

    def __init__(self) -> None:
        self._throttles: dict[str, HostThrottle] = {}

    def get(self, key: str) -> HostThrottle:
        return self._throttles.get(key) or HostThrottle()

    def lease(self, key: str, *, now: float, until: float) -> HostThrottle | None:
        return self.get(key)

    def release(self, key: str, update: ThrottleUpdate, *, at: float, keep: bool = False) -> None:
        self.change(key, update)

    def release_idle(self, key: str) -> None:
        pass

    def close(self) -> None:
        pass

    def change(self, key: str, update: ThrottleUpdate) -> None:
        self._throttles[key] = update(self.get(key))


class MemoryRobotsStates:
    """robots.txt states of one crawl, kept in memory."""

    def __init__(self) -> None:
        self._states: dict[str, RobotsState] = {}

    def get(self, origin: str) -> RobotsState:
        return self._states.get(origin) or RobotsState(origin=origin)

    def refresh(self, origin: str) -> RobotsState:
        return self.get(origin)

    def put(self, state: RobotsState) -> None:
        self._states[state.origin] = state


class StoredLease(Protocol):
    """A lease acquired in the database. `was_interrupted` is true if the previous owner never released it."""

    @property
    def state(self) -> str | None: ...

    @property
    def was_interrupted(self) -> bool: ...


class HostTable(Protocol):
    """The hosts in a database that all crawls share; their states are JSON text."""

    def lease(self, key: str, *, now: float, until: float) -> StoredLease | None: ...

    def release(self, key: str, change: Callable[[str | None], str | None]) -> str | None: ...

    def change(self, key: str, change: Callable[[str | None], str | None]) -> str | None: ...

    def get_state(self, key: str) -> str | None: ...

    def get_robots(self, origin: str) -> str | None: ...

    def save_robots(self, origin: str, state: str) -> None: ...


def _parse_object(text: str) -> dict[str, object]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise PolitenessError(f"the stored state is not JSON ({error}): delete its row in the database") from error
    if not isinstance(values, dict):
        raise PolitenessError(f"the stored state is not a JSON object ({text[:40]!r}): delete its row in the database")
    return values


def _parse_throttle(key: str, text: str | None) -> HostThrottle:
    try:
        return HostThrottle() if text is None else HostThrottle.from_dict(_parse_object(text))
    except PolitenessError as error:
        raise PolitenessError(f"host {key}: {error}") from error


def _parse_robots_state(origin: str, text: str | None) -> RobotsState:
    try:
        return RobotsState(origin=origin) if text is None else RobotsState.from_dict(_parse_object(text))
    except PolitenessError as error:
        raise PolitenessError(f"robots.txt of {origin}: {error}") from error


@dataclass(slots=True)
class _KeptLease:
    """A lease kept over several requests, until `until` at the latest.

    `pending` are the updates that the database does not have yet; `stored` is the state it had before them.
    """

    until: float
    stored: str | None = None
    pending: list[ThrottleUpdate] = field(default_factory=list)


@dataclass
class SharedThrottles:
    """Throttles in a database that all crawls share, which outlive the crawl.

    A write per request would cost more than the request, so a crawl keeps a lease over several requests if it may, for
    up to `keep_time` seconds. If it dies in that time, the next owner of the lease sees that and waits a whole delay.
    Updates are functions applied to the stored state, not new states, so that updates of other crawls are not lost.
    """

    table: HostTable
    keep_time: float = 60.0
    _known: dict[str, HostThrottle] = field(default_factory=dict)
    _kept: dict[str, _KeptLease] = field(default_factory=dict)
    _latest: float = 0.0  # the latest time that a caller gave

    def get(self, key: str) -> HostThrottle:
        return self._known.get(key) or HostThrottle()

    def read_shared(self, key: str, now: float) -> HostThrottle:
        """Return the throttle as stored, with or without a lease."""
        return _parse_throttle(key, self.table.get_state(key)).without_impossible_times(now)

    def lease(self, key: str, *, now: float, until: float) -> HostThrottle | None:
        if (kept := self._kept.get(key)) is not None:
            if now < kept.until:
                return self.get(key)
            self.release_idle(key)
        self._latest = now
        stored = self.table.lease(key, now=now, until=until + self.keep_time)
        if stored is None:
            return None
        kept = self._kept[key] = _KeptLease(now + self.keep_time, stored.state)
        throttle = _parse_throttle(key, stored.state).without_impossible_times(now)
        if stored.was_interrupted:
            kept.pending.append(lambda throttle: throttle.after_lost_lease(now))
            throttle = throttle.after_lost_lease(now)
        self._known[key] = throttle
        return throttle

    def release(self, key: str, update: ThrottleUpdate, *, at: float, keep: bool = False) -> None:
        self._latest = at
        kept = self._kept.setdefault(key, _KeptLease(at))
        kept.pending.append(update)
        self._known[key] = update(self.get(key))
        if not keep or at >= kept.until:
            self.release_idle(key)

    def change(self, key: str, update: ThrottleUpdate) -> None:
        kept = self._kept.get(key)
        written = self._write(key, kept, self.table.change, [update])
        if kept:
            kept.stored, kept.pending = written, []

    def release_idle(self, key: str) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._write(key, kept, self.table.release)

    def close(self) -> None:
        for key in tuple(self._kept):
            self.release_idle(key)

    def _write(
        self,
        key: str,
        kept: _KeptLease | None,
        write: Callable[..., str | None],
        more: Sequence[ThrottleUpdate] = (),
    ) -> str | None:
        """Write the pending updates and `more` with `write`, and return the state as written."""

        def apply(stored: str | None) -> str:
            throttle, updates = _parse_throttle(key, stored), [*(kept.pending if kept else ()), *more]
            if self._latest:
                throttle = throttle.without_impossible_times(self._latest)
            if kept and kept.stored == stored:  # no other crawl wrote: the pending updates are in `_known` already
                throttle, updates = self.get(key), [*more]
            self._known[key] = reduce(lambda throttle, update: update(throttle), updates, throttle)
            return json.dumps(self._known[key].as_dict())

        return write(key, apply)


@dataclass
class SharedRobotsStates:
    """robots.txt states in a database that all crawls share, which outlive the crawl."""

    table: HostTable
    _known: dict[str, RobotsState] = field(default_factory=dict)

    def get(self, origin: str) -> RobotsState:
        return self._known.get(origin) or self.refresh(origin)

    def refresh(self, origin: str) -> RobotsState:
        self._known[origin] = _parse_robots_state(origin, self.table.get_robots(origin))
        return self._known[origin]

    def put(self, state: RobotsState) -> None:
        self.table.save_robots(state.origin, json.dumps(state.as_dict()))
        self._known[state.origin] = state
