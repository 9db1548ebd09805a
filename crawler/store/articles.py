"""Reading and writing single rows of articles, versions and observations, inside a transaction of the caller."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from crawler.items import Article, Provenance
from crawler.store.content import CORE_FIELDS, content_digest
from crawler.store.errors import StoreError
from crawler.store.item_json import article_from_json, article_to_json
from crawler.store.schema import articles, observations, versions
from crawler.store.timeline import Observation, in_force

# Each dialect has its own insert with ON CONFLICT, spelt alike.
_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # PostgreSQL's text has no NUL, UTF-8 no half surrogates


def captured_at(provenance: Provenance) -> datetime:
    """The WARC-Date as a time. Raises StoreError when it is none."""
    try:
        moment = datetime.fromisoformat(provenance.captured_at)
    except ValueError as error:
        raise StoreError(f"record {provenance.record_id}: {provenance.captured_at!r} is no WARC-Date") from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def find_article_id(connection: Connection, url: str) -> int | None:
    """The article kept under `url`, or ever fetched from it."""
    own = connection.scalar(select(articles.c.id).where(articles.c.url == url))
    if own is not None:
        return int(own)
    fetched = select(observations.c.article_id).where(observations.c.url == url)
    found = connection.scalar(fetched.order_by(observations.c.captured_at.desc()).limit(1))
    return None if found is None else int(found)


def is_known(connection: Connection, url: str) -> bool:
    """Whether `url` is an article's, or was one's when it was fetched."""
    own = exists().where(articles.c.url == url)
    return bool(connection.scalar(select(or_(own, exists().where(observations.c.url == url)))))


def lock_article(connection: Connection, url: str, site: str | None, seen: datetime) -> int:
    """The id of the article at `url`, made if it is new, its row held against other writers until the commit."""
    dialect_insert = _INSERT[connection.dialect.name]
    values = {"url": url, "site": site, "first_seen": seen, "last_seen": seen, "status": 0}
    connection.execute(dialect_insert(articles).values(values).on_conflict_do_nothing(index_elements=["url"]))
    return int(connection.execute(select(articles.c.id).where(articles.c.url == url).with_for_update()).scalar_one())


def version_row(connection: Connection, article_id: int, article: Article) -> tuple[int, str]:
    """The id and the stored item of the version that says what `article` says, made if it is a new wording."""
    digest = content_digest(article)
    same = (versions.c.article_id == article_id) & (versions.c.content_digest == digest)
    row = connection.execute(select(versions.c.id, versions.c.item).where(same)).first()
    if row is not None:
        return row.id, row.item
    item = article_to_json(replace(article, provenance=None))
    columns = {name: _column_text(getattr(article, name)) for name in CORE_FIELDS}
    new = insert(versions).values(article_id=article_id, content_digest=digest, item=item, **columns)
    return int(connection.execute(new.returning(versions.c.id)).scalar_one()), item


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
    known = connection.execute(
        update(observations).where(observations.c.record_id == provenance.record_id).values(values)
    )
    if known.rowcount == 0:
        connection.execute(insert(observations).values(record_id=provenance.record_id, **values))


@dataclass(frozen=True, slots=True)
class Reading:
    """What a record was taken to say when it was saved; `article` is ``None`` where it said the page was gone."""

    article_id: int
    version_id: int | None
    article: Article | None


def earlier_reading(connection: Connection, record_id: str) -> Reading | None:
    """What is stored of a record already."""
    query = select(observations.c.id, observations.c.article_id, observations.c.version_id)
    row = connection.execute(query.where(observations.c.record_id == record_id)).first()
    if row is None:
        return None
    article = article_of_observation(connection, row.id) if row.version_id is not None else None
    return Reading(row.article_id, row.version_id, article)


def forget_reading(connection: Connection, earlier: Reading, article_id: int, version_id: int) -> None:
    """Clear away what only an earlier reading of a record had put there, now that it is read as another version."""
    if earlier.version_id is not None and earlier.version_id != version_id:
        shown = exists().where(observations.c.version_id == earlier.version_id)
        connection.execute(delete(versions).where(versions.c.id == earlier.version_id, ~shown))
    if earlier.article_id != article_id:
        refresh_article(connection, earlier.article_id, None)


def timeline(connection: Connection, article_id: int) -> list[Observation]:
    """All observations of an article in the order of their capture."""
    columns = (observations.c.id, observations.c.record_id, observations.c.captured_at, observations.c.version_id)
    query = select(*columns).where(observations.c.article_id == article_id)
    ordered = query.order_by(observations.c.captured_at, observations.c.id)
    return [Observation(*row) for row in connection.execute(ordered)]


def refresh_article(connection: Connection, article_id: int, site: str | None) -> None:
    """Bring an article's row in line with its timeline; delete it when nothing is left of it."""
    seen = timeline(connection, article_id)
    if not seen:
        connection.execute(delete(articles).where(articles.c.id == article_id))
        return
    status = select(observations.c.status).where(observations.c.id == seen[-1].id).scalar_subquery()
    began = in_force(seen)
    connection.execute(
        update(articles)
        .where(articles.c.id == article_id)
        .values(
            site=func.coalesce(site, articles.c.site),
            first_seen=seen[0].captured_at,
            last_seen=seen[-1].captured_at,
            status=status,
            current_observation_id=began.id if began else None,
        )
    )


#: What `stored_article` needs, of observations joined with their versions.
ITEM_COLUMNS = (
    func.coalesce(observations.c.item, versions.c.item).label("item"),
    observations.c.record_id,
    observations.c.warc_file,
    observations.c.warc_offset,
    observations.c.payload_digest,
    observations.c.warc_date,
)


def stored_article(row: Row[*tuple[Any, ...]]) -> Article:
    """The item of a row of `ITEM_COLUMNS`, exactly as it was saved."""
    provenance = Provenance(row.record_id, row.warc_file, row.warc_offset, row.payload_digest, row.warc_date)
    return replace(article_from_json(row.item), provenance=provenance)


def article_of_observation(connection: Connection, observation_id: int) -> Article:
    """The item read from one observation."""
    query = select(*ITEM_COLUMNS).join(versions, versions.c.id == observations.c.version_id)
    return stored_article(connection.execute(query.where(observations.c.id == observation_id)).one())


def _column_text(value: str | None) -> str | None:
    return None if value is None else _UNSTORABLE.sub("\ufffd", value)
