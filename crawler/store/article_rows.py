"""Read and write single rows of articles, versions and observations, inside the caller's transaction."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row

from crawler.items import Article, Provenance
from crawler.store import statements, word_index
from crawler.store.content import CORE_FIELDS, content_digest
from crawler.store.errors import StoreError
from crawler.store.item_json import article_from_json
from crawler.store.timeline import Observation, find_current_observation

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL text has no NUL, and UTF-8 has no lone surrogates


def parse_capture_time(provenance: Provenance) -> datetime:
    """Return the WARC-Date as a time in UTC. Raises StoreError if it is not a valid date."""
    try:
        moment = datetime.fromisoformat(provenance.captured_at)
    except ValueError as error:
        raise StoreError(f"record {provenance.record_id}: {provenance.captured_at!r} is not a WARC-Date") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def find_article_id(connection: Connection, url: str) -> int | None:
    """Return the id of the article whose URL is `url`, or that was last fetched from it."""
    for statement in (statements.FIND_ARTICLE, statements.FIND_ARTICLE_FETCHED):
        found = connection.scalar(statement, {"at": url})
        if found is not None:
            return int(found)
    return None


def lock_article(connection: Connection, url: str, site: str | None, seen: datetime) -> int:
    """Return the id of the article at `url`, inserted if it is new. Its row is locked until the commit."""
    statement = statements.LOCK_ARTICLE[connection.dialect.name]
    return int(connection.execute(statement, {"at": url, "of_site": site, "seen": seen}).scalar_one())


def find_or_add_version(connection: Connection, article_id: int, article: Article, item: str) -> tuple[int, str]:
    """Return the id and item JSON of the version with this content; if it is new, add it with `item`."""
    digest = content_digest(article)
    row = connection.execute(statements.FIND_VERSION, {"article": article_id, "digest": digest}).first()
    if row is not None:
        return row.id, row.item
    columns = {name: _column_text(getattr(article, name)) for name in CORE_FIELDS}
    new = {"article_id": article_id, "content_digest": digest, "item": item, **columns}
    version_id = int(connection.execute(statements.ADD_VERSION, new).scalar_one())
    word_index.add_version(connection, version_id, article)
    connection.execute(statements.QUEUE_VERSION, {"version_id": version_id})
    return version_id, item


def put_observation(
    connection: Connection,
    article_id: int,
    version_id: int | None,
    *,
    url: str,
    status: int,
    provenance: Provenance,
    item: str | None,
) -> None:
    """Insert the observation of one record, or update it if that record was saved before."""
    values = {
        "article_id": article_id,
        "version_id": version_id,
        "url": url,
        "captured_at": parse_capture_time(provenance),
        "status": status,
        "warc_file": provenance.file,
        "warc_offset": provenance.offset,
        "warc_date": provenance.captured_at,
        "payload_digest": provenance.payload_digest,
        "item": item,
    }
    updated = connection.execute(statements.CHANGE_OBSERVATION, {"record": provenance.record_id, **values})
    if updated.rowcount == 0:
        connection.execute(statements.ADD_OBSERVATION, {"record_id": provenance.record_id, **values})


@dataclass(frozen=True, slots=True)
class Reading:
    """The content stored for a record by an earlier save; `article` is ``None`` if the page was gone."""

    article_id: int
    version_id: int | None
    article: Article | None


def find_earlier_reading(connection: Connection, provenance: Provenance) -> Reading | None:
    """Return the content already stored for a record, or None. Raises StoreError if another record has its id."""
    row = connection.execute(statements.FIND_OBSERVATION, {"record": provenance.record_id}).first()
    if row is None:
        return None
    if row.captured_at != parse_capture_time(provenance):
        other = f"{row.warc_file} at byte {row.warc_offset}"
        raise StoreError(f"its WARC-Record-ID {provenance.record_id} is also that of another capture, {other}")
    article = load_article(connection, row.id) if row.version_id is not None else None
    return Reading(row.article_id, row.version_id, article)


def drop_earlier_reading(connection: Connection, earlier: Reading, article_id: int, version_id: int) -> None:
    """Delete the version and article that only `earlier` used, now that its record has version `version_id`."""
    if earlier.version_id is not None and earlier.version_id != version_id:
        item = connection.scalar(statements.DROP_UNSEEN_VERSION, {"version": earlier.version_id})
        if item is not None:
            word_index.drop_version(connection, earlier.version_id, article_from_json(item))
    if earlier.article_id != article_id:
        refresh_article(connection, earlier.article_id, None)


def load_timeline(connection: Connection, article_id: int) -> list[Observation]:
    """Return all observations of an article in order of capture."""
    return [Observation(*row) for row in connection.execute(statements.TIMELINE, {"article": article_id})]


def refresh_article(connection: Connection, article_id: int, site: str | None) -> list[Observation]:
    """Update an article's row from its timeline and return the timeline; delete the row if the timeline is empty."""
    timeline = load_timeline(connection, article_id)
    if not timeline:
        connection.execute(statements.DROP_ARTICLE, {"article": article_id})
        return timeline
    current = find_current_observation(timeline)
    values = {
        "of_site": site,
        "first": timeline[0].captured_at,
        "last": timeline[-1].captured_at,
        "newest": timeline[-1].id,
        "current": current.id if current else None,
    }
    connection.execute(statements.REFRESH_ARTICLE, {"article": article_id, **values})
    return timeline


def article_from_row(row: Row[*tuple[Any, ...]]) -> Article:
    """Return the item of a row of `statements.ITEM_COLUMNS`, exactly as it was saved."""
    provenance = Provenance(row.record_id, row.warc_file, row.warc_offset, row.payload_digest, row.warc_date)
    return replace(article_from_json(row.item), provenance=provenance)


def load_article(connection: Connection, observation_id: int) -> Article:
    """Return the item saved with one observation."""
    return article_from_row(connection.execute(statements.ITEM_OF_OBSERVATION, {"observation": observation_id}).one())


def _column_text(value: str | None) -> str | None:
    return None if value is None else _UNSTORABLE.sub("\ufffd", value)
