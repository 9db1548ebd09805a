"""Counters of each site's articles and lists, and the alarms that they raised."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "drift_batches",
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("opened", sa.DateTime(timezone=True), nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("counters", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("site", "opened", "part", name="pk_drift_batches"),
    )
    op.create_table(
        "list_rhythms",
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("days", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("site", "url", name="pk_list_rhythms"),
    )
    op.create_table(
        "alarms",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True)),
        sa.Column("ending", sa.Text),
        sa.Column("notified", sa.DateTime(timezone=True)),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_index("ix_alarms_site", "alarms", ["site"])
