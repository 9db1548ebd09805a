"""The copies of stories: near-duplicates on several portals, and on one portal under several URLs."""

from collections.abc import Callable, Iterator
from datetime import datetime
from time import monotonic

from sqlalchemy import Connection, func, select, union

from crawler.copies.report import StoryCopy, is_copy
from crawler.copies.sentences import split_sentences
from crawler.store import article_rows as rows
from crawler.store import statements
from crawler.store.copy_updates import compare_queued
from crawler.store.database import Database
from crawler.store.schema import articles, copy_links, copy_queue, opt_outs, versions

#: Versions per transaction: other writers wait no longer than a fraction of a second.
_BATCH = 200

#: The most copies of one story that are shown.
MAX_COPIES = 500


class CopyStore:
    """Finds and reads the copies in one database. Every method raises StoreError if the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def update(
        self,
        limit: int | None = None,
        seconds: float | None = None,
        on_progress: Callable[[int], None] = lambda number: None,
    ) -> int:
        """Compare the versions stored since the last update, `limit` at most, and return their number.

        After `seconds`, no further batch is begun; the rest waits for the next update.
        """
        done = 0
        end = None if seconds is None else monotonic() + seconds
        while (limit is None or done < limit) and (end is None or monotonic() < end):
            size = _BATCH if limit is None else min(_BATCH, limit - done)
            with self._database.write() as connection:
                number = compare_queued(connection, size)
            if not number:
                break
            done += number
            on_progress(done)
        return done

    def count_queued(self) -> int:
        """Return the number of versions that were not compared yet."""
        with self._database.read() as connection:
            return connection.scalar(select(func.count()).select_from(copy_queue)) or 0

    def find(self, url: str, limit: int = MAX_COPIES) -> list[StoryCopy]:
        """Return the article at `url` and its copies, that article first, without withheld ones.

        A copy of a copy counts if its text is a copy of the first one too: a digest of the day contains several
        stories, which are no copies of one another.
        """
        with self._database.read() as connection:
            start = rows.find_article_id(connection, url)
            first = self._load(connection, start) if start is not None else None
            if start is None or first is None:
                return []
            sentences = split_sentences(first.article.body or "")
            found = {start: first}
            pending = [start]
            while pending and len(found) < limit:
                number = pending.pop(0)
                for other in _find_linked(connection, number):
                    if other in found or (copy := self._load(connection, other)) is None:
                        continue
                    if number == start or is_copy(first, sentences, copy):
                        found[other] = copy
                        pending.append(other)
            return list(found.values())[:limit]

    def groups(self, site: str | None = None, since: datetime | None = None) -> Iterator[list[StoryCopy]]:
        """Yield each group of copies with an article of `site` first seen since `since`."""
        sides = (copy_links.c.version_id, copy_links.c.other_id)
        linked = union(*(select(versions.c.article_id).join(copy_links, side == versions.c.id) for side in sides))
        query = select(articles.c.url).where(articles.c.id.in_(linked)).order_by(articles.c.url)
        if site is not None:
            query = query.where(articles.c.site == site)
        if since is not None:
            query = query.where(articles.c.first_seen >= since)
        with self._database.read() as connection:
            urls = list(connection.scalars(query))
        shown: set[str] = set()
        for url in urls:
            if url not in shown and len(group := self.find(url)) > 1:
                shown |= {copy.article.url for copy in group} | {url}
                yield group

    def _load(self, connection: Connection, article_id: int) -> StoryCopy | None:
        query = select(articles.c.url, articles.c.first_seen, articles.c.current_observation_id)
        row = connection.execute(query.where(articles.c.id == article_id)).first()
        withheld = select(opt_outs.c.url).where(opt_outs.c.withheld == 1)
        if row is None or row.current_observation_id is None:
            return None
        if connection.scalar(withheld.where(opt_outs.c.url == row.url)) is not None:
            return None
        article = rows.article_from_row(
            connection.execute(statements.ITEM_OF_OBSERVATION, {"observation": row.current_observation_id}).one()
        )
        return StoryCopy(article, row.first_seen)


def _find_linked(connection: Connection, article_id: int) -> list[int]:
    """Return the articles with a version linked to one of this article's versions."""
    own = select(versions.c.id).where(versions.c.article_id == article_id).scalar_subquery()
    there = select(copy_links.c.other_id.label("id")).where(copy_links.c.version_id.in_(own))
    back = select(copy_links.c.version_id.label("id")).where(copy_links.c.other_id.in_(own))
    linked = union(there, back).subquery()
    query = select(versions.c.article_id).where(versions.c.id.in_(select(linked.c.id))).distinct()
    return [number for number in connection.scalars(query.order_by(versions.c.article_id)) if number != article_id]
