"""Full-text search of the stored articles."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import TextClause, text

from crawler.items import Article
from crawler.store import article_rows as rows
from crawler.store.database import Database
from crawler.store.search_query import list_phrases, parse_query, to_postgresql, to_sqlite

#: Length of an excerpt in characters, and how many of them precede the match.
EXCERPT_LENGTH, CONTEXT_BEFORE = 120, 30


def _build_find(version: str, matches: str) -> TextClause:
    # Only current versions: text that a portal has removed is found in the article's history.
    return text(
        f"""SELECT o.id FROM version_words JOIN observations o ON o.version_id = {version}
        JOIN articles a ON a.current_observation_id = o.id JOIN versions v ON v.id = o.version_id
        WHERE {matches} AND (a.site = :site OR :any_site)
        AND NOT EXISTS (SELECT 1 FROM opt_outs w WHERE w.url = a.url AND w.withheld = 1)
        ORDER BY COALESCE(v.date, '') DESC, a.id DESC LIMIT :limit OFFSET :offset"""
    )


_FIND = {
    "sqlite": _build_find("version_words.rowid", "version_words MATCH :query"),
    "postgresql": _build_find("version_words.version_id", "version_words.words @@ CAST(:query AS tsquery)"),
}


@dataclass(frozen=True, slots=True)
class Hit:
    """A matching article; `excerpt` is the part of its body around the match, `phrases` what was searched for."""

    article: Article
    excerpt: str
    phrases: tuple[str, ...] = ()


class SearchIndex:
    """The full-text index of one database. Every method raises StoreError if the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, query: str, site: str | None = None, limit: int = 20, offset: int = 0) -> list[Hit]:
        """Return the articles whose current version matches `query` (`parse_query`), newest date first.

        Withheld articles are left out. Raises SearchQueryError.
        """
        parsed = parse_query(query)
        if parsed is None:
            return []
        with self._database.read() as connection:
            dialect = connection.dialect.name
            parameters = {"query": _QUERY[dialect](parsed), "site": site, "any_site": site is None}
            found = connection.scalars(_FIND[dialect], {**parameters, "limit": limit, "offset": offset})
            articles = [rows.load_article(connection, number) for number in found]
        phrases = tuple(" ".join(phrase.text.split()) for phrase in list_phrases(parsed))
        return [Hit(article, make_excerpt(article.body or "", phrases), phrases) for article in articles]


def make_excerpt(body: str, phrases: Iterable[str]) -> str:
    """Return the part of `body` around the first match of one of `phrases`, or its beginning if nothing matches."""
    line = " ".join(body.split())
    positions = [found.start() for one in phrases if (found := re.search(re.escape(one), line, re.IGNORECASE))]
    start = max(min(positions, default=0) - CONTEXT_BEFORE, 0)
    cut = line[start : start + EXCERPT_LENGTH]
    return ("…" if start else "") + cut + ("…" if start + EXCERPT_LENGTH < len(line) else "")


_QUERY = {"sqlite": to_sqlite, "postgresql": to_postgresql}
