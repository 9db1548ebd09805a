"""The crawl runs: when each began and ended, and how."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from crawler.store.database import Database
from crawler.store.errors import StoreError
from crawler.store.schema import runs

#: Statistic of a run: the new articles a list page or feed brought, its URL behind this.
NEW_FROM = "portal/new/"


@dataclass(frozen=True, slots=True)
class Run:
    """One visit of one site. `ended` and `outcome` are ``None`` while it runs, or when it died without a word;
    `visit_id` and `attempt` where a worker began it, ``None`` where a person did."""

    id: int
    site: str
    started: datetime
    ended: datetime | None
    outcome: str | None
    stats: Mapping[str, Any]
    error: str | None
    visit_id: int | None = None
    attempt: int | None = None


class RunStore:
    """The table of runs in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, site: str, *, started: datetime, visit_id: int | None = None, attempt: int | None = None) -> int:
        """Note that a run began, for a worker's planned visit where it is one; its id."""
        with self._database.write() as connection:
            new = insert(runs).values(site=site, started=started, stats="{}", visit_id=visit_id, attempt=attempt)
            return int(connection.execute(new.returning(runs.c.id)).scalar_one())

    def finish(
        self,
        run_id: int,
        *,
        ended: datetime,
        outcome: str,
        stats: Mapping[str, Any] | None = None,
        error: str | None = None,
    ) -> None:
        """Note how a run ended: `outcome` is ``done``, ``failed``, ``stopped`` or ``lost``. Raises StoreError."""
        # Scrapy's stats hold times and classes: what JSON has no form for is kept as its text.
        text = json.dumps(dict(stats or {}), ensure_ascii=True, default=str)
        with self._database.write() as connection:
            change = update(runs).where(runs.c.id == run_id)
            result = connection.execute(change.values(ended=ended, outcome=outcome, stats=text, error=error))
            if result.rowcount != 1:
                raise StoreError(f"{self._database.where}: no run {run_id} was started here")

    def of_attempt(self, visit_id: int, attempt: int) -> Run | None:
        """The run that was an attempt of a planned visit; ``None`` where the process died before it began."""
        query = select(runs).where(runs.c.visit_id == visit_id, runs.c.attempt == attempt)
        with self._database.read() as connection:
            row = connection.execute(query.order_by(runs.c.id.desc()).limit(1)).first()
            return _run(row) if row else None

    def list(self, site: str | None = None, *, limit: int = 50) -> list[Run]:
        """The latest runs, newest first."""
        query = select(runs).order_by(runs.c.started.desc(), runs.c.id.desc()).limit(limit)
        if site is not None:
            query = query.where(runs.c.site == site)
        with self._database.read() as connection:
            return [_run(row) for row in connection.execute(query)]


def _run(row: Row[Any]) -> Run:
    return Run(**{**row._mapping, "stats": json.loads(row.stats)})
