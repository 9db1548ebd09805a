"""Counters of each site's articles and lists, and its alarms."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from msgspec import json
from sqlalchemy import Connection, Row, delete, insert, select, update

from crawler.drift.alarms import ACCEPTED, RETURNED, Alarm, AlarmDetail
from crawler.drift.profile import Batch
from crawler.drift.quiet import Rhythm
from crawler.store.database import Database
from crawler.store.schema import alarms, drift_batches, list_rhythms, opt_outs


@dataclass(frozen=True, slots=True)
class SiteDrift:
    """The past of a site: its batches, oldest first, the rhythms of its lists, and all its alarms."""

    batches: list[Batch]
    rhythms: dict[str, dict[date, int]]
    alarms: list[Alarm]


class DriftStore:
    """Counters and alarms, by site. Every method raises StoreError if the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, site: str) -> SiteDrift:
        """Return the past of `site`."""
        query = select(drift_batches.c.counters).where(drift_batches.c.site == site)
        rhythms = select(list_rhythms.c.url, list_rhythms.c.days).where(list_rhythms.c.site == site)
        with self._database.read() as connection:
            rows = connection.scalars(query.order_by(drift_batches.c.opened, drift_batches.c.part))
            batches = [json.decode(text, type=Batch) for text in rows]
            days = {url: json.decode(text, type=dict[date, int]) for url, text in connection.execute(rhythms)}
        return SiteDrift(batches, days, self.alarms(site))

    def save(self, site: str, batches: Sequence[Batch], rhythms: Mapping[str, Rhythm]) -> None:
        """Replace the batches and rhythms of `site`. Rows that did not change are not written."""
        with self._database.write() as connection:
            _save_batches(connection, site, batches)
            _save_rhythms(connection, site, rhythms)

    def alarms(self, site: str | None = None, *, only_open: bool = False) -> list[Alarm]:
        """Return the alarms of one site or all, newest first."""
        return [alarm for _, alarm in self.alarms_by_site(site, only_open=only_open)]

    def alarms_by_site(self, site: str | None = None, *, only_open: bool = False) -> list[tuple[str, Alarm]]:
        """Return alarms with the names of their sites, newest first. Examples of withheld articles are left out."""
        query = select(alarms).order_by(alarms.c.raised.desc(), alarms.c.id)
        if site is not None:
            query = query.where(alarms.c.site == site)
        if only_open:
            query = query.where(alarms.c.ended.is_(None))
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            is_withheld = opt_outs.c.withheld == 1
            withheld = set(connection.scalars(select(opt_outs.c.url).where(is_withheld))) if rows else set()
        return [(row.site, _alarm_from_row(row, withheld)) for row in rows]

    def add_alarms(self, site: str, raised: Sequence[Alarm]) -> None:
        """Store new alarms."""
        rows = [
            {
                "site": site,
                "subject": one.subject,
                "since": one.since,
                "raised": one.raised,
                "detail": json.encode(one.detail).decode(),
            }
            for one in raised
        ]
        if rows:
            with self._database.write() as connection:
                connection.execute(insert(alarms), rows)

    def end_alarms(self, returned: Sequence[Alarm], moment: datetime) -> None:
        """Record that the values of these alarms are as before."""
        self._change([one.id for one in returned], ended=moment, ending=RETURNED)

    def accept(self, ids: Sequence[int], moment: datetime) -> None:
        """Record that a person accepted the new state of these alarms: it is what later visits compare with."""
        self._change(ids, ended=moment, ending=ACCEPTED)

    def note_notified(self, ids: Sequence[int], moment: datetime) -> None:
        """Record that these alarms were passed on."""
        self._change(ids, notified=moment)

    def _change(self, ids: Sequence[int], **values: Any) -> None:
        if ids:
            with self._database.write() as connection:
                connection.execute(update(alarms).where(alarms.c.id.in_(ids)).values(**values))


def _save_batches(connection: Connection, site: str, batches: Sequence[Batch]) -> None:
    table = drift_batches.c
    rows = connection.execute(select(table.opened, table.part, table.counters).where(table.site == site))
    stored = {(row.opened, row.part): row.counters for row in rows}
    wanted = {
        (opened, part): json.encode(batch).decode()
        for opened, group in groupby(batches, key=lambda one: one.opened)
        for part, batch in enumerate(group)
    }
    changed = [key for key in stored if stored[key] != wanted.get(key)]
    for opened, part in changed:
        connection.execute(delete(drift_batches).where(table.site == site, table.opened == opened, table.part == part))
    new = [
        {"site": site, "opened": opened, "part": part, "counters": text}
        for (opened, part), text in wanted.items()
        if stored.get((opened, part)) != text
    ]
    if new:
        connection.execute(insert(drift_batches), new)


def _save_rhythms(connection: Connection, site: str, rhythms: Mapping[str, Rhythm]) -> None:
    table = list_rhythms.c
    rows = connection.execute(select(table.url, table.days).where(table.site == site))
    stored = {row.url: row.days for row in rows}
    wanted = {url: json.encode(days).decode() for url, days in rhythms.items()}
    changed = [url for url in stored if stored[url] != wanted.get(url)]
    if changed:
        connection.execute(delete(list_rhythms).where(table.site == site, table.url.in_(changed)))
    new = [{"site": site, "url": url, "days": days} for url, days in wanted.items() if stored.get(url) != days]
    if new:
        connection.execute(insert(list_rhythms), new)


def _alarm_from_row(row: Row[Any], withheld: Set[str]) -> Alarm:
    values = {name: value for name, value in row._mapping.items() if name != "site"}
    stored = json.decode(row.detail, type=AlarmDetail)
    before, now = ([one for one in samples if one.url not in withheld] for samples in (stored.before, stored.now))
    return Alarm(**{**values, "detail": AlarmDetail(stored.signs, before, now)})
