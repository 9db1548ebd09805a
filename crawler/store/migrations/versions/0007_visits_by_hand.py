"""Manual visits, which may exist beside planned visits of the same site."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    planned = sa.text("state <> 'ended' AND reason <> 'hand'")
    op.drop_index("uq_visits_active_site", "visits")
    op.create_index(
        "uq_visits_active_site", "visits", ["site"], unique=True, sqlite_where=planned, postgresql_where=planned
    )
