"""The frontier: discovered URLs with their state, and the visits of each site."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "frontier",
        sa.Column("id", _Id, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("rank", sa.Integer, nullable=False),
        sa.Column("depth", sa.Integer, nullable=False),
        sa.Column("found_on", sa.Text),
        sa.Column("first_seen", _Time, nullable=False),
        sa.Column("visit", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("request", sa.Text),
        sa.Column("holder", sa.Text),
        sa.Column("leased_at", _Time),
        sa.Column("leased_until", _Time),
        sa.PrimaryKeyConstraint("id", name="pk_frontier"),
        sa.UniqueConstraint("site", "key", name="uq_frontier_site_key"),
    )
    for name, columns, state in (
        ("ix_frontier_queued", ["site", "rank", "id"], "queued"),
        ("ix_frontier_leased", ["site", "holder"], "leased"),
    ):
        where = sa.text(f"state = '{state}'")
        op.create_index(name, "frontier", columns, sqlite_where=where, postgresql_where=where)
    op.create_table(
        "frontier_visits",
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("started", _Time, nullable=False),
        sa.Column("ended", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("site", name="pk_frontier_visits"),
    )
