"""Hosts: their throttle state and lease, and their robots.txt."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "hosts",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("state", sa.Text),
        sa.Column("holder", sa.Text),
        sa.Column("held_until", sa.Double),
        sa.PrimaryKeyConstraint("key", name="pk_hosts"),
    )
    op.create_table(
        "robots",
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("origin", name="pk_robots"),
    )
