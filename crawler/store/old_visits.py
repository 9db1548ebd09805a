"""Deletes old visits and runs, so that years of history do not slow down today's queries."""

from datetime import datetime

from sqlalchemy import Select, Table, delete, func, select

from crawler.store.database import Database
from crawler.store.schema import runs, visits


def delete_old_visits(database: Database, before: datetime, keep_latest: int) -> int:
    """Delete visits and runs that ended before `before`, and return the number of rows deleted.

    The latest `keep_latest` of each site are kept. Planned and running visits are never deleted; items, captures and
    ledgers are not affected.
    """
    with database.write() as connection:
        deleted = 0
        for table in (visits, runs):
            old = _select_old(table, before, keep_latest)
            deleted += connection.execute(delete(table).where(table.c.id.in_(old))).rowcount
        return deleted


def _select_old(table: Table, before: datetime, keep_latest: int) -> Select[tuple[int]]:
    rank = func.row_number().over(partition_by=table.c.site, order_by=table.c.id.desc()).label("rank")
    ranked = select(table.c.id, table.c.ended, rank).subquery()
    return select(ranked.c.id).where(ranked.c.rank > keep_latest, ranked.c.ended < before)
