"""The stored articles: saving what was extracted, and reading it back."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, Select, exists, func, select, update

from crawler.discovery.rereads import KnownArticle
from crawler.items import Article, Provenance
from crawler.store import article_rows as rows
from crawler.store import statements
from crawler.store.content import CORE_FIELDS, FieldChange, changed_fields
from crawler.store.database import Database
from crawler.store.errors import StoreError
from crawler.store.history import Event, list_events
from crawler.store.identity import article_url
from crawler.store.item_json import article_to_json
from crawler.store.schema import articles, observations, opt_outs, versions
from crawler.store.timeline import find_current_observation, find_neighbour

#: HTTP statuses that mean a page was removed (RFC 9110, sections 15.5.5 and 15.5.11).
GONE = (404, 410)

_PAGE_SIZE = 500  # rows read in one query


@dataclass(frozen=True, slots=True)
class Change:
    """The effect of saving an item: `kind` is ``first``, ``edited``, ``unchanged`` or ``reread``.

    ``reread`` means that a record stored earlier now yields different content: the extractor changed, not the portal.
    `fields` maps the content fields that differ to their values before and after. `url` is the article's own URL.
    """

    kind: str
    url: str
    fields: Mapping[str, FieldChange] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counts:
    """The number of stored articles (`gone` of them removed), versions and observations.

    `fields` maps each core field to the share (0 to 1) of articles whose current version has it.
    """

    articles: int
    gone: int
    versions: int
    observations: int
    fields: Mapping[str, float]


class ArticleStore:
    """The articles of one database, with their versions and observations.

    A write is on disk when its method returns: it survives a killed process and a power cut. Any number of processes
    may read and write at once. Every method raises StoreError if the database fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, article: Article) -> Change:
        """Store an item extracted from one record. Content that is already stored adds no version.

        Records may arrive in any order: edits are derived from capture times, not from the time of saving. Saving the
        same item twice changes nothing. Raises StoreError for an item without a record.
        """
        provenance = article.provenance
        if provenance is None:
            raise StoreError(f"{article.url}: cannot store an item without its record")
        key = article_url(article)
        with self._database.write() as connection:
            article_id = rows.lock_article(connection, key, article.site, rows.parse_capture_time(provenance))
            earlier = rows.find_earlier_reading(connection, provenance)
            item = article_to_json(replace(article, provenance=None))
            version_id, version_item = rows.find_or_add_version(connection, article_id, article, item)
            rows.put_observation(
                connection,
                article_id,
                version_id,
                url=article.url,
                status=200,
                provenance=provenance,
                item=item if item != version_item else None,
            )
            timeline = rows.refresh_article(connection, article_id, article.site)
            if earlier is not None:
                rows.drop_earlier_reading(connection, earlier, article_id, version_id)
                fields = changed_fields(earlier.article, article) if earlier.article else {}
                return Change("reread" if fields else "unchanged", key, fields)
            neighbour = find_neighbour(timeline, provenance.record_id)
            if neighbour is None:
                return Change("first", key)
            if neighbour.version_id == version_id:
                return Change("unchanged", key)
            return Change("edited", key, changed_fields(rows.load_article(connection, neighbour.id), article))

    def save_absence(self, url: str, status: int, provenance: Provenance) -> bool:
        """Store that a record showed the article at `url` as gone. Return False if no such article is stored.

        Raises ValueError if `status` is neither 404 nor 410.
        """
        if status not in GONE:
            raise ValueError(f"status {status} does not mean that a page is gone")
        with self._database.write() as connection:
            article_id = rows.find_article_id(connection, url)
            if article_id is None:
                return False
            rows.put_observation(connection, article_id, None, url=url, status=status, provenance=provenance, item=None)
            rows.refresh_article(connection, article_id, None)
            return True

    def note_unchanged(self, url: str, moment: datetime) -> None:
        """Note that the server said at `moment` that the article at `url` had not changed."""
        with self._database.write() as connection:
            article_id = rows.find_article_id(connection, url)
            connection.execute(update(articles).where(articles.c.id == article_id).values(checked=moment))

    def first_seen_since(self, site: str, moment: datetime) -> Iterator[KnownArticle]:
        """Yield the articles of `site` first seen after `moment`, each with the URL it was last read from."""
        states = versions.alias()
        edited = select(func.count()).where(states.c.article_id == articles.c.id).scalar_subquery() > 1
        columns = (observations.c.url, articles.c.first_seen, articles.c.last_seen, articles.c.checked, versions.c.date)
        query = select(*columns, edited)
        query = query.join_from(articles, observations, observations.c.id == articles.c.current_observation_id)
        query = query.join(versions, versions.c.id == observations.c.version_id)
        query = query.where(articles.c.site == site, articles.c.first_seen > moment)
        with self._database.read() as connection:
            for url, first_seen, last_seen, checked, date, was_edited in connection.execute(query).all():
                yield KnownArticle(url, first_seen, max(last_seen, checked or last_seen), bool(was_edited), date)

    def is_known(self, url: str) -> bool:
        """True if an article is stored whose own URL is `url`, or that was fetched from it."""
        with self._database.read() as connection:
            return rows.find_article_id(connection, url) is not None

    def last_capture_times(self, urls: Collection[str]) -> dict[str, datetime]:
        """Return the time of the last observation of the article at each of `urls` that is known."""
        with self._database.read() as connection:
            return {
                row.url: row.last_seen
                for statement in (
                    statements.LAST_SEEN_FETCHED,
                    statements.LAST_SEEN,
                )  # an article's own URL counts more
                for row in connection.execute(statement, {"urls": list(urls)})
            }

    def newest_capture_time(self) -> datetime | None:
        """Return the time of the newest observation, or None if the store is empty."""
        with self._database.read() as connection:
            latest: datetime | None = connection.scalar(select(func.max(articles.c.last_seen)))
        return latest

    def find_current(self, url: str) -> Article | None:
        """Return the current version of the article at `url`, from the record that first showed it, or None."""
        return self.find_version_at(url, datetime.max.replace(tzinfo=UTC))

    def find_version_at(self, url: str, moment: datetime) -> Article | None:
        """Return the version that was current at `moment`, or None if the article had not been seen by then.

        For an article that was gone at `moment`, this is its last version.
        """
        with self._database.read() as connection:
            article_id = rows.find_article_id(connection, url)
            if article_id is None:
                return None
            seen = [each for each in rows.load_timeline(connection, article_id) if each.captured_at <= moment]
            current = find_current_observation(seen)
            return rows.load_article(connection, current.id) if current else None

    def find_by_record(self, record_id: str) -> Article | None:
        """Return the item saved from the record with this WARC-Record-ID, or None."""
        with self._database.read() as connection:
            row = connection.execute(statements.ITEM_OF_RECORD, {"record": record_id}).first()
        return rows.article_from_row(row) if row else None

    def urls(self, site: str | None = None) -> Iterator[str]:
        """Yield the URL of every article, sorted, in constant memory."""
        for row in self._iterate_by_url(select(articles.c.url), site):
            yield row.url

    def record_ids(self, site: str | None = None) -> Iterator[str]:
        """Yield the WARC-Record-ID of every record that an item was saved from, sorted."""
        query = select(observations.c.record_id).join(articles, articles.c.id == observations.c.article_id)
        query = query.where(observations.c.version_id.is_not(None)).order_by(observations.c.record_id)
        if site is not None:
            query = query.where(articles.c.site == site)
        with self._database.read() as connection:
            yield from connection.scalars(query)

    def history(self, url: str) -> list[Event]:
        """Return the events of the article at `url`, oldest first; empty if it is unknown."""
        with self._database.read() as connection:
            article_id = rows.find_article_id(connection, url)
            if article_id is None:
                return []
            return list(list_events(connection, article_id))

    def items(self, site: str | None = None) -> Iterator[Article]:
        """Yield the current version of every article, sorted by URL, in constant memory.

        Removed articles are included with their last version.
        """
        query = select(articles.c.url.label("article_url"), *statements.ITEM_COLUMNS).select_from(articles)
        query = query.join(observations, observations.c.id == articles.c.current_observation_id)
        query = query.join(versions, versions.c.id == observations.c.version_id)
        yield from map(rows.article_from_row, self._iterate_by_url(query, site))

    def newest(self, site: str | None = None, limit: int = 20, offset: int = 0) -> list[Article]:
        """Return the most recently added or edited articles, newest first, without withheld ones."""
        # Sorted by observation id, the order of insertion: no sort is needed, however many rows there are.
        query = select(*statements.ITEM_COLUMNS).select_from(observations)
        query = query.join(articles, articles.c.current_observation_id == observations.c.id)
        query = query.where(articles.c.id == observations.c.article_id)
        query = query.join(versions, versions.c.id == observations.c.version_id)
        query = query.where(~exists().where(opt_outs.c.url == articles.c.url, opt_outs.c.withheld == 1))
        if site is not None:
            query = query.where(articles.c.site == site)
        query = query.order_by(observations.c.id.desc()).limit(limit).offset(offset)
        with self._database.read() as connection:
            return [rows.article_from_row(row) for row in connection.execute(query)]

    def sites(self) -> list[str]:
        """Return the names of the sites that have stored articles, sorted."""
        with self._database.read() as connection:
            named = articles.c.site.is_not(None)
            return sorted(connection.scalars(select(articles.c.site).where(named).distinct()))

    def counts(self, site: str | None = None) -> Counts:
        """Count what is stored of one site, or of all sites."""
        of_site = articles.c.site == site if site is not None else articles.c.id.is_not(None)
        core = [func.count(versions.c[name]).label(f"with_{name}") for name in CORE_FIELDS]
        gone = func.count().filter(articles.c.status.in_(GONE)).label("gone")
        current = (
            select(func.count().label("total"), gone, *core)
            .select_from(articles)
            .outerjoin(observations, observations.c.id == articles.c.current_observation_id)
            .outerjoin(versions, versions.c.id == observations.c.version_id)
            .where(of_site)
        )
        with self._database.read() as connection:
            row = connection.execute(current).one()
            totals = [
                connection.scalar(select(func.count()).select_from(table.join(articles)).where(of_site))
                for table in (versions, observations)
            ]
        shares = {name: row._mapping[f"with_{name}"] / row.total if row.total else 0.0 for name in CORE_FIELDS}
        return Counts(row.total, row.gone, totals[0] or 0, totals[1] or 0, shares)

    def _iterate_by_url(self, query: Select[Any], site: str | None) -> Iterator[Row[Any]]:
        """Yield the rows of a query on articles, sorted by URL, which must be its first column.

        Rows are read in pages, so no transaction is open while the caller works on them.
        """
        query = query.order_by(articles.c.url).limit(_PAGE_SIZE)
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
