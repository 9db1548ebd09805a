"""The order of the frontier: ranks by kind of URL, then by date, latest first."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

#: Ranks of articles and lists until now: -1 and 0, plus 2 each time an article was postponed.
_NEW_RANKS = """
UPDATE frontier SET rank = CASE
    WHEN kind IN ('list', 'feed') THEN -1
    WHEN rank <= 0 THEN -2
    ELSE rank + 5
END WHERE state = 'queued' OR state = 'leased'
"""


def upgrade() -> None:
    op.add_column("frontier", sa.Column("recency", sa.BigInteger, nullable=False, server_default=sa.text("0")))
    op.execute(_NEW_RANKS)
    op.drop_index("ix_frontier_queued", "frontier")
    where = sa.text("state = 'queued'")
    columns = ["site", "rank", "recency", "id"]
    op.create_index("ix_frontier_queued", "frontier", columns, sqlite_where=where, postgresql_where=where)
