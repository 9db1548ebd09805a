"""The statements every page needs, built once: SQLAlchemy takes longer to build one than SQLite to run it."""

from typing import Any

from sqlalchemy import Table, bindparam, delete, exists, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from crawler.store.content import CORE_FIELDS
from crawler.store.schema import articles, observations, validators, versions


def _make_or_lock(new: Any) -> Any:
    # Setting the URL to what it is changes nothing, but holds the row (on PostgreSQL) and gives its id either way.
    own = new.on_conflict_do_update(index_elements=["url"], set_={"url": new.excluded.url})
    return own.returning(articles.c.id)


def _insert(table: Table, *names: str) -> Any:
    return insert(table).values({name: bindparam(name) for name in names})


#: By dialect: the id of the article at `url`, made with `site`, `seen` if it is new, held until the commit.
LOCK_ARTICLE = {
    dialect: _make_or_lock(
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

#: Deletes the version `version` unless an observation shows it; the item it had.
DROP_UNSEEN_VERSION = (
    delete(versions)
    .where(versions.c.id == bindparam("version"), ~exists().where(observations.c.version_id == bindparam("version")))
    .returning(versions.c.item)
)

FIND_OBSERVATION = select(observations.c.id, observations.c.article_id, observations.c.version_id).where(
    observations.c.record_id == bindparam("record")
)

_READING = tuple(column.name for column in observations.c if column.name not in ("id", "record_id"))

ADD_OBSERVATION = _insert(observations, "record_id", *_READING)

CHANGE_OBSERVATION = (
    update(observations)
    .where(observations.c.record_id == bindparam("record"))
    .values({name: bindparam(name) for name in _READING})
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

#: The article last fetched from a URL that is not its own.
FIND_ARTICLE_FETCHED = (
    select(observations.c.article_id)
    .where(observations.c.url == bindparam("at"))
    .order_by(observations.c.captured_at.desc())
    .limit(1)
)

LAST_SEEN = select(articles.c.last_seen).where(articles.c.id == bindparam("article"))

FIND_VALIDATORS = select(validators.c.etag, validators.c.last_modified, validators.c.record_id).where(
    validators.c.url == bindparam("at")
)

#: What makes an item, of an observation and its version.
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
