"""Searching the stored articles."""

import re
from dataclasses import dataclass

from sqlalchemy import TextClause, text

from crawler.items import Article
from crawler.store import article_rows as rows
from crawler.store.database import Database
from crawler.store.words import Phrase, phrases

#: Characters of an excerpt, and how many of them stand before what was found.
EXCERPT, BEFORE = 120, 30


def _find(version: str, matches: str) -> TextClause:
    # The version in force alone: what a portal has taken back is found in its article's history.
    return text(
        f"""SELECT o.id FROM version_words JOIN observations o ON o.version_id = {version}
        JOIN articles a ON a.current_observation_id = o.id JOIN versions v ON v.id = o.version_id
        WHERE {matches} AND (a.site = :site OR :any_site)
        AND NOT EXISTS (SELECT 1 FROM opt_outs w WHERE w.url = a.url AND w.withheld = 1)
        ORDER BY COALESCE(v.date, '') DESC, a.id DESC LIMIT :limit OFFSET :offset"""
    )


_FIND = {
    "sqlite": _find("version_words.rowid", "version_words MATCH :query"),
    "postgresql": _find("version_words.version_id", "version_words.words @@ CAST(:query AS tsquery)"),
}


@dataclass(frozen=True, slots=True)
class Hit:
    """An article that was found; `excerpt` is a part of its body around what was asked for."""

    article: Article
    excerpt: str


class SearchIndex:
    """The words of one database's versions. Every method raises StoreError when the database cannot serve it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, query: str, site: str | None = None, limit: int = 20, offset: int = 0) -> list[Hit]:
        """The articles whose version in force has every part of `query`, newest by their own date first; none that is
        withheld. A part is what stands between blanks: words side by side, or any run of Chinese characters."""
        wanted = phrases(query)
        if not wanted:
            return []
        with self._database.read() as connection:
            dialect = connection.dialect.name
            asked = {"query": _QUERY[dialect](wanted), "site": site, "any_site": site is None}
            found = connection.scalars(_FIND[dialect], {**asked, "limit": limit, "offset": offset})
            articles = [rows.load_article(connection, number) for number in found]
        return [Hit(article, excerpt(article.body or "", query)) for article in articles]


def excerpt(body: str, query: str) -> str:
    """The part of `body` around the first part of `query` in it; its beginning where there is none."""
    line = " ".join(body.split())
    places = [found.start() for part in query.split() if (found := re.search(re.escape(part), line, re.IGNORECASE))]
    start = max(min(places, default=0) - BEFORE, 0)
    cut = line[start : start + EXCERPT]
    return ("…" if start else "") + cut + ("…" if start + EXCERPT < len(line) else "")


def _sqlite_query(wanted: list[Phrase]) -> str:
    return " AND ".join(f'"{" ".join(phrase.words)}"{" *" if phrase.is_open else ""}' for phrase in wanted)


def _postgresql_query(wanted: list[Phrase]) -> str:
    joined = (
        " <-> ".join(f"'{word}'" for word in phrase.words) + (":*" if phrase.is_open else "") for phrase in wanted
    )
    return " & ".join(f"({phrase})" for phrase in joined)


_QUERY = {"sqlite": _sqlite_query, "postgresql": _postgresql_query}
