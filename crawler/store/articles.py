"""Reading and writing single rows of articles, versions and observations, inside a transaction of the caller."""

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
from crawler.store.timeline import Observation, in_force

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL's text has no NUL, UTF-8 no half surrogates


def captured_at(provenance: Provenance) -> datetime:
    """The WARC-Date as a time. Raises StoreError when it is none."""
    try:
        moment = datetime.fromisoformat(provenance.captured_at)
    except ValueError as error:
        raise StoreError(f"record {provenance.record_id}: {provenance.captured_at!r} is no WARC-Date") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def find_article_id(connection: Connection, url: str) -> int | None:
    """The article kept under `url`, or last fetched from it."""
    for statement in (statements.FIND_ARTICLE, statements.FIND_ARTICLE_FETCHED):
        found = connection.scalar(statement, {"at": url})
        if found is not None:
            return int(found)
    return None


def lock_article(connection: Connection, url: str, site: str | None, seen: datetime) -> int:
    """The id of the article at `url`, made if it is new, its row held against other writers until the commit."""
    statement = statements.LOCK_ARTICLE[connection.dialect.name]
    return int(connection.execute(statement, {"at": url, "of_site": site, "seen": seen}).scalar_one())


def version_row(connection: Connection, article_id: int, article: Article, item: str) -> tuple[int, str]:
    """The id and the item of the version that says what `article` says, made of `item` if the wording is new."""
    digest = content_digest(article)
    row = connection.execute(statements.FIND_VERSION, {"article": article_id, "digest": digest}).first()
    if row is not None:
        return row.id, row.item
    columns = {name: _column_text(getattr(article, name)) for name in CORE_FIELDS}
    new = {"article_id": article_id, "content_digest": digest, "item": item, **columns}
    version_id = int(connection.execute(statements.ADD_VERSION, new).scalar_one())
    word_index.add_version(connection, version_id, article)
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
    """Write the observation of one record; one that is there already is read anew."""
    values = {
        "article_id": article_id,
        "version_id": version_id,
        "url": url,
        "captured_at": captured_at(provenance),
        "status": status,
        "warc_file": provenance.file,
        "warc_offset": provenance.offset,
        "warc_date": provenance.captured_at,
        "payload_digest": provenance.payload_digest,
        "item": item,
    }
    known = connection.execute(statements.CHANGE_OBSERVATION, {"record": provenance.record_id, **values})
    if known.rowcount == 0:
        connection.execute(statements.ADD_OBSERVATION, {"record_id": provenance.record_id, **values})


@dataclass(frozen=True, slots=True)
class Reading:
    """What a record was taken to say when it was saved; `article` is ``None`` where it said the page was gone."""

    article_id: int
    version_id: int | None
    article: Article | None


def earlier_reading(connection: Connection, record_id: str) -> Reading | None:
    """What is stored of a record already."""
    row = connection.execute(statements.FIND_OBSERVATION, {"record": record_id}).first()
    if row is None:
        return None
    article = article_of_observation(connection, row.id) if row.version_id is not None else None
    return Reading(row.article_id, row.version_id, article)


def forget_reading(connection: Connection, earlier: Reading, article_id: int, version_id: int) -> None:
    """Clear away what only an earlier reading of a record had put there, now that it is read as another version."""
    if earlier.version_id is not None and earlier.version_id != version_id:
        item = connection.scalar(statements.DROP_UNSEEN_VERSION, {"version": earlier.version_id})
        if item is not None:
            word_index.drop_version(connection, earlier.version_id, article_from_json(item))
    if earlier.article_id != article_id:
        refresh_article(connection, earlier.article_id, None)


def timeline(connection: Connection, article_id: int) -> list[Observation]:
    """All observations of an article in the order of their capture."""
    return [Observation(*row) for row in connection.execute(statements.TIMELINE, {"article": article_id})]


def refresh_article(connection: Connection, article_id: int, site: str | None) -> list[Observation]:
    """Bring an article's row in line with its timeline, which is given back; delete it when nothing is left of it."""
    seen = timeline(connection, article_id)
    if not seen:
        connection.execute(statements.DROP_ARTICLE, {"article": article_id})
        return seen
    began = in_force(seen)
    values = {
        "of_site": site,
        "first": seen[0].captured_at,
        "last": seen[-1].captured_at,
        "newest": seen[-1].id,
        "began": began.id if began else None,
    }
    connection.execute(statements.REFRESH_ARTICLE, {"article": article_id, **values})
    return seen


def stored_article(row: Row[*tuple[Any, ...]]) -> Article:
    """The item of a row of `statements.ITEM_COLUMNS`, exactly as it was saved."""
    provenance = Provenance(row.record_id, row.warc_file, row.warc_offset, row.payload_digest, row.warc_date)
    return replace(article_from_json(row.item), provenance=provenance)


def article_of_observation(connection: Connection, observation_id: int) -> Article:
    """The item read from one observation."""
    return stored_article(connection.execute(statements.ITEM_OF_OBSERVATION, {"observation": observation_id}).one())


def _column_text(value: str | None) -> str | None:
    return None if value is None else _UNSTORABLE.sub("\ufffd", value)
