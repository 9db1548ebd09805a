"""Opt-outs from indexing, link following, archiving and mining: the last found for each URL."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from crawler.store.database import Database
from crawler.store.schema import opt_outs, tdm


def _upsert(insert: Any, table: Any, key: str) -> Any:
    statement = insert(table).values({column.name: bindparam(column.name) for column in table.c})
    changed = {column.name: statement.excluded[column.name] for column in table.c if column.name != key}
    return statement.on_conflict_do_update(index_elements=[key], set_=changed)


_DIALECTS = (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
_SAVE = {dialect: _upsert(insert, opt_outs, "url") for dialect, insert in _DIALECTS}
_SAVE_TDM = {dialect: _upsert(insert, tdm, "origin") for dialect, insert in _DIALECTS}
_IS_WITHHELD = select(opt_outs.c.withheld).where(opt_outs.c.url == bindparam("at"))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOptOut:
    """The opt-outs last found at `url`.

    `found` is JSON as written by the politeness rules, ``[]`` if earlier opt-outs were withdrawn. `record_id` names
    the capture, None if it was not archived. `withheld` means that nothing stored for the URL is shown.
    """

    url: str
    site: str
    seen_at: datetime
    record_id: str | None
    found: str
    withheld: bool


class OptOutStore:
    """Opt-outs by URL and tdmrep.json by origin. Every method raises StoreError if the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, opt_out: StoredOptOut) -> None:
        """Replace the opt-outs stored for the URL."""
        values = {name: getattr(opt_out, name) for name in StoredOptOut.__slots__}
        with self._database.write() as connection:
            connection.execute(_SAVE[connection.dialect.name], values | {"withheld": int(opt_out.withheld)})

    def all(self, site: str | None = None, *, since: datetime | None = None) -> Iterator[StoredOptOut]:
        """Yield the stored opt-outs, sorted by URL: of one site only, or seen at `since` or later."""
        query = select(opt_outs).order_by(opt_outs.c.url)
        if site is not None:
            query = query.where(opt_outs.c.site == site)
        if since is not None:
            query = query.where(opt_outs.c.seen_at >= since)
        with self._database.read() as connection:
            for row in connection.execute(query):
                yield StoredOptOut(**{**row._mapping, "withheld": bool(row.withheld)})

    def withheld_urls(self, site: str | None = None) -> frozenset[str]:
        """Return the URLs whose stored content must not be shown."""
        return frozenset(opt_out.url for opt_out in self.all(site) if opt_out.withheld)

    def is_withheld(self, url: str) -> bool:
        """True if nothing stored for `url` may be shown. This is one primary-key lookup, for single URLs."""
        with self._database.read() as connection:
            return bool(connection.execute(_IS_WITHHELD, {"at": url}).scalar())

    def get_tdm(self, origin: str) -> tuple[float, bytes] | None:
        """Return the tdmrep.json of `origin`, after the time to refetch it (seconds since the epoch), or None."""
        with self._database.read() as connection:
            row = connection.execute(select(tdm.c.due_at, tdm.c.body).where(tdm.c.origin == origin)).first()
        return None if row is None else (row.due_at, row.body.encode("latin-1"))

    def save_tdm(self, origin: str, *, due_at: float, body: bytes) -> None:
        """Replace the tdmrep.json of `origin`."""
        values = {"origin": origin, "due_at": due_at, "body": body.decode("latin-1")}
        with self._database.write() as connection:
            connection.execute(_SAVE_TDM[connection.dialect.name], values)
