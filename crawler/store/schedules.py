"""Schedules: the time of each site's next visit, and whether the site is paused."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select, text, update

from crawler.store.database import Database
from crawler.store.schema import schedules, visits

_ADVISORY_LOCK = 0x766973697473  # "visits": PostgreSQL identifies advisory locks by number


#: A visit that started later than this from now was recorded by a clock that ran ahead.
_CLOCK_TOLERANCE = timedelta(minutes=1)


@contextmanager
def exclusive_transaction(database: Database) -> Iterator[Connection]:
    """Open a write transaction that no other transaction on schedules and visits runs beside."""
    with database.write() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        yield connection


@dataclass(frozen=True, slots=True)
class Schedule:
    """A site's schedule.

    `key` is the site's politeness key, `cadence` the value in its site file, and `since` the time that cadence took
    effect. `next_due` is missing until it is computed, and for sites that are only visited manually.
    """

    site: str
    key: str
    cadence: str
    timezone: str
    since: datetime
    paused: bool
    next_due: datetime | None


class ScheduleStore:
    """The schedules of one database. Every method raises StoreError if the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Schedule]:
        """Return all schedules, sorted by site."""
        with self._database.read() as connection:
            rows = connection.execute(select(schedules).order_by(schedules.c.site))
            return [_schedule_from_row(row) for row in rows]

    def put(self, wanted: Iterable[Schedule]) -> None:
        """Add new schedules and update changed ones, whose next visit is then recomputed. Pauses are kept."""
        stored = {one.site: one for one in self.all()}
        changed = [one for one in wanted if one.site not in stored or _settings(stored[one.site]) != _settings(one)]
        if not changed:
            return
        with exclusive_transaction(self._database) as connection:
            known = set(connection.scalars(select(schedules.c.site)))
            for schedule in changed:
                values = {**_settings(schedule), "since": schedule.since}
                if schedule.site in known:
                    change = update(schedules).where(schedules.c.site == schedule.site)
                    connection.execute(change.values(**values, next_due=None))
                else:
                    connection.execute(insert(schedules).values(site=schedule.site, paused=0, **values))

    def list_unplanned(self) -> list[Schedule]:
        """Return the schedules whose next visit must be computed: none is due, planned or running."""
        with self._database.read() as connection:
            query = select(schedules).where(schedules.c.next_due.is_(None), ~_has_visit())
            return [_schedule_from_row(row) for row in connection.execute(query)]

    def set_next(self, schedule: Schedule, next_due: datetime, *, after: int | None) -> None:
        """Store the next due time, computed for `schedule` after its latest visit, whose id is `after`.

        Does nothing if the schedule has changed since, or if another visit has been planned.
        """
        latest = select(func.max(visits.c.id)).where(visits.c.site == schedule.site).scalar_subquery()
        with exclusive_transaction(self._database) as connection:
            change = update(schedules).where(
                schedules.c.site == schedule.site,
                schedules.c.next_due.is_(None),
                schedules.c.since == schedule.since,
                func.coalesce(latest, 0) == (after or 0),
                ~_has_visit(),
            )
            connection.execute(change.values(next_due=next_due))

    def forget_future(self, now: datetime) -> None:
        """Forget the due times computed from visits that started after `now`, the database's time.

        The clock ran ahead at the time. The due times are computed again from the visits before.
        """
        with self._database.read() as connection:
            query = select(visits.c.site).where(visits.c.started > now + _CLOCK_TOLERANCE).distinct()
            sites = list(connection.scalars(query))
        if sites:
            with exclusive_transaction(self._database) as connection:
                change = update(schedules).where(schedules.c.site.in_(sites), schedules.c.next_due > now)
                connection.execute(change.values(next_due=None))

    def set_paused(self, sites: Iterable[str], paused: bool) -> None:
        """Pause or resume sites. No visits are planned during a pause; if any were missed, one is made up for."""
        with exclusive_transaction(self._database) as connection:
            change = update(schedules).where(schedules.c.site.in_(list(sites)))
            connection.execute(change.values(paused=int(paused)))


def due_schedules(connection: Connection, now: datetime, sites: Collection[str]) -> list[Schedule]:
    """Return the schedules of `sites` that are due, not paused, and without a planned or running visit."""
    query = select(schedules).where(schedules.c.next_due <= now, schedules.c.paused == 0, ~_has_visit())
    rows = connection.execute(query.where(schedules.c.site.in_(list(sites))).order_by(schedules.c.next_due))
    return [_schedule_from_row(row) for row in rows]


def _has_visit() -> ColumnElement[bool]:
    return select(visits.c.id).where(visits.c.site == schedules.c.site, visits.c.state != "ended").exists()


def _schedule_from_row(row: Row[Any]) -> Schedule:
    return Schedule(**{**row._mapping, "paused": bool(row.paused)})


def _settings(schedule: Schedule) -> dict[str, str]:
    return {"key": schedule.key, "cadence": schedule.cadence, "timezone": schedule.timezone}
