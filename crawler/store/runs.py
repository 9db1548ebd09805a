"""Runs: the reports of crawls, with their start, end, outcome and statistics."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, insert, select, update

from crawler.store.database import Database
from crawler.store.errors import StoreError
from crawler.store.lease_owner import interruption_of, is_dead
from crawler.store.schema import runs, visits

#: Prefix of a run statistic: the number of new articles from a list page or feed. The page's URL follows.
NEW_FROM = "portal/new/"


@dataclass(frozen=True, slots=True)
class Run:
    """The report of one crawl of a site.

    `ended` and `outcome` are missing while it is running, or if it died and this was not recorded yet. `visit_id` and
    `attempt` name the attempt it belongs to, if any, and `node` its process while it is running. `report` has the end
    states of its URLs (see `crawler.report`); runs that died have none.
    """

    id: int
    site: str
    started: datetime
    ended: datetime | None
    outcome: str | None
    stats: Mapping[str, Any]
    error: str | None
    visit_id: int | None = None
    attempt: int | None = None
    report: Mapping[str, Any] | None = None
    node: str | None = None

    @property
    def state(self) -> str:
        """``running``, or the outcome; ``interrupted`` if its process has died."""
        return self.outcome or ("interrupted" if self._has_died else "running")

    @property
    def problem(self) -> str | None:
        """The error, or that its process has died."""
        return interruption_of(self.node) if self._has_died else self.error

    @property
    def _has_died(self) -> bool:
        return self.outcome is None and self.node is not None and is_dead(self.node)

    @property
    def new_articles(self) -> int:
        """The number of articles that the run stored for the first time."""
        return int(self.report["articles"]["new"] if self.report else self.stats.get("store/first", 0))

    @property
    def edited_articles(self) -> int:
        """The number of articles of which the run stored a new version."""
        return int(self.report["articles"]["edited"] if self.report else self.stats.get("store/edited", 0))


class RunStore:
    """The runs of one database. Every method raises StoreError if the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def start(self, site: str, *, started: datetime, visit_id: int | None = None, attempt: int | None = None) -> int:
        """Record the start of a run, optionally as an attempt of a visit. Return its id."""
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
        report: Mapping[str, Any] | None = None,
    ) -> None:
        """Record the end of a run. `outcome` is ``done``, ``incomplete``, ``failed``, ``stopped`` or
        ``interrupted``.

        Raises StoreError if there is no such run.
        """
        # Scrapy's statistics contain times and classes; values that JSON cannot represent are stored as text.
        text = json.dumps(dict(stats or {}), ensure_ascii=True, default=str)
        with self._database.write() as connection:
            change = update(runs).where(runs.c.id == run_id)
            values = {"ended": ended, "outcome": outcome, "stats": text, "error": error}
            if report is not None:
                values["report"] = json.dumps(report, ensure_ascii=True)
            result = connection.execute(change.values(**values))
            if result.rowcount != 1:
                raise StoreError(f"{self._database.where}: there is no run {run_id}")

    def find_by_attempt(self, visit_id: int, attempt: int) -> Run | None:
        """Return the run of an attempt of a visit, or None if the process died before the run began."""
        query = _SELECT.where(runs.c.visit_id == visit_id, runs.c.attempt == attempt)
        with self._database.read() as connection:
            row = connection.execute(query.order_by(runs.c.id.desc()).limit(1)).first()
            return _run_from_row(row) if row else None

    def latest_report(self, site: str) -> Mapping[str, Any] | None:
        """Return the report of the latest run of a site that has one."""
        query = select(runs.c.report).where(runs.c.site == site, runs.c.report.is_not(None))
        with self._database.read() as connection:
            text = connection.scalar(query.order_by(runs.c.started.desc(), runs.c.id.desc()).limit(1))
            return json.loads(text) if text else None

    def list(self, site: str | None = None, *, limit: int = 50) -> list[Run]:
        """Return the latest runs, newest first."""
        query = _SELECT.order_by(runs.c.started.desc(), runs.c.id.desc()).limit(limit)
        if site is not None:
            query = query.where(runs.c.site == site)
        with self._database.read() as connection:
            return [_run_from_row(row) for row in connection.execute(query)]


_SELECT = select(runs, visits.c.node).outerjoin(
    visits, and_(visits.c.id == runs.c.visit_id, visits.c.attempt == runs.c.attempt, visits.c.state == "running")
)


def _run_from_row(row: Row[Any]) -> Run:
    report = json.loads(row.report) if row.report else None
    return Run(**{**row._mapping, "stats": json.loads(row.stats), "report": report})
