"""An article's life read off its observations: which version was in force when, what was edited, removed, restored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Observation:
    """One record in which an article was seen; `version_id` is ``None`` where it was seen to be gone."""

    id: int
    record_id: str
    captured_at: datetime
    version_id: int | None


class EventKind(StrEnum):
    """What can happen to a published article."""

    FIRST = "first"
    EDITED = "edited"
    REMOVED = "removed"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Turn:
    """A point where the timeline turns: the observation that showed it and the version in force before."""

    kind: EventKind
    observation: Observation
    before: int | None


def turns(timeline: Iterable[Observation]) -> Iterable[Turn]:
    """The events of a timeline given in order of capture. Seen again unchanged is no event."""
    version: int | None = None
    gone = False
    for seen in timeline:
        if seen.version_id is None:
            if version is not None and not gone:
                yield Turn(EventKind.REMOVED, seen, version)
            gone = True
            continue
        if version is None:
            yield Turn(EventKind.FIRST, seen, None)
        elif gone:
            yield Turn(EventKind.RESTORED, seen, version)
        elif seen.version_id != version:
            yield Turn(EventKind.EDITED, seen, version)
        version, gone = seen.version_id, False


def in_force(timeline: Iterable[Observation]) -> Observation | None:
    """The observation that began the version the timeline ends with, be it still published or gone."""
    began = None
    for seen in timeline:
        if seen.version_id is not None and (began is None or began.version_id != seen.version_id):
            began = seen
    return began


def neighbour(timeline: Sequence[Observation], record_id: str) -> Observation | None:
    """The nearest sight of the article before the one of `record_id`, or else after it; ``None`` if it is alone."""
    position = next(index for index, seen in enumerate(timeline) if seen.record_id == record_id)
    before, after = timeline[:position], timeline[position + 1 :]
    return next((seen for seen in (*reversed(before), *after) if seen.version_id is not None), None)
