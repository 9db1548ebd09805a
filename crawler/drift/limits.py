"""The limits and words of alarms, read from their table."""

from functools import cache
from pathlib import Path

from msgspec import Struct, toml

_FILE = Path(__file__).with_suffix(".toml")


class BatchLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """Sizes of batches, and how long they are kept."""

    small: int
    size: int
    merged_after_days: int
    kept_days: int
    samples: int
    shapes: int
    values: int


class DriftTest(Struct, frozen=True, forbid_unknown_fields=True):
    """One comparison: the least change that matters, and its words by direction."""

    effect: float
    probability: float | None = None
    past: int | None = None
    up: str | None = None
    down: str | None = None
    assumed: float = 0.5
    assumed_count: float = 1.0


class QuietLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """The limits of a list's silence, and the words."""

    probability: float
    history_days: int
    record: float
    kept_days: int
    text: str


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table; the file explains each key."""

    probability: float
    calm_probability: float
    windows: tuple[int, ...]
    past: int
    correlation: float
    correlation_batches: int
    length_spread: float
    batch: BatchLimits
    tests: dict[str, DriftTest]
    fields: dict[str, tuple[str, ...]]
    quiet: QuietLimits


@cache
def load_limits() -> Limits:
    """Return the limits of the bundled table."""
    return toml.decode(_FILE.read_bytes(), type=Limits)
