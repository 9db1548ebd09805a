"""Where what is known of hosts is kept between requests."""

from typing import Protocol, TypeVar

T = TypeVar("T")


class States(Protocol[T]):
    """States by politeness key or origin. What was put is what the next get of the same key gives."""

    def get(self, key: str) -> T | None:
        """The state of `key`, ``None`` where nothing is known yet."""

    def put(self, key: str, state: T) -> None:
        """Keep `state` for `key`."""


class MemoryStates(dict[str, T]):
    """States that last as long as the process."""

    def put(self, key: str, state: T) -> None:
        """Keep `state` for `key`."""
        self[key] = state
