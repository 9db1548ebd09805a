"""The wishes against keeping, mining and showing pages, as last seen for each URL."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from crawler.store.database import Database
from crawler.store.schema import opt_outs, tdm


def _replace(new: Any, table: Any, key: str) -> Any:
    statement = new(table).values({column.name: bindparam(column.name) for column in table.c})
    changed = {column.name: statement.excluded[column.name] for column in table.c if column.name != key}
    return statement.on_conflict_do_update(index_elements=[key], set_=changed)


_DIALECTS = (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
_KEEP = {dialect: _replace(new, opt_outs, "url") for dialect, new in _DIALECTS}
_KEEP_TDM = {dialect: _replace(new, tdm, "origin") for dialect, new in _DIALECTS}
_IS_WITHHELD = select(opt_outs.c.withheld).where(opt_outs.c.url == bindparam("at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedOptOut:
    """What was last found at `url`: `found` is JSON in the words of the politeness rules, ``[]`` where earlier wishes
    are gone; `record_id` names the capture, ``None`` where it was not kept; `withheld` says that nothing held of the
    URL is shown to anybody."""

    url: str
    site: str
    seen_at: datetime
    record_id: str | None
    found: str
    withheld: bool


class OptOutStore:
    """Opt-outs by URL, and each origin's tdmrep.json. Every method raises StoreError when the database cannot serve."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, stated: StatedOptOut) -> None:
        """Replace what is known of the URL."""
        values = {name: getattr(stated, name) for name in StatedOptOut.__slots__}
        with self._database.write() as connection:
            connection.execute(_KEEP[connection.dialect.name], values | {"withheld": int(stated.withheld)})

    def stated(self, site: str | None = None, *, since: datetime | None = None) -> Iterator[StatedOptOut]:
        """What is known of each URL, by URL."""
        query = select(opt_outs).order_by(opt_outs.c.url)
        if site is not None:
            query = query.where(opt_outs.c.site == site)
        if since is not None:
            query = query.where(opt_outs.c.seen_at >= since)
        with self._database.read() as connection:
            for row in connection.execute(query):
                yield StatedOptOut(**{**row._mapping, "withheld": bool(row.withheld)})

    def withheld(self, site: str | None = None) -> frozenset[str]:
        """The URLs nothing of which is shown."""
        return frozenset(stated.url for stated in self.stated(site) if stated.withheld)

    def is_withheld(self, url: str) -> bool:
        """Whether nothing held of `url` is shown: one look by key, for whoever answers one URL at a time."""
        with self._database.read() as connection:
            return bool(connection.execute(_IS_WITHHELD, {"at": url}).scalar())

    def tdm(self, origin: str) -> tuple[float, bytes] | None:
        """When the tdmrep.json of `origin` is to be fetched again (seconds since the epoch) and its octets."""
        with self._database.read() as connection:
            row = connection.execute(select(tdm.c.due_at, tdm.c.body).where(tdm.c.origin == origin)).first()
        return None if row is None else (row.due_at, row.body.encode("latin-1"))

    def keep_tdm(self, origin: str, *, due_at: float, body: bytes) -> None:
        """Replace the tdmrep.json of `origin`."""
        values = {"origin": origin, "due_at": due_at, "body": body.decode("latin-1")}
        with self._database.write() as connection:
            connection.execute(_KEEP_TDM[connection.dialect.name], values)
