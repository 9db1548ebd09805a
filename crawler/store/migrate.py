"""Migrates a database's tables to this version's schema, safely if several processes open it at once."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from crawler.store.errors import StoreError

#: All schema revisions, oldest first. Listed here so that opening an up-to-date database does not load Alembic.
REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011", "0012", "0013")

_ADVISORY_LOCK = 0x62726F6164  # "broad": PostgreSQL identifies advisory locks by number


def is_current(connection: Connection) -> bool:
    """True if the tables exist in the newest schema. Raises StoreError if they are newer, or not Broadsheet's."""
    tables = inspect(connection).get_table_names()
    if "alembic_version" not in tables:
        if foreign := sorted(tables):
            raise StoreError(f"contains other tables ({', '.join(foreign[:3])}) — choose another database")
        return False
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if revision is not None and revision not in REVISIONS:
        raise StoreError(f"was written by a newer Broadsheet (schema {revision}) — upgrade this one")
    return bool(revision == REVISIONS[-1])


def upgrade(connection: Connection) -> None:
    """Run the missing migrations on `connection`. On SQLite its transaction already locks out other writers."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    if is_current(connection):  # another process has migrated it
        return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
