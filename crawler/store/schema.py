"""The tables. Alembic migrations in ``migrations/versions`` build them; a test holds the two together.

An *observation* is one record of the archive in which an article was seen, or seen to be gone. A *version* is one
wording of an article. The timeline of an article, its edits, removals and returns are all read off the observations
in the order of their capture, so that captures may arrive in any order (imports, rebuilds) and the history is right.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)


class UtcDateTime(TypeDecorator[datetime]):
    """A point in time, UTC on disk and aware in Python, to the microsecond on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without zone cannot be stored: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _where(condition: str) -> dict[str, Any]:
    return {f"{dialect}_where": text(condition) for dialect in ("sqlite", "postgresql")}


_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in INTEGER columns

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

articles = Table(
    "articles",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
    Column("site", Text),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("last_seen", UtcDateTime, nullable=False),
    Column("status", Integer, nullable=False),  # HTTP status of the last observation: 200, 404, 410
    # The observation that began the version in force. No foreign key: the tables would refer to each other in a ring.
    Column("current_observation_id", _Id),
    Index(None, "site", "url"),
)

versions = Table(
    "versions",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("article_id", _Id, ForeignKey(articles.c.id, ondelete="CASCADE"), nullable=False),
    Column("content_digest", String(64), nullable=False),
    Column("title", Text),
    Column("date", Text),
    Column("source", Text),
    Column("editor", Text),
    Column("body", Text),
    Column("item", Text, nullable=False),  # the whole item as JSON, its provenance null: that is the observation's
    UniqueConstraint("article_id", "content_digest"),
)

observations = Table(
    "observations",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("article_id", _Id, ForeignKey(articles.c.id, ondelete="CASCADE"), nullable=False),
    Column("version_id", _Id, ForeignKey(versions.c.id), index=True),  # null: the article was gone
    Column("record_id", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False, index=True),  # as fetched
    Column("captured_at", UtcDateTime, nullable=False),
    Column("status", Integer, nullable=False),
    Column("warc_file", Text, nullable=False),
    Column("warc_offset", BigInteger, nullable=False),
    Column("warc_date", Text, nullable=False),  # the WARC-Date as written, for the item's provenance
    Column("payload_digest", Text, nullable=False),
    Column("item", Text),  # where the reading differs from the version's in more than its content
    Index(None, "article_id", "captured_at"),
)

validators = Table(
    "validators",
    metadata,
    Column("url", Text, primary_key=True),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("record_id", Text),
)

runs = Table(
    "runs",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("site", Text, nullable=False, index=True),
    Column("started", UtcDateTime, nullable=False),
    Column("ended", UtcDateTime),
    Column("outcome", Text),
    Column("stats", Text, nullable=False),
    Column("error", Text),
    Column("visit_id", _Id),  # the planned visit it was an attempt of; null: begun by hand
    Column("attempt", Integer),
)

schedules = Table(
    "schedules",
    metadata,
    Column("site", Text, primary_key=True),
    Column("key", Text, nullable=False),  # the politeness key of its home
    Column("cadence", Text, nullable=False),  # as the site file has it
    Column("timezone", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),  # when the cadence began to hold
    Column("paused", Integer, nullable=False),
    Column("next_due", UtcDateTime),  # null: to be worked out when no visit is planned or running
)

nodes = Table(
    "nodes",
    metadata,
    Column("id", Text, primary_key=True),  # a process of a machine, unlike any other
    Column("name", Text, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("started", UtcDateTime, nullable=False),
    Column("beat", UtcDateTime, nullable=False),  # by the database's clock
)

visits = Table(
    "visits",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("site", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("due", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False),  # schedule, trigger, hand
    Column("state", Text, nullable=False),  # queued, running, ended
    Column("attempt", Integer, nullable=False),  # the number of the last one begun; with the id, the lease's token
    Column("not_before", UtcDateTime, nullable=False),
    Column("node", Text),
    Column("stop_wanted", Integer, nullable=False),
    Column("started", UtcDateTime),  # the last attempt
    Column("ended", UtcDateTime),
    Column("outcome", Text),
    Column("error", Text),
    # What politeness rests on is held by the database itself: one visit running on a politeness key; and one of a site
    # planned or running, beside which a person may crawl it when its key is free.
    Index("uq_visits_active_site", "site", unique=True, **_where("state <> 'ended' AND reason <> 'hand'")),
    Index("uq_visits_running_key", "key", unique=True, **_where("state = 'running'")),
    Index(None, "site", "id"),
)

hosts = Table(
    "hosts",
    metadata,
    Column("key", Text, primary_key=True),  # the politeness key: a registrable domain or an address
    Column("state", Text),  # the pace as JSON, in the words of the politeness rules
    Column("holder", Text),  # whose turn it is; null: nobody's
    Column("held_until", Double),  # seconds since the epoch
)

robots = Table(
    "robots",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("state", Text, nullable=False),
)

opt_outs = Table(
    "opt_outs",
    metadata,
    Column("url", Text, primary_key=True),
    Column("site", Text, nullable=False, index=True),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("record_id", Text),  # the capture the wishes were read from; null: it was not kept
    Column("found", Text, nullable=False),  # the wishes as JSON, in the words of the politeness rules
    Column("withheld", Integer, nullable=False),  # 1: no reader is shown what is held of the URL
)

tdm = Table(
    "tdm",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("due_at", Double, nullable=False),  # seconds since the epoch: when tdmrep.json is to be fetched again
    Column("body", Text, nullable=False),  # octets as Latin-1 text
)

frontier = Table(
    "frontier",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("site", Text, nullable=False),
    Column("key", LargeBinary, nullable=False),  # what the twins of an address share: crawler.urls.url_key
    Column("url", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),  # queued, leased, done, dropped
    Column("reason", Text),  # why it was dropped, or is still queued
    Column("rank", Integer, nullable=False),  # the lowest goes first
    Column("depth", Integer, nullable=False),
    Column("found_on", Text),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("visit", Integer, nullable=False),  # the last visit that dealt with it; 0: none
    Column("failures", Integer, nullable=False),
    Column("request", Text),  # what its request is made of, as JSON; null once it is done
    Column("holder", Text),
    Column("leased_at", UtcDateTime),
    Column("leased_until", UtcDateTime),
    UniqueConstraint("site", "key"),
    # Of millions of rows a few are queued or leased: these indexes are as small as that.
    Index("ix_frontier_queued", "site", "rank", "id", **_where("state = 'queued'")),
    Index("ix_frontier_leased", "site", "holder", **_where("state = 'leased'")),
)

frontier_visits = Table(
    "frontier_visits",
    metadata,
    Column("site", Text, primary_key=True),
    Column("number", Integer, nullable=False),  # of the visit under way, or the last one
    Column("started", UtcDateTime, nullable=False),
    Column("ended", Integer, nullable=False),  # 0: under way, or killed
)
