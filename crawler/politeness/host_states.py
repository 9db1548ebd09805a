"""Where what is known of hosts is kept between requests: in this process, or in a book that all crawls share."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Protocol

from crawler.politeness.delays import HostThrottle
from crawler.politeness.errors import PolitenessError
from crawler.politeness.robots_policy import RobotsState

Change = Callable[[HostThrottle], HostThrottle]


class Throttles(Protocol):
    """The throttle of each politeness key, and whose turn it is. Times are seconds since the epoch (UTC)."""

    def get(self, key: str) -> HostThrottle:
        """The throttle as this crawl last knew it."""

    def claim(self, key: str, *, now: float, until: float) -> HostThrottle | None:
        """Lease `key` until `until` and return its throttle as stored, or ``None`` if another crawl holds the lease."""

    def release(self, key: str, change: Change, *, at: float, keep: bool = False) -> None:
        """Give the turn back, the throttle changed by `change`. With `keep` this crawl may keep it for a while, for
        its next requests: nothing happened that another crawl must know of before it has waited a delay."""

    def release_idle(self, key: str) -> None:
        """Give back the turn on `key` if it was kept; only while no request of this crawl uses or awaits it."""

    def close(self) -> None:
        """Give back every turn that was kept."""

    def change(self, key: str, change: Change) -> None:
        """Change the throttle by `change`, whoever has the turn."""


class RobotsStates(Protocol):
    """What is known of each origin's robots.txt."""

    def get(self, origin: str) -> RobotsState:
        """The state as this crawl last knew it."""

    def refresh(self, origin: str) -> RobotsState:
        """The state as the last of all crawls knew it."""

    def put(self, state: RobotsState) -> None:
        """Keep `state` for its origin."""


class MemoryThrottles:
    """Throttles that last as long as the process, for one crawl."""

    def __init__(self) -> None:
        self._paces: dict[str, HostThrottle] = {}

    def get(self, key: str) -> HostThrottle:
        return self._paces.get(key) or HostThrottle()

    def claim(self, key: str, *, now: float, until: float) -> HostThrottle | None:
        return self.get(key)

    def release(self, key: str, change: Change, *, at: float, keep: bool = False) -> None:
        self.change(key, change)

    def release_idle(self, key: str) -> None:
        pass

    def close(self) -> None:
        pass

    def change(self, key: str, change: Change) -> None:
        self._paces[key] = change(self.get(key))


class MemoryRobotsStates:
    """States of robots.txt that last as long as the process, for one crawl."""

    def __init__(self) -> None:
        self._states: dict[str, RobotsState] = {}

    def get(self, origin: str) -> RobotsState:
        return self._states.get(origin) or RobotsState(origin=origin)

    def refresh(self, origin: str) -> RobotsState:
        return self.get(origin)

    def put(self, state: RobotsState) -> None:
        self._states[state.origin] = state


class SharedClaim(Protocol):
    """A turn taken in a shared book; `interrupted` when the holder before never gave it back."""

    @property
    def state(self) -> str | None: ...

    @property
    def interrupted(self) -> bool: ...


class Book(Protocol):
    """A book of hosts that all crawls share, its states plain text."""

    def lease(self, key: str, *, now: float, until: float) -> SharedClaim | None: ...

    def release(self, key: str, change: Callable[[str | None], str | None]) -> str | None: ...

    def change(self, key: str, change: Callable[[str | None], str | None]) -> str | None: ...

    def state(self, key: str) -> str | None: ...

    def robots(self, origin: str) -> str | None: ...

    def save_robots(self, origin: str, state: str) -> None: ...


def _values(text: str) -> dict[str, object]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise PolitenessError(f"a stored host state is not JSON ({error}): remove the host's row") from error
    if not isinstance(values, dict):
        raise PolitenessError(f"a stored host state is no JSON object ({text[:40]!r}): remove the host's row")
    return values


def _throttle_of(text: str | None) -> HostThrottle:
    return HostThrottle() if text is None else HostThrottle.from_dict(_values(text))


def _text(throttle: HostThrottle) -> str:
    return json.dumps(throttle.as_dict())


@dataclass(slots=True)
class _Tenure:
    """A turn kept over several requests, until `until` at the latest. `changes` are those the book has not seen, which
    had `seen` when they began."""

    until: float
    seen: str | None = None
    changes: list[Change] = field(default_factory=list)


@dataclass
class SharedThrottles:
    """Throttles in a book that all crawls share and that outlives them.

    Writing the book for each request would cost more than the request, so a crawl keeps a turn for up to `tenure`
    seconds where it may. Should it die meanwhile, the next holder is told and waits a whole delay. Changes are made to
    what the book has by then, not put in its place: what others wrote meanwhile stays.
    """

    book: Book
    tenure: float = 60.0
    _known: dict[str, HostThrottle] = field(default_factory=dict)
    _kept: dict[str, _Tenure] = field(default_factory=dict)

    def get(self, key: str) -> HostThrottle:
        return self._known.get(key) or HostThrottle()

    def read_shared(self, key: str) -> HostThrottle:
        """The throttle as the book has it, whoever has the turn."""
        return _throttle_of(self.book.state(key))

    def claim(self, key: str, *, now: float, until: float) -> HostThrottle | None:
        if (kept := self._kept.get(key)) is not None:
            if now < kept.until:
                return self.get(key)
            self.release_idle(key)
        claim = self.book.lease(key, now=now, until=until + self.tenure)
        if claim is None:
            return None
        kept = self._kept[key] = _Tenure(now + self.tenure, claim.state)
        throttle = _throttle_of(claim.state)
        if claim.interrupted:
            kept.changes.append(lambda throttle: throttle.after_lost_lease(now))
            throttle = throttle.after_lost_lease(now)
        self._known[key] = throttle
        return throttle

    def release(self, key: str, change: Change, *, at: float, keep: bool = False) -> None:
        kept = self._kept.setdefault(key, _Tenure(at))
        kept.changes.append(change)
        self._known[key] = change(self.get(key))
        if not keep or at >= kept.until:
            self.release_idle(key)

    def change(self, key: str, change: Change) -> None:
        kept = self._kept.get(key)
        written = self._write(key, kept, self.book.change, [change])
        if kept:
            kept.seen, kept.changes = written, []

    def release_idle(self, key: str) -> None:
        if (kept := self._kept.pop(key, None)) is not None:
            self._write(key, kept, self.book.release)

    def close(self) -> None:
        for key in tuple(self._kept):
            self.release_idle(key)

    def _write(
        self, key: str, kept: _Tenure | None, write: Callable[..., str | None], more: Sequence[Change] = ()
    ) -> str | None:
        def changed(stored: str | None) -> str:
            throttle, changes = _throttle_of(stored), [*(kept.changes if kept else ()), *more]
            if kept and kept.seen == stored:  # nobody else wrote, so what we made of it since is still right
                throttle, changes = self.get(key), [*more]
            self._known[key] = reduce(lambda throttle, change: change(throttle), changes, throttle)
            return _text(self._known[key])

        return write(key, changed)


@dataclass
class SharedRobotsStates:
    """States of robots.txt in a book that all crawls share and that outlives them."""

    book: Book
    _known: dict[str, RobotsState] = field(default_factory=dict)

    def get(self, origin: str) -> RobotsState:
        return self._known.get(origin) or self.refresh(origin)

    def refresh(self, origin: str) -> RobotsState:
        text = self.book.robots(origin)
        self._known[origin] = RobotsState(origin=origin) if text is None else RobotsState.from_dict(_values(text))
        return self._known[origin]

    def put(self, state: RobotsState) -> None:
        self.book.save_robots(state.origin, json.dumps(state.as_dict()))
        self._known[state.origin] = state
