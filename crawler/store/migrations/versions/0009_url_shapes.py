"""The shapes of each site's URLs, with the number of their pages that were articles."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "url_shapes",
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("shape", sa.Text, nullable=False),
        sa.Column("articles", sa.Integer, nullable=False),
        sa.Column("others", sa.Integer, nullable=False),
        sa.Column("example", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("site", "shape", name="pk_url_shapes"),
    )
