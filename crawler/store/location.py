"""The database's location: from the settings, or a file in the data folder."""

import os
from pathlib import Path

#: The SQLite file's name in the data folder.
DATABASE_FILE = "broadsheet.sqlite3"


def database_location(data: str | os.PathLike[str], database: str | None) -> str:
    """Return the path or URL to open: `database` if it is set, else the default file in the folder `data`."""
    return database or str(Path(data) / DATABASE_FILE)
