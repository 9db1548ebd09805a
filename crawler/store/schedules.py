"""The schedules: when each site is to be visited next, and whether it is at all."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, text, update

from crawler.store.database import Database
from crawler.store.schema import schedules, visits

_ADVISORY_LOCK = 0x766973697473  # "visits": PostgreSQL's lock is a number


@contextmanager
def alone(database: Database) -> Iterator[Connection]:
    """A transaction over schedules and visits that no other runs beside: what it reads holds until it ends."""
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        yield connection


@dataclass(frozen=True, slots=True)
class Schedule:
    """A site's schedule. `key` is its politeness key, `cadence` the site file's word, held since `since`; `next_due`
    is ``None`` until it is worked out, and where visits are begun by hand only."""

    site: str
    key: str
    cadence: str
    timezone: str
    since: datetime
    paused: bool
    next_due: datetime | None


class ScheduleStore:
    """The table of schedules in one database. Every method raises StoreError when the database cannot serve it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Schedule]:
        """Every schedule, by site."""
        with self._database.read() as connection:
            return _schedules(connection)

    def put(self, wanted: Iterable[Schedule]) -> None:
        """Keep the schedules of `wanted`: new ones are added, changed ones worked out anew from now on, and none is
        paused or resumed by it."""
        held = {one.site: one for one in self.all()}
        changed = [one for one in wanted if one.site not in held or _plan(held[one.site]) != _plan(one)]
        if not changed:
            return
        with alone(self._database) as connection:
            known = set(connection.scalars(select(schedules.c.site)))
            for plan in changed:
                values = {**_plan(plan), "since": plan.since}
                if plan.site in known:
                    change = update(schedules).where(schedules.c.site == plan.site)
                    connection.execute(change.values(**values, next_due=None))
                else:
                    connection.execute(insert(schedules).values(site=plan.site, paused=0, **values))

    def unplanned(self) -> list[Schedule]:
        """The schedules that want a next visit worked out: none is known, planned or running."""
        with self._database.read() as connection:
            query = select(schedules).where(schedules.c.next_due.is_(None), ~_has_visit())
            return [_schedule(row) for row in connection.execute(query)]

    def set_next(self, plan: Schedule, next_due: datetime, *, after: int | None) -> None:
        """Keep when a site is due next, as worked out for `plan` after the visit with the id `after`; nothing is kept
        where the plan was changed or another visit planned meanwhile."""
        latest = select(func.max(visits.c.id)).where(visits.c.site == plan.site).scalar_subquery()
        with alone(self._database) as connection:
            change = update(schedules).where(
                schedules.c.site == plan.site,
                schedules.c.next_due.is_(None),
                schedules.c.since == plan.since,
                func.coalesce(latest, 0) == (after or 0),
                ~_has_visit(),
            )
            connection.execute(change.values(next_due=next_due))

    def set_paused(self, sites: Iterable[str], paused: bool) -> None:
        """Pause or resume sites: while paused no visit of them is planned; a visit missed meanwhile is made up once."""
        with alone(self._database) as connection:
            change = update(schedules).where(schedules.c.site.in_(list(sites)))
            connection.execute(change.values(paused=int(paused)))


def due_schedules(connection: Connection, now: datetime, sites: Collection[str]) -> list[Schedule]:
    """The schedules of `sites` whose visit is to be planned: due, not paused, and with no visit planned or running."""
    query = select(schedules).where(schedules.c.next_due <= now, schedules.c.paused == 0, ~_has_visit())
    rows = connection.execute(query.where(schedules.c.site.in_(list(sites))).order_by(schedules.c.next_due))
    return [_schedule(row) for row in rows]


def _has_visit() -> ColumnElement[bool]:
    return select(visits.c.id).where(visits.c.site == schedules.c.site, visits.c.state != "ended").exists()


def _schedules(connection: Connection) -> list[Schedule]:
    return [_schedule(row) for row in connection.execute(select(schedules).order_by(schedules.c.site))]


def _schedule(row: Row[Any]) -> Schedule:
    return Schedule(**{**row._mapping, "paused": bool(row.paused)})


def _plan(one: Schedule) -> dict[str, str]:
    return {"key": one.key, "cadence": one.cadence, "timezone": one.timezone}
