"""Copies of stories: the keys of their sentences, the pairs found, and the versions still to be compared (all)."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table("copy_queue", _version("version_id", "copy_queue"), _key("copy_queue", "version_id"))
    op.create_table(
        "copy_keys",
        sa.Column("key", sa.BigInteger, nullable=False),
        _version("version_id", "copy_keys"),
        _key("copy_keys", "key", "version_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_copy_keys_version_id", "copy_keys", ["version_id"])
    op.create_table(
        "copy_links",
        _version("version_id", "copy_links"),
        _version("other_id", "copy_links"),
        _key("copy_links", "version_id", "other_id"),
    )
    op.create_index("ix_copy_links_other_id", "copy_links", ["other_id"])
    op.execute("INSERT INTO copy_queue SELECT id FROM versions")


def _version(name: str, table: str) -> sa.Column[int]:
    reference = sa.ForeignKey("versions.id", ondelete="CASCADE", name=f"fk_{table}_{name}_versions")
    return sa.Column(name, _ID, reference, nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=f"pk_{table}")
