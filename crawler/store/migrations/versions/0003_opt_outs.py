"""Opt-outs by URL, and tdmrep.json by origin."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "opt_outs",
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("record_id", sa.Text),
        sa.Column("found", sa.Text, nullable=False),
        sa.Column("withheld", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("url", name="pk_opt_outs"),
    )
    op.create_index("ix_opt_outs_site", "opt_outs", ["site"])
    op.create_table(
        "tdm",
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("due_at", sa.Double, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("origin", name="pk_tdm"),
    )
