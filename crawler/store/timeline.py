"""An article's timeline, derived from its observations: the current version, edits, removals and returns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Observation:
    """One record in which an article was seen; `version_id` is ``None`` if the page was gone."""

    id: int
    record_id: str
    captured_at: datetime
    version_id: int | None


class EventKind(StrEnum):
    """The kinds of events in the life of a published article."""

    FIRST = "first"
    EDITED = "edited"
    REMOVED = "removed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Transition:
    """A change in a timeline: its kind and the observation that showed it."""

    kind: EventKind
    observation: Observation


def find_transitions(timeline: Iterable[Observation]) -> Iterable[Transition]:
    """Yield the changes in a timeline sorted by capture time. An unchanged observation is not a change."""
    version: int | None = None
    gone = False
    for seen in timeline:
        if seen.version_id is None:
            if version is not None and not gone:
                yield Transition(EventKind.REMOVED, seen)
            gone = True
            continue
        if version is None:
            yield Transition(EventKind.FIRST, seen)
        elif gone:
            yield Transition(EventKind.RESTORED, seen)
        elif seen.version_id != version:
            yield Transition(EventKind.EDITED, seen)
        version, gone = seen.version_id, False


def find_current_observation(timeline: Iterable[Observation]) -> Observation | None:
    """Return the observation that began the last version in the timeline, even if the article is gone by now."""
    current = None
    for seen in timeline:
        if seen.version_id is not None and (current is None or current.version_id != seen.version_id):
            current = seen
    return current


def find_neighbour(timeline: Sequence[Observation], record_id: str) -> Observation | None:
    """Return the observation with a version that is nearest before that of `record_id`, or else nearest after it.

    Returns None if no other observation has a version.
    """
    position = next(index for index, seen in enumerate(timeline) if seen.record_id == record_id)
    before, after = timeline[:position], timeline[position + 1 :]
    return next((seen for seen in (*reversed(before), *after) if seen.version_id is not None), None)
