"""The connection to SQLite or PostgreSQL: opening, transactions, and error messages with a fix."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from archive.folders import create_private_folder
from archive.sqlite_wal import enable_wal
from crawler.store import migrate
from crawler.store.errors import StoreError

#: Seconds that a writer waits for another writer before it gives up.
BUSY_TIMEOUT = 30.0


class Database:
    """One SQLite file or PostgreSQL database that contains Broadsheet's tables.

    `where` is its name for messages: the file's path, or the URL without its password.
    """

    def __init__(self, engine: Engine, where: str) -> None:
        self.engine = engine
        self.where = where

    @classmethod
    def open(cls, location: str | os.PathLike[str], *, busy_timeout: float = BUSY_TIMEOUT) -> Self:
        """Open a database; create the file and tables if missing, or migrate them. Raises StoreError."""
        url, where = _parse(location)
        engine = (
            _sqlite_engine(url, where, busy_timeout)
            if url.get_backend_name() == "sqlite"
            else _postgresql_engine(url, where)
        )
        database = cls(engine, where)
        try:
            with database.read() as connection:
                current = migrate.is_current(connection)
            if not current:
                with database.write() as connection:
                    migrate.upgrade(connection)
        except StoreError as error:
            database.close()
            raise error if str(error).startswith(where) else StoreError(f"{where} {error}") from error
        return database

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read transaction with one consistent snapshot of the database. Raises StoreError."""
        with self._translate_errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a write transaction that is committed to disk when the block ends, or rolled back. Raises StoreError.

        On SQLite it takes the write lock immediately: a transaction that reads first and writes later fails with
        "locked", regardless of the timeout, if another process wrote in between.
        """
        with self._translate_errors(), self.engine.execution_options(broadsheet_write=True).begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StoreError(f"{self.where}: {_explain(str(error.orig))}") from error
        except SQLAlchemyError as error:
            raise StoreError(f"{self.where}: {error}") from error


def current_time(connection: Connection) -> datetime:
    """Return the database's time (UTC). All leases use it, since the clocks of machines differ."""
    if connection.dialect.name == "postgresql":
        return connection.execute(select(func.clock_timestamp())).scalar_one().astimezone(UTC)  # type: ignore[no-any-return]
    return datetime.now(UTC)  # SQLite's clock is this machine's


def _hide_password(url: str) -> str:
    """Return a URL, possibly malformed, without the password before its last ``@``."""
    return re.sub(r"(://[^:/@]*):.*@", r"\1:***@", url, flags=re.DOTALL)


def _parse(location: str | os.PathLike[str]) -> tuple[URL, str]:
    text = os.fspath(location)
    if "://" not in text:
        path = Path(text).expanduser().absolute()
        return URL.create("sqlite", database=str(path)), str(path)
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise StoreError(
            f"{_hide_password(text)!r} is not a database URL — use a file path or postgresql://user@host/name"
        ) from error
    if backend == "sqlite":
        return (url, str(url.database)) if url.database else _refuse_memory(text)
    if backend != "postgresql":
        raise StoreError(f"{url.render_as_string()}: {backend} is not supported — use a file (SQLite) or postgresql://")
    return url, url.render_as_string(hide_password=True)


def _refuse_memory(text: str) -> Any:
    raise StoreError(f"{text!r} does not name a file — the database must outlive the process")


def _sqlite_engine(url: URL, where: str, busy_timeout: float) -> Engine:
    folder = Path(where).parent
    try:
        create_private_folder(folder)
    except OSError as error:
        raise StoreError(
            f"{where}: cannot create the folder ({error.strerror}) — choose another with --data"
        ) from error
    _create_private_file(Path(where))
    engine = create_engine(url, connect_args={"timeout": busy_timeout})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions by itself: see `_begin`
        enable_wal(connection, busy_timeout)
        # FULL: a commit also survives a power cut, not just a killed process.
        for pragma in ("synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("broadsheet_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _create_private_file(path: Path) -> None:
    """Create an empty file with mode 600, whatever the umask. SQLite gives its other files the mode of the database."""
    with suppress(OSError):  # it exists, or SQLite will report the error
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(file, 0o600)
        finally:
            os.close(file)


def _postgresql_engine(url: URL, where: str) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise StoreError(f"{where}: the driver {error.name} is missing — pip install 'psycopg[binary]'") from error


#: Part of an error message of SQLite or PostgreSQL -> the hint to add.
_HINTS = (
    ("not a database", "this file is not a SQLite database: choose another, or move it away"),
    ("unable to open", "choose a writable folder with --data or --database"),
    ("readonly", "make the file and its folder writable, or choose others with --data or --database"),
    ("locked", "another process has locked it: wait for that process, or stop it"),
    ("disk is full", "free some disk space and start again; stored data is safe"),
    ("disk I/O", "disk error: check the disk and its free space; stored data is safe"),
    ("malformed", "the file is damaged: restore a backup, or rebuild it with `broadsheet reextract`"),
    ("connection", "is the PostgreSQL server running, and is the URL correct?"),
    ("authentication", "check the user and password in the database URL"),
)


def _explain(message: str) -> str:
    message = " ".join(message.split())
    hint = next((hint for part, hint in _HINTS if part in message), None)
    return f"{message} — {hint}" if hint else message
