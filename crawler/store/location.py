"""Where the database is: what the settings name, or a file in the data folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: The SQLite file's name in the data folder.
DATABASE_FILE = "broadsheet.sqlite3"


def database_of(settings: Mapping[str, Any]) -> str:
    """The path or URL to open: ``BROADSHEET_DATABASE``, else the file in the folder ``BROADSHEET_DATA``."""
    return settings.get("BROADSHEET_DATABASE") or str(Path(settings.get("BROADSHEET_DATA") or "data") / DATABASE_FILE)
