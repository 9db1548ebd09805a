"""The tables. Alembic migrations in ``migrations/versions`` create them; a test checks that both agree.

An *observation* is one archived record in which an article was seen, or seen to be gone. A *version* is one state of
an article's content. An article's edits, removals and returns are derived from its observations in capture order, so
captures may arrive in any order (imports, rebuilds) and the history is still correct.
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
    """A point in time with microseconds: stored in UTC, timezone-aware in Python."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"cannot store a time without a timezone: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _where(condition: str) -> dict[str, Any]:
    return {f"{dialect}_where": text(condition) for dialect in ("sqlite", "postgresql")}


_Id = BigInteger().with_variant(Integer, "sqlite")  # SQLite assigns ids automatically only to INTEGER columns

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
    Column("checked", UtcDateTime),  # when the server last said that the page had not changed (304)
    # The observation that began the current version. Not a foreign key, since that would make a cycle.
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
    Column("item", Text, nullable=False),  # the item as JSON, without provenance, which belongs to the observation
    UniqueConstraint("article_id", "content_digest"),
)

observations = Table(
    "observations",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("article_id", _Id, ForeignKey(articles.c.id, ondelete="CASCADE"), nullable=False),
    Column("version_id", _Id, ForeignKey(versions.c.id), index=True),  # null: the article was gone
    Column("record_id", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False, index=True),  # the URL fetched
    Column("captured_at", UtcDateTime, nullable=False),
    Column("status", Integer, nullable=False),
    Column("warc_file", Text, nullable=False),
    Column("warc_offset", BigInteger, nullable=False),
    Column("warc_date", Text, nullable=False),  # verbatim, for the item's provenance
    Column("payload_digest", Text, nullable=False),
    Column("item", Text),  # only if it differs from the version's item outside the content fields
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
    Column("visit_id", _Id),  # the visit it was an attempt of, if any
    Column("attempt", Integer),
    Column("report", Text),  # JSON: see crawler.report
)

schedules = Table(
    "schedules",
    metadata,
    Column("site", Text, primary_key=True),
    Column("key", Text, nullable=False),  # the politeness key of its home page
    Column("cadence", Text, nullable=False),  # as in the site file
    Column("timezone", Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),  # when the cadence took effect
    Column("paused", Integer, nullable=False),
    Column("next_due", UtcDateTime),  # null: to be computed once no visit is planned or running
)

nodes = Table(
    "nodes",
    metadata,
    Column("id", Text, primary_key=True),  # see `lease_owner`
    Column("name", Text, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("started", UtcDateTime, nullable=False),
    Column("beat", UtcDateTime, nullable=False),  # last heartbeat, by the database's clock
)

visits = Table(
    "visits",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("site", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("due", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False),  # schedule, trigger or hand (manual)
    Column("state", Text, nullable=False),  # queued, running or ended
    Column("attempt", Integer, nullable=False),  # number of attempts started; with the id, the fencing token
    Column("not_before", UtcDateTime, nullable=False),
    Column("node", Text),
    Column("stop_wanted", Integer, nullable=False),
    Column("started", UtcDateTime),  # of the latest attempt
    Column("ended", UtcDateTime),
    Column("outcome", Text),
    Column("error", Text),
    # The database itself enforces politeness: one running visit per politeness key, and one planned or running visit
    # per site. A manual crawl may run beside a planned visit if the key is not in use.
    Index("uq_visits_active_site", "site", unique=True, **_where("state <> 'ended' AND reason <> 'hand'")),
    Index("uq_visits_running_key", "key", unique=True, **_where("state = 'running'")),
    Index(None, "site", "id"),
)

hosts = Table(
    "hosts",
    metadata,
    Column("key", Text, primary_key=True),  # the politeness key: a registrable domain or an IP address
    Column("state", Text),  # JSON written by the politeness rules
    Column("holder", Text),  # the lease's owner; null: not leased
    Column("held_until", Double),  # end of the lease, in seconds since the epoch
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
    Column("record_id", Text),  # the capture with the opt-outs; null: not archived
    Column("found", Text, nullable=False),  # the opt-outs as JSON written by the politeness rules
    Column("withheld", Integer, nullable=False),  # 1: nothing stored for the URL is shown
)

tdm = Table(
    "tdm",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("due_at", Double, nullable=False),  # time to refetch tdmrep.json, in seconds since the epoch
    Column("body", Text, nullable=False),  # bytes as Latin-1 text
)

frontier = Table(
    "frontier",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("site", Text, nullable=False),
    Column("key", LargeBinary, nullable=False),  # equal for equivalent URLs: crawler.urls.url_key
    Column("url", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),  # queued, leased, done or dropped
    Column("reason", Text),  # reason it was dropped, or is still queued
    Column("rank", Integer, nullable=False),  # lowest first
    # Of one rank, lowest first: minus the seconds since the epoch of its date, or of the start of the visit.
    Column("recency", BigInteger, nullable=False, server_default=text("0")),
    Column("depth", Integer, nullable=False),
    Column("found_on", Text),
    Column("first_seen", UtcDateTime, nullable=False),
    Column("visit", Integer, nullable=False),  # the last visit that processed it; 0: never
    Column("failures", Integer, nullable=False),
    Column("request", Text),  # JSON to rebuild the request; null once done
    Column("holder", Text),
    Column("leased_at", UtcDateTime),
    Column("leased_until", UtcDateTime),
    UniqueConstraint("site", "key"),
    # Partial indexes stay small: of millions of rows, few are queued or leased.
    Index("ix_frontier_queued", "site", "rank", "recency", "id", **_where("state = 'queued'")),
    Index("ix_frontier_leased", "site", "holder", **_where("state = 'leased'")),
)

frontier_visits = Table(
    "frontier_visits",
    metadata,
    Column("site", Text, primary_key=True),
    Column("number", Integer, nullable=False),  # of the current or last visit
    Column("started", UtcDateTime, nullable=False),
    Column("ended", Integer, nullable=False),  # 0: running, or killed
)

url_shapes = Table(
    "url_shapes",
    metadata,
    Column("site", Text, primary_key=True),
    Column("shape", Text, primary_key=True),  # crawler.discovery.article_paths.path_shape
    Column("articles", Integer, nullable=False),  # pages of this shape that turned out to be articles
    Column("others", Integer, nullable=False),  # pages that did not
    Column("example", Text, nullable=False),
)

drift_batches = Table(
    "drift_batches",
    metadata,
    Column("site", Text, primary_key=True),
    Column("opened", UtcDateTime, primary_key=True),  # the start of its first visit
    Column("part", Integer, primary_key=True),  # of the batches of a large visit, from 0
    Column("counters", Text, nullable=False),  # JSON of crawler.drift.profile.Batch
)

list_rhythms = Table(
    "list_rhythms",
    metadata,
    Column("site", Text, primary_key=True),
    Column("url", Text, primary_key=True),
    Column("days", Text, nullable=False),  # JSON: new articles by day of the site's zone, if the list was read
)

alarms = Table(
    "alarms",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("site", Text, nullable=False, index=True),
    Column("subject", Text, nullable=False),  # a field, "pages", or the URL of a list
    Column("since", UtcDateTime, nullable=False),
    Column("raised", UtcDateTime, nullable=False),
    Column("ended", UtcDateTime),  # null: open
    Column("ending", Text),  # returned or accepted
    Column("notified", UtcDateTime),
    Column("detail", Text, nullable=False),  # JSON of crawler.drift.alarms.AlarmDetail
)

# Versions that were not compared with the other stories yet: crawler.store.copies.
copy_queue = Table(
    "copy_queue",
    metadata,
    Column("version_id", _Id, ForeignKey(versions.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
)

copy_keys = Table(
    "copy_keys",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),  # of a sentence: crawler.copies.sentences
    Column(
        "version_id",
        _Id,
        ForeignKey(versions.c.id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    ),
    sqlite_with_rowid=False,
)

# Pairs of versions whose texts are copies. The first one has the lower id.
copy_links = Table(
    "copy_links",
    metadata,
    Column("version_id", _Id, ForeignKey(versions.c.id, ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column(
        "other_id",
        _Id,
        ForeignKey(versions.c.id, ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    ),
)
