"""The write-ahead log of SQLite databases that several processes open at the same time."""

import os
import sqlite3
import time

from archive.errors import advice


def enable_wal(connection: sqlite3.Connection, patience: float = 60.0) -> None:
    """Set the journal mode of a database to WAL. Raises sqlite3.OperationalError.

    Waits up to `patience` seconds for another process that opens the same new database. SQLite does not wait for a lock
    here, whatever the timeout of the connection: two processes that create a database at the same time would fail.
    """
    until = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.01)


def sqlite_advice() -> str:
    """Return what to do after an error of SQLite, which does not say if the process has too many files open."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return advice(error, "")
    return "free space, or remove the index and run `broadsheet archive index`"
