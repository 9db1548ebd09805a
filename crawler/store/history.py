"""The events of an article as people read them: what changed, and the record that shows it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from crawler.store.articles import article_of_observation, timeline
from crawler.store.content import FieldChange, changed_fields
from crawler.store.timeline import EventKind, turns


@dataclass(frozen=True, slots=True)
class Event:
    """One event in an article's life: when it was captured, what it was, the fields that changed, its record."""

    at: datetime
    kind: EventKind
    changes: Mapping[str, FieldChange]
    record_id: str


def events(connection: Connection, article_id: int) -> Iterator[Event]:
    """The events of one article, oldest first."""
    standing = None
    for turn in turns(timeline(connection, article_id)):
        seen = turn.observation
        changes: Mapping[str, FieldChange] = {}
        if turn.kind is not EventKind.REMOVED:
            article = article_of_observation(connection, seen.id)
            changes = changed_fields(standing, article) if standing is not None else {}
            standing = article
        yield Event(seen.captured_at, turn.kind, changes, seen.record_id)
