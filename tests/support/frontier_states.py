"""The states of a site's URLs, read from the database."""

import os

from sqlalchemy import func, select

from crawler.store.database import Database
from crawler.store.schema import frontier


def count_by_state(location: str | os.PathLike[str], site: str) -> dict[str, int]:
    """Return the number of URLs in each state."""
    query = select(frontier.c.state, func.count()).where(frontier.c.site == site).group_by(frontier.c.state)
    database = Database.open(location)
    with database.read() as connection:
        found = {str(row[0]): int(row[1]) for row in connection.execute(query)}
    database.close()
    return found
