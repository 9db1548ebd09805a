"""The store: articles as they were read from the archive, and how they changed."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Row, Select, exists, func, select

from crawler.items import Article, Provenance
from crawler.store import articles as rows
from crawler.store import statements
from crawler.store.content import CORE_FIELDS, FieldChange, changed_fields
from crawler.store.database import BUSY_TIMEOUT, Database
from crawler.store.errors import StoreError
from crawler.store.frontier import Frontier
from crawler.store.history import Event, events
from crawler.store.hosts import HostBook
from crawler.store.identity import article_url
from crawler.store.item_json import article_to_json
from crawler.store.opt_outs import OptOutBook
from crawler.store.runs import Runs
from crawler.store.schedules import ScheduleBook
from crawler.store.schema import articles, observations, opt_outs, versions
from crawler.store.search import Hit, SearchIndex
from crawler.store.timeline import in_force, neighbour
from crawler.store.validators import ValidatorBook
from crawler.store.visits import VisitQueue

#: What a server answers where a page was and is no more (RFC 9110, sections 15.5.5 and 15.5.11).
GONE = (404, 410)

_PAGE = 500  # items read in one query


@dataclass(frozen=True, slots=True)
class Change:
    """What saving an item did: `kind` is ``first``, ``edited``, ``unchanged`` or ``reread``.

    `reread` means a record that was stored already now reads differently: the portal changed nothing, our reading
    did. `fields` holds the content fields that differ, before and after; `url` is the article's own.
    """

    kind: str
    url: str
    fields: Mapping[str, FieldChange] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is stored: articles (`gone` of them taken down), versions, observations, and for each of the five
    fields the share (0 to 1) of articles whose version in force has it."""

    articles: int
    gone: int
    versions: int
    observations: int
    fields: Mapping[str, float]


class Store:
    """Articles, their versions and the runs that brought them, in SQLite or PostgreSQL.

    What a method reports as done is on disk: it survives a killed process and a power cut. Any number of processes may
    read and write at once. Every method raises StoreError when the database cannot serve it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.hosts = HostBook(database)
        self.opt_outs = OptOutBook(database)
        self.runs = Runs(database)
        self.schedules = ScheduleBook(database)
        self.validators = ValidatorBook(database)
        self._search = SearchIndex(database)
        self.visits = VisitQueue(database)

    @classmethod
    def open(cls, location: str | os.PathLike[str], *, busy_timeout: float = BUSY_TIMEOUT) -> Self:
        """Open a SQLite file (by path, made if missing) or PostgreSQL (by URL), bringing its tables up to date."""
        return cls(Database.open(location, busy_timeout=busy_timeout))

    @property
    def where(self) -> str:
        """The database's name for people: a path, or a URL without its password."""
        return self._database.where

    def close(self) -> None:
        """Close the connections."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def save(self, article: Article) -> Change:
        """Store what was read from one record. Content that was there already makes no version.

        Records may come in any order: what is an edit follows from their capture times, not from the time of saving.
        Saving the same item again changes nothing. Raises StoreError for an item without record.
        """
        provenance = article.provenance
        if provenance is None:
            raise StoreError(f"{article.url}: an item without its record is not stored")
        key = article_url(article)
        with self._database.write() as connection:
            article_id = rows.lock_article(connection, key, article.site, rows.captured_at(provenance))
            earlier = rows.earlier_reading(connection, provenance.record_id)
            item = article_to_json(replace(article, provenance=None))
            version_id, version_item = rows.version_row(connection, article_id, article, item)
            rows.put_observation(
                connection,
                article_id,
                version_id,
                url=article.url,
                status=200,
                provenance=provenance,
                item=item if item != version_item else None,
            )
            seen = rows.refresh_article(connection, article_id, article.site)
            if earlier is not None:
                rows.forget_reading(connection, earlier, article_id, version_id)
                fields = changed_fields(earlier.article, article) if earlier.article else {}
                return Change("reread" if fields else "unchanged", key, fields)
            other = neighbour(seen, provenance.record_id)
            if other is None:
                return Change("first", key)
            if other.version_id == version_id:
                return Change("unchanged", key)
            return Change("edited", key, changed_fields(rows.article_of_observation(connection, other.id), article))

    def save_absence(self, url: str, status: int, provenance: Provenance) -> bool:
        """Store that the article at `url` was gone (404 or 410) in a record; whether such an article is known."""
        if status not in GONE:
            raise ValueError(f"{status} does not say that a page is gone")
        with self._database.write() as connection:
            article_id = rows.find_article_id(connection, url)
            if article_id is None:
                return False
            rows.put_observation(connection, article_id, None, url=url, status=status, provenance=provenance, item=None)
            rows.refresh_article(connection, article_id, None)
            return True

    def is_known(self, url: str) -> bool:
        """Whether an article is stored under `url`, its own or one it was fetched from."""
        with self._database.read() as connection:
            return rows.find_article_id(connection, url) is not None

    def last_captured(self, url: str) -> datetime | None:
        """When the article at `url` was last seen, or seen to be gone; ``None`` when it is unknown."""
        with self._database.read() as connection:
            article_id = rows.find_article_id(connection, url)
            return None if article_id is None else connection.scalar(statements.LAST_SEEN, {"article": article_id})

    def latest_capture(self) -> datetime | None:
        """When the newest of all observations was captured; ``None`` in an empty store."""
        with self._database.read() as connection:
            latest: datetime | None = connection.scalar(select(func.max(articles.c.last_seen)))
        return latest

    def current(self, url: str) -> Article | None:
        """The article at `url` as it last stood, from the record that first showed it so; ``None`` if unknown."""
        return self.version_at(url, datetime.max.replace(tzinfo=UTC))

    def version_at(self, url: str, moment: datetime) -> Article | None:
        """The article as it stood at `moment`, or last stood if it was gone by then; ``None`` if not yet seen."""
        with self._database.read() as connection:
            article_id = rows.find_article_id(connection, url)
            if article_id is None:
                return None
            seen = [each for each in rows.timeline(connection, article_id) if each.captured_at <= moment]
            began = in_force(seen)
            return rows.article_of_observation(connection, began.id) if began else None

    def by_record(self, record_id: str) -> Article | None:
        """The item as it was saved from the record of that WARC-Record-ID."""
        with self._database.read() as connection:
            row = connection.execute(statements.ITEM_OF_RECORD, {"record": record_id}).first()
        return rows.stored_article(row) if row else None

    def urls(self, site: str | None = None) -> Iterator[str]:
        """The URL of every article of the site, in order, in flat memory."""
        for row in self._by_url(select(articles.c.url), site):
            yield row.url

    def records(self, site: str | None = None) -> Iterator[str]:
        """The WARC-Record-ID of every record an item of the site was read from, by id."""
        query = select(observations.c.record_id).join(articles, articles.c.id == observations.c.article_id)
        query = query.where(observations.c.version_id.is_not(None)).order_by(observations.c.record_id)
        if site is not None:
            query = query.where(articles.c.site == site)
        with self._database.read() as connection:
            yield from connection.scalars(query)

    def history(self, url: str) -> list[Event]:
        """The events in the article's life, oldest first; empty when it is unknown."""
        with self._database.read() as connection:
            article_id = rows.find_article_id(connection, url)
            if article_id is None:
                return []
            return list(events(connection, article_id))

    def items(self, site: str | None = None) -> Iterator[Article]:
        """Every article's version in force, by URL, in flat memory; those taken down as they last stood."""
        query = select(articles.c.url.label("article_url"), *statements.ITEM_COLUMNS).select_from(articles)
        query = query.join(observations, observations.c.id == articles.c.current_observation_id)
        query = query.join(versions, versions.c.id == observations.c.version_id)
        yield from map(rows.stored_article, self._by_url(query, site))

    def frontier(self, site: str) -> Frontier:
        """The frontier of `site`, for one crawl of it."""
        return Frontier(self._database, site)

    def search(self, text: str, site: str | None = None, limit: int = 20, offset: int = 0) -> list[Hit]:
        """The articles that have every part of `text`: see `SearchIndex.find`."""
        return self._search.find(text, site, limit, offset)

    def newest(self, site: str | None = None, limit: int = 20, offset: int = 0) -> list[Article]:
        """The articles whose version in force was seen last, the newest first: what is new or was edited. None that is
        withheld."""
        # By number of observation: its order is that of taking in, and needs no sorting however many there are.
        query = select(*statements.ITEM_COLUMNS).select_from(observations)
        query = query.join(articles, articles.c.current_observation_id == observations.c.id)
        query = query.where(articles.c.id == observations.c.article_id)
        query = query.join(versions, versions.c.id == observations.c.version_id)
        query = query.where(~exists().where(opt_outs.c.url == articles.c.url, opt_outs.c.withheld == 1))
        if site is not None:
            query = query.where(articles.c.site == site)
        query = query.order_by(observations.c.id.desc()).limit(limit).offset(offset)
        with self._database.read() as connection:
            return [rows.stored_article(row) for row in connection.execute(query)]

    def _by_url(self, query: Select[Any], site: str | None) -> Iterator[Row[Any]]:
        """The rows of a query on articles whose first column is their URL, in its order, a page at a time: no
        transaction is open while the caller works on them."""
        query = query.order_by(articles.c.url).limit(_PAGE)
        if site is not None:
            query = query.where(articles.c.site == site)
        last = ""
        while True:
            with self._database.read() as connection:
                page = connection.execute(query.where(articles.c.url > last)).all()
            if not page:
                return
            yield from page
            last = page[-1][0]

    def sites(self) -> list[str]:
        """The names of the sites articles are stored of."""
        with self._database.read() as connection:
            named = articles.c.site.is_not(None)
            return sorted(connection.scalars(select(articles.c.site).where(named).distinct()))

    def counts(self, site: str | None = None) -> Counts:
        """How much is stored, of one site or of all."""
        of_site = articles.c.site == site if site is not None else articles.c.id.is_not(None)
        core = [func.count(versions.c[name]).label(f"with_{name}") for name in CORE_FIELDS]
        gone = func.count().filter(articles.c.status.in_(GONE)).label("gone")
        in_force_now = (
            select(func.count().label("total"), gone, *core)
            .select_from(articles)
            .outerjoin(observations, observations.c.id == articles.c.current_observation_id)
            .outerjoin(versions, versions.c.id == observations.c.version_id)
            .where(of_site)
        )
        with self._database.read() as connection:
            row = connection.execute(in_force_now).one()
            number = [
                connection.scalar(select(func.count()).select_from(table.join(articles)).where(of_site))
                for table in (versions, observations)
            ]
        shares = {name: row._mapping[f"with_{name}"] / row.total if row.total else 0.0 for name in CORE_FIELDS}
        return Counts(row.total, row.gone, number[0] or 0, number[1] or 0, shares)
