"""What is forgotten of the visits, so that years of them do not slow those of today."""

from datetime import datetime

from sqlalchemy import Select, Table, delete, func, select

from crawler.store.database import Database
from crawler.store.schema import runs, visits


def forget_old_visits(database: Database, before: datetime, of_a_site: int) -> int:
    """Delete the visits that ended `before`, and the runs that did, but for the last `of_a_site` of each site; how many
    rows that is. What is planned or running is no old visit, and items, captures and ledgers are none of it."""
    with database.write() as connection:
        deleted = 0
        for table in (visits, runs):
            old = _old(table, before, of_a_site)
            deleted += connection.execute(delete(table).where(table.c.id.in_(old))).rowcount
        return deleted


def _old(table: Table, before: datetime, of_a_site: int) -> Select[tuple[int]]:
    nth = func.row_number().over(partition_by=table.c.site, order_by=table.c.id.desc()).label("nth")
    counted = select(table.c.id, table.c.ended, nth).subquery()
    return select(counted.c.id).where(counted.c.nth > of_a_site, counted.c.ended < before)
