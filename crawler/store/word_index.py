"""The full-text index: SQLite's FTS5 or PostgreSQL's tsvector, over words that we split ourselves.

Neither can find two Chinese characters by itself: FTS5's trigrams need three, and PostgreSQL's parser depends on the
server's locale. A version is indexed when it is added; it never changes.
"""

from sqlalchemy import Connection, TextClause, text

from crawler.items import Article
from crawler.store.words import split_words

#: PostgreSQL's limits for positions in a text, and for positions stored per word.
_MAX_WORDS, _MAX_POSITIONS = 16_000, 255

_INDEXED_FIELDS = ("title", "body", "source", "editor")

#: Separates the fields, so that no phrase matches across two of them.
_SEPARATOR = "0x0"

_ADD = {
    "sqlite": text("INSERT INTO version_words (rowid, words) VALUES (:version, :words)"),
    "postgresql": text("INSERT INTO version_words (version_id, words) VALUES (:version, CAST(:words AS tsvector))"),
}
_DROP = {
    "sqlite": text("INSERT INTO version_words (version_words, rowid, words) VALUES ('delete', :version, :words)"),
    "postgresql": text("DELETE FROM version_words WHERE version_id = :version AND CAST(:words AS text) IS NOT NULL"),
}


def add_version(connection: Connection, version_id: int, article: Article) -> None:
    """Index a new version."""
    _update_index(_ADD, connection, version_id, article)


def drop_version(connection: Connection, version_id: int, article: Article) -> None:
    """Remove a version with the content of `article`. SQLite's index needs the old words to remove them."""
    _update_index(_DROP, connection, version_id, article)


def _update_index(statements: dict[str, TextClause], connection: Connection, version_id: int, article: Article) -> None:
    texts = [getattr(article, name) or "" for name in _INDEXED_FIELDS]
    words = [word for text in texts for word in (*split_words(text), _SEPARATOR)][:_MAX_WORDS]
    dialect = connection.dialect.name
    indexed = " ".join(words) if dialect == "sqlite" else _build_tsvector(words)
    connection.execute(statements[dialect], {"version": version_id, "words": indexed})


def _build_tsvector(words: list[str]) -> str:
    positions: dict[str, list[str]] = {}
    for position, word in enumerate(words, 1):
        positions.setdefault(word, []).append(str(position))
    return " ".join(f"'{word}':{','.join(at[:_MAX_POSITIONS])}" for word, at in positions.items())
