"""Articles, their versions and observations, validators for conditional requests, runs."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_Time = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "articles",
        sa.Column("id", _Id, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("site", sa.Text),
        sa.Column("first_seen", _Time, nullable=False),
        sa.Column("last_seen", _Time, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("current_observation_id", _Id),
        sa.PrimaryKeyConstraint("id", name="pk_articles"),
        sa.UniqueConstraint("url", name="uq_articles_url"),
    )
    op.create_index("ix_articles_site_url", "articles", ["site", "url"])
    op.create_table(
        "versions",
        sa.Column("id", _Id, nullable=False),
        sa.Column("article_id", _Id, nullable=False),
        sa.Column("content_digest", sa.String(64), nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("date", sa.Text),
        sa.Column("source", sa.Text),
        sa.Column("editor", sa.Text),
        sa.Column("body", sa.Text),
        sa.Column("item", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_versions"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_versions_article_id", ondelete="CASCADE"),
        sa.UniqueConstraint("article_id", "content_digest", name="uq_versions_article_id_content_digest"),
    )
    op.create_table(
        "observations",
        sa.Column("id", _Id, nullable=False),
        sa.Column("article_id", _Id, nullable=False),
        sa.Column("version_id", _Id),
        sa.Column("record_id", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("captured_at", _Time, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("warc_file", sa.Text, nullable=False),
        sa.Column("warc_offset", sa.BigInteger, nullable=False),
        sa.Column("warc_date", sa.Text, nullable=False),
        sa.Column("payload_digest", sa.Text, nullable=False),
        sa.Column("item", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_observations"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_observations_article_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["version_id"], ["versions.id"], name="fk_observations_version_id"),
        sa.UniqueConstraint("record_id", name="uq_observations_record_id"),
    )
    op.create_index("ix_observations_version_id", "observations", ["version_id"])
    op.create_index("ix_observations_url", "observations", ["url"])
    op.create_index("ix_observations_article_id_captured_at", "observations", ["article_id", "captured_at"])
    op.create_table(
        "validators",
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("etag", sa.Text),
        sa.Column("last_modified", sa.Text),
        sa.Column("record_id", sa.Text),
        sa.PrimaryKeyConstraint("url", name="pk_validators"),
    )
    op.create_table(
        "runs",
        sa.Column("id", _Id, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("started", _Time, nullable=False),
        sa.Column("ended", _Time),
        sa.Column("outcome", sa.Text),
        sa.Column("stats", sa.Text, nullable=False),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
    )
    op.create_index("ix_runs_site", "runs", ["site"])
