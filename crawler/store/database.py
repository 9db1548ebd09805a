"""The connection to SQLite or PostgreSQL: opening, transactions, and errors people can act on."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from crawler.store import migrate
from crawler.store.errors import StoreError

#: Seconds a writer waits for another to finish before it gives up.
BUSY_TIMEOUT = 30.0


class Database:
    """One SQLite file or PostgreSQL database with Broadsheet's tables in it.

    `where` names it for people: the file's path or the URL without its password.
    """

    def __init__(self, engine: Engine, where: str) -> None:
        self.engine = engine
        self.where = where

    @classmethod
    def open(cls, location: str | os.PathLike[str], *, busy_timeout: float = BUSY_TIMEOUT) -> Self:
        """Open, making the file and its tables where they are missing. Raises StoreError."""
        url, where = _parse(location)
        engine = _sqlite_engine(url, where, busy_timeout) if url.get_backend_name() == "sqlite" else _engine(url, where)
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
        """A transaction that sees one state of the database from its first query to its end. Raises StoreError."""
        with self._errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is on disk when the block is left, or not there at all. Raises StoreError.

        On SQLite it takes the write lock at once: a transaction that reads first and writes later can fail with
        "locked" whatever the timeout, when another process wrote in between.
        """
        with self._errors(), self.engine.execution_options(broadsheet_write=True).begin() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StoreError(f"{self.where}: {_trouble(str(error.orig))}") from error
        except SQLAlchemyError as error:
            raise StoreError(f"{self.where}: {error}") from error


def _parse(location: str | os.PathLike[str]) -> tuple[URL, str]:
    text = os.fspath(location)
    if "://" not in text:
        path = Path(text).expanduser().absolute()
        return URL.create("sqlite", database=str(path)), str(path)
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise StoreError(f"{text!r} is no database URL — write a file's path or postgresql://user@host/name") from error
    if backend == "sqlite":
        return (url, str(url.database)) if url.database else _refuse_memory(text)
    if backend != "postgresql":
        raise StoreError(f"{url.render_as_string()}: {backend} is not supported — use a file (SQLite) or postgresql://")
    return url, url.render_as_string(hide_password=True)


def _refuse_memory(text: str) -> Any:
    raise StoreError(f"{text!r} names no file — what is stored must outlive the process")


def _sqlite_engine(url: URL, where: str, busy_timeout: float) -> Engine:
    folder = Path(where).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{where}: the folder cannot be made ({error.strerror}) — choose another with --data"
        ) from error
    engine = create_engine(url, connect_args={"timeout": busy_timeout})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not guessed by the driver
        # FULL: a commit survives a power cut, not only a killed process.
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("broadsheet_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _engine(url: URL, where: str) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise StoreError(f"{where}: the driver {error.name} is missing — pip install 'psycopg[binary]'") from error


#: What SQLite and PostgreSQL say, in part -> the mend.
_MENDS = (
    ("not a database", "this file is no SQLite database: name another, or move it away"),
    ("unable to open", "choose a folder that can be written with --data or --database"),
    ("readonly", "make the file and its folder writable, or choose others with --data or --database"),
    ("locked", "another process holds it: wait for it, or end it"),
    ("disk is full", "make room and start again; what was stored is safe"),
    ("disk I/O", "the disk refuses: check it and its free space; what was stored is safe"),
    ("malformed", "the file is damaged: restore a copy, or rebuild it with `broadsheet reextract`"),
    ("connection", "is the PostgreSQL server running, and the URL right?"),
    ("authentication", "check user and password in the database URL"),
)


def _trouble(message: str) -> str:
    message = " ".join(message.split())
    mend = next((mend for part, mend in _MENDS if part in message), None)
    return f"{message} — {mend}" if mend else message
