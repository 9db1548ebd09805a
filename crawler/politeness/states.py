"""Where what is known of hosts is kept between requests: in this process, or in a book that all crawls share."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from crawler.politeness.errors import PolitenessError
from crawler.politeness.pacing import HostPace
from crawler.politeness.robots_policy import RobotsState

Change = Callable[[HostPace], HostPace]


class Paces(Protocol):
    """The pace of each politeness key, and whose turn it is. Times are seconds since the epoch (UTC)."""

    def get(self, key: str) -> HostPace:
        """The pace as this crawl last knew it."""

    def claim(self, key: str, *, now: float, until: float) -> HostPace | None:
        """Take the turn on `key` from all other crawls, until `until` at the latest: the pace as it is now, ``None``
        while another crawl has the turn."""

    def release(self, key: str, change: Change, *, at: float, keep: bool = False) -> None:
        """Give the turn back, the pace changed by `change`. With `keep` this crawl may keep it for a while, for
        its next requests: nothing happened that another crawl must know of before it has waited a delay."""

    def give_back(self, key: str) -> None:
        """Give back the turn on `key` if it was kept; only while no request of this crawl uses or awaits it."""

    def close(self) -> None:
        """Give back every turn that was kept."""

    def change(self, key: str, change: Change) -> None:
        """Change the pace by `change`, whoever has the turn."""


class RobotsStates(Protocol):
    """What is known of each origin's robots.txt."""

    def get(self, origin: str) -> RobotsState:
        """The state as this crawl last knew it."""

    def refresh(self, origin: str) -> RobotsState:
        """The state as the last of all crawls knew it."""

    def put(self, state: RobotsState) -> None:
        """Keep `state` for its origin."""


class MemoryPaces:
    """Paces that last as long as the process, for one crawl."""

    def __init__(self) -> None:
        self._paces: dict[str, HostPace] = {}

    def get(self, key: str) -> HostPace:
        return self._paces.get(key) or HostPace()

    def claim(self, key: str, *, now: float, until: float) -> HostPace | None:
        return self.get(key)

    def release(self, key: str, change: Change, *, at: float, keep: bool = False) -> None:
        self.change(key, change)

    def give_back(self, key: str) -> None:
        pass

    def close(self) -> None:
        pass

    def change(self, key: str, change: Change) -> None:
        self._paces[key] = change(self.get(key))


class MemoryRobots:
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

    def claim(self, key: str, *, now: float, until: float) -> SharedClaim | None: ...

    def release(self, key: str, change: Callable[[str | None], str | None]) -> str | None: ...

    def change(self, key: str, change: Callable[[str | None], str | None]) -> str | None: ...

    def robots(self, origin: str) -> str | None: ...

    def keep_robots(self, origin: str, state: str) -> None: ...


def _values(text: str) -> dict[str, object]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise PolitenessError(f"a stored host state is not JSON ({error}): remove the host's row") from error
    if not isinstance(values, dict):
        raise PolitenessError(f"a stored host state is no JSON object ({text[:40]!r}): remove the host's row")
    return values


def _pace(text: str | None) -> HostPace:
    return HostPace() if text is None else HostPace.from_dict(_values(text))


def _text(pace: HostPace) -> str:
    return json.dumps(pace.as_dict())


@dataclass
class SharedPaces:
    """Paces in a book that all crawls share and that outlives them.

    Writing the book for each request would cost more than the request, so a crawl keeps a turn for up to `tenure`
    seconds where it may. Should it die meanwhile, the next holder is told and waits a whole delay.
    """

    book: Book
    tenure: float = 60.0
    _known: dict[str, HostPace] = field(default_factory=dict)
    _kept_until: dict[str, float] = field(default_factory=dict)

    def get(self, key: str) -> HostPace:
        return self._known.get(key) or HostPace()

    def claim(self, key: str, *, now: float, until: float) -> HostPace | None:
        if key in self._kept_until:
            if now < self._kept_until[key]:
                return self.get(key)
            self._give_back(key, self.get(key))
        claim = self.book.claim(key, now=now, until=until + self.tenure)
        if claim is None:
            return None
        pace = _pace(claim.state)
        self._known[key] = pace.interrupted(now) if claim.interrupted else pace
        self._kept_until[key] = now + self.tenure
        return self._known[key]

    def release(self, key: str, change: Change, *, at: float, keep: bool = False) -> None:
        pace = self._known[key] = change(self.get(key))
        if not keep or at >= self._kept_until.get(key, 0.0):
            self._give_back(key, pace)

    def change(self, key: str, change: Change) -> None:
        if key in self._kept_until:  # nobody else has written the pace since
            pace = self._known[key] = change(self.get(key))
            self.book.change(key, lambda stored: _text(pace))
            return

        def changed(stored: str | None) -> str:
            self._known[key] = change(_pace(stored))
            return _text(self._known[key])

        self.book.change(key, changed)

    def give_back(self, key: str) -> None:
        if key in self._kept_until:
            self._give_back(key, self.get(key))

    def close(self) -> None:
        for key in tuple(self._kept_until):
            self.give_back(key)

    def _give_back(self, key: str, pace: HostPace) -> None:
        self._kept_until.pop(key, None)
        self.book.release(key, lambda stored: _text(pace))


@dataclass
class SharedRobots:
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
        self.book.keep_robots(state.origin, json.dumps(state.as_dict()))
        self._known[state.origin] = state
