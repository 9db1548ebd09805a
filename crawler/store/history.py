"""The events of an article: each change, and the record that shows it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from crawler.store.article_rows import load_article, load_timeline
from crawler.store.content import FieldChange, changed_fields
from crawler.store.timeline import EventKind, find_transitions


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an article: capture time, kind, changed fields, and the WARC-Record-ID that shows it."""

    at: datetime
    kind: EventKind
    changes: Mapping[str, FieldChange]
    record_id: str


def list_events(connection: Connection, article_id: int) -> Iterator[Event]:
    """Yield the events of one article, oldest first."""
    previous = None
    for transition in find_transitions(load_timeline(connection, article_id)):
        observation = transition.observation
        changes: Mapping[str, FieldChange] = {}
        if transition.kind is not EventKind.REMOVED:
            article = load_article(connection, observation.id)
            changes = changed_fields(previous, article) if previous is not None else {}
            previous = article
        yield Event(observation.captured_at, transition.kind, changes, observation.record_id)
