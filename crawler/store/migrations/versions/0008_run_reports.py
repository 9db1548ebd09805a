"""The report of each run: the end state of every URL, and the causes of its outcome."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("runs", sa.Column("report", sa.Text))
