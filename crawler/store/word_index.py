"""The index of words: SQLite's FTS5 or PostgreSQL's tsvector over words that we make ourselves.

Neither finds two Chinese characters by itself: FTS5's trigrams need three, and PostgreSQL's parser depends on the
server's locale. The words of every version are indexed as it is added; a version never changes.
"""

from sqlalchemy import Connection, TextClause, text

from crawler.items import Article
from crawler.store.words import words

#: PostgreSQL counts no positions beyond this, and keeps so many of one word.
_MOST_WORDS, _MOST_PLACES = 16_000, 255

_SEARCHED = ("title", "body", "source", "editor")

#: Stands between the fields, so that nothing is found across their border.
_BORDER = "0x0"

_ADD = {
    "sqlite": text("INSERT INTO version_words (rowid, words) VALUES (:version, :words)"),
    "postgresql": text("INSERT INTO version_words (version_id, words) VALUES (:version, CAST(:words AS tsvector))"),
}
_DROP = {
    "sqlite": text("INSERT INTO version_words (version_words, rowid, words) VALUES ('delete', :version, :words)"),
    "postgresql": text("DELETE FROM version_words WHERE version_id = :version AND CAST(:words AS text) IS NOT NULL"),
}


def add_version(connection: Connection, version_id: int, article: Article) -> None:
    """Index a version that was added."""
    _change(_ADD, connection, version_id, article)


def drop_version(connection: Connection, version_id: int, article: Article) -> None:
    """Take a version out that says what `article` says: the index of SQLite must be told what it had."""
    _change(_DROP, connection, version_id, article)


def _change(statements: dict[str, TextClause], connection: Connection, version_id: int, article: Article) -> None:
    listed = [word for name in _SEARCHED for word in (*words(getattr(article, name) or ""), _BORDER)][:_MOST_WORDS]
    dialect = connection.dialect.name
    indexed = " ".join(listed) if dialect == "sqlite" else _tsvector(listed)
    connection.execute(statements[dialect], {"version": version_id, "words": indexed})


def _tsvector(listed: list[str]) -> str:
    places: dict[str, list[str]] = {}
    for place, word in enumerate(listed, 1):
        places.setdefault(word, []).append(str(place))
    return " ".join(f"'{word}':{','.join(at[:_MOST_PLACES])}" for word, at in places.items())
