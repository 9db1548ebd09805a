"""Statements that run for every page, built once: SQLAlchemy takes longer to build one than SQLite to run it."""

from typing import Any

from sqlalchemy import Table, bindparam, delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from crawler.store.content import CORE_FIELDS
from crawler.store.schema import articles, copy_queue, observations, validators, versions


def _insert_or_lock(insert_statement: Any) -> Any:
    # Setting the URL to itself changes nothing, but locks the row (on PostgreSQL) and returns its id in both cases.
    upsert = insert_statement.on_conflict_do_update(index_elements=["url"], set_={"url": insert_statement.excluded.url})
    return upsert.returning(articles.c.id)


def _insert(table: Table, *names: str) -> Any:
    return insert(table).values({name: bindparam(name) for name in names})


#: By dialect: returns the id of the article at a URL, inserted if it is new, and locks its row until the commit.
LOCK_ARTICLE = {
    dialect: _insert_or_lock(
        new(articles).values(
            url=bindparam("at"),
            site=bindparam("of_site"),
            first_seen=bindparam("seen"),
            last_seen=bindparam("seen"),
            status=0,
        )
    )
    for dialect, new in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}

FIND_VERSION = select(versions.c.id, versions.c.item).where(
    versions.c.article_id == bindparam("article"), versions.c.content_digest == bindparam("digest")
)

ADD_VERSION = _insert(versions, "article_id", "content_digest", "item", *CORE_FIELDS).returning(versions.c.id)

#: Notes that a new version is to be compared with the other stories.
QUEUE_VERSION = _insert(copy_queue, "version_id")

#: Deletes a version that has no observation left, and returns its item.
DROP_UNSEEN_VERSION = (
    delete(versions)
    .where(versions.c.id == bindparam("version"), ~exists().where(observations.c.version_id == bindparam("version")))
    .returning(versions.c.item)
)

FIND_OBSERVATION = select(
    observations.c.id,
    observations.c.article_id,
    observations.c.version_id,
    observations.c.captured_at,
    observations.c.warc_file,
    observations.c.warc_offset,
).where(observations.c.record_id == bindparam("record"))

_OBSERVATION_COLUMNS = tuple(column.name for column in observations.c if column.name not in ("id", "record_id"))

ADD_OBSERVATION = _insert(observations, "record_id", *_OBSERVATION_COLUMNS)

CHANGE_OBSERVATION = (
    update(observations)
    .where(observations.c.record_id == bindparam("record"))
    .values({name: bindparam(name) for name in _OBSERVATION_COLUMNS})
)

TIMELINE = (
    select(observations.c.id, observations.c.record_id, observations.c.captured_at, observations.c.version_id)
    .where(observations.c.article_id == bindparam("article"))
    .order_by(observations.c.captured_at, observations.c.id)
)

REFRESH_ARTICLE = (
    update(articles)
    .where(articles.c.id == bindparam("article"))
    .values(
        site=func.coalesce(bindparam("of_site"), articles.c.site),
        first_seen=bindparam("first"),
        last_seen=bindparam("last"),
        status=select(observations.c.status).where(observations.c.id == bindparam("newest")).scalar_subquery(),
        current_observation_id=bindparam("current"),
    )
)

DROP_ARTICLE = delete(articles).where(articles.c.id == bindparam("article"))

FIND_ARTICLE = select(articles.c.id).where(articles.c.url == bindparam("at"))

#: The article that was last fetched from a URL other than its own.
FIND_ARTICLE_FETCHED = (
    select(observations.c.article_id)
    .where(observations.c.url == bindparam("at"))
    .order_by(observations.c.captured_at.desc())
    .limit(1)
)

LAST_SEEN = select(articles.c.url, articles.c.last_seen).where(articles.c.url.in_(bindparam("urls", expanding=True)))

#: The same by the URLs that articles were fetched from, in the order of time.
LAST_SEEN_FETCHED = (
    select(observations.c.url, articles.c.last_seen)
    .join(articles, articles.c.id == observations.c.article_id)
    .where(observations.c.url.in_(bindparam("urls", expanding=True)))
    .order_by(observations.c.captured_at)
)

FIND_VALIDATORS = select(validators.c.etag, validators.c.last_modified, validators.c.record_id).where(
    validators.c.url == bindparam("at")
)

#: The columns of an observation and its version that make up an item.
ITEM_COLUMNS = (
    func.coalesce(observations.c.item, versions.c.item).label("item"),
    observations.c.record_id,
    observations.c.warc_file,
    observations.c.warc_offset,
    observations.c.payload_digest,
    observations.c.warc_date,
)

_ITEM = select(*ITEM_COLUMNS).join(versions, versions.c.id == observations.c.version_id)

ITEM_OF_OBSERVATION = _ITEM.where(observations.c.id == bindparam("observation"))

ITEM_OF_RECORD = _ITEM.where(observations.c.record_id == bindparam("record"))
