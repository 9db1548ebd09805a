"""Brings a database's tables to this version's form, whoever else opens it at the same moment."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from crawler.store.errors import StoreError

#: Every schema revision, oldest first. Kept here as well so that a database that is up to date never loads Alembic.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")

_ADVISORY_LOCK = 0x62726F6164  # "broad": PostgreSQL's lock is a number


def is_current(connection: Connection) -> bool:
    """Whether the tables are there in their newest form. Raises StoreError when they are newer or someone else's."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" not in tables:
        if foreign := sorted(tables):
            raise StoreError(f"holds other tables ({', '.join(foreign[:3])}) — name a database of Broadsheet's own")
        return False
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision is not None and revision not in REVISIONS:
        raise StoreError(f"was written by a newer Broadsheet (schema {revision}) — upgrade this one")
    return bool(revision == REVISIONS[-1])


def upgrade(connection: Connection) -> None:
    """Run the missing migrations on `connection`, whose transaction already keeps other writers of SQLite out."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    if is_current(connection):  # another process was first
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
