"""The write-ahead log of SQLite databases that several processes open at the same time."""

import sqlite3
import time

#: Seconds to wait for another process that opens the same new database.
_PATIENCE = 60.0


def enable_wal(connection: sqlite3.Connection) -> None:
    """Set the journal mode of a database to WAL. Raises sqlite3.OperationalError.

    SQLite does not wait for a lock here, whatever the timeout of the connection: two processes that create a database
    at the same time would fail.
    """
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.01)
