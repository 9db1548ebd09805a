"""Planned visits: schedules, worker nodes and visits, and the visit that a run was an attempt of."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("runs", sa.Column("visit_id", sa.BigInteger().with_variant(sa.Integer, "sqlite")))
    op.add_column("runs", sa.Column("attempt", sa.Integer))
    op.create_table(
        "schedules",
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("cadence", sa.Text, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused", sa.Integer, nullable=False),
        sa.Column("next_due", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("site", name="pk_schedules"),
    )
    op.create_table(
        "nodes",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("slots", sa.Integer, nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_nodes"),
    )
    op.create_table(
        "visits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("node", sa.Text),
        sa.Column("stop_wanted", sa.Integer, nullable=False),
        sa.Column("started", sa.DateTime(timezone=True)),
        sa.Column("ended", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_visits"),
    )
    active, running = sa.text("state <> 'ended'"), sa.text("state = 'running'")
    op.create_index(
        "uq_visits_active_site", "visits", ["site"], unique=True, sqlite_where=active, postgresql_where=active
    )
    op.create_index(
        "uq_visits_running_key", "visits", ["key"], unique=True, sqlite_where=running, postgresql_where=running
    )
    op.create_index("ix_visits_site_id", "visits", ["site", "id"])
