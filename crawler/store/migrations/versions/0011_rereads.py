"""The time at which an article was last found unchanged by a conditional request, which leaves no observation."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("articles", sa.Column("checked", sa.DateTime(timezone=True)))
