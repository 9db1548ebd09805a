"""The full-text index of versions."""

import sqlalchemy as sa
from alembic import op

from crawler.store.item_json import article_from_json
from crawler.store.word_index import add_version

revision = "0005"
down_revision = "0004"

_SQLITE = """CREATE VIRTUAL TABLE version_words USING fts5(words, content = '',
tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co M*'")"""

_POSTGRESQL = (
    """CREATE TABLE version_words (
        version_id bigint PRIMARY KEY REFERENCES versions (id) ON DELETE CASCADE,
        words tsvector NOT NULL)""",
    "CREATE INDEX ix_version_words_words ON version_words USING gin (words)",
)


def upgrade() -> None:
    connection = op.get_bind()
    for statement in [_SQLITE] if connection.dialect.name == "sqlite" else _POSTGRESQL:
        op.execute(statement)
    last = 0
    page = sa.text("SELECT id, item FROM versions WHERE id > :last ORDER BY id LIMIT 500")
    while found := connection.execute(page, {"last": last}).all():
        for last, item in found:
            add_version(connection, last, article_from_json(item))
