"""Where the database is: what the settings name, or a file in the data folder."""

import os
from pathlib import Path

#: The SQLite file's name in the data folder.
DATABASE_FILE = "broadsheet.sqlite3"


def database_location(data: str | os.PathLike[str], database: str | None) -> str:
    """The path or URL to open: what `database` names, else the file in the folder `data`."""
    return database or str(Path(data) / DATABASE_FILE)
