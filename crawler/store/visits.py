"""The planned visits: a queue of them, who runs which, and how each ended.

The rules politeness and exactness rest on are the database's: unique indexes allow one visit of a site planned or
running and one running on a politeness key; a visit planned, claimed or ended is one transaction with what it
follows from; times are by the database's clock, so that machines need not agree on theirs.

A workflow engine was tried for this (DBOS 3.4): its queues hold one job a site (deduplication) or run one at a time on
a key (partitions), never both, and the leases, their fencing and the take-over would have been ours all the same.
"""

import socket
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, delete, func, insert, select, update

from crawler.store.database import Database
from crawler.store.errors import StoreError
from crawler.store.lease_owner import in_words, is_dead, new_holder
from crawler.store.old_visits import forget_old_visits
from crawler.store.schedules import alone, due_schedules
from crawler.store.schema import nodes, runs, schedules, visits

#: How long the row of a node that is no more is kept to be looked at.
_NODE_KEPT = timedelta(days=1)


#: Why there is a visit: its site was due, or somebody asked the workers for it, or crawls it in a process of their own.
_DUE, _ASKED_FOR, BY_HAND = "schedule", "trigger", "hand"


class VisitHeld(StoreError):
    """A visit is at work on the politeness key: the message says which, whose, and since when."""


class Outcome(StrEnum):
    """How an attempt, and at last the visit, ended: `lost` is the death of its process or its worker."""

    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Visit:
    """A planned visit. `state` is ``queued``, ``running`` or ``ended``; `due` when it was to be, `started` when its
    last attempt began; `attempt` counts those begun, and with `id` is what the lease is known by."""

    id: int
    site: str
    key: str
    due: datetime
    reason: str
    state: str
    attempt: int
    not_before: datetime
    node: str | None
    stop_wanted: bool
    started: datetime | None
    ended: datetime | None
    outcome: str | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Node:
    """A worker, or a crawl begun by hand, which has no `slots`. `beat` is when it last said that it lives, `age` how
    long ago that was."""

    id: str
    name: str
    slots: int
    started: datetime
    beat: datetime
    age: timedelta
    running: int

    @property
    def is_worker(self) -> bool:
        """Whether it takes visits that are planned."""
        return self.slots > 0


class VisitQueue:
    """The table of visits in one database, and the workers that run them.

    A worker `join`s under a name of its own, claims visits, says again and again that it lives (`renew`) and ends what
    it claimed. The visits of a worker whose word is older than `patience`, or whose process is dead on this machine,
    are taken over: planned anew until `attempts` are used up. What an earlier holder still has to say of a visit
    that was taken from it changes nothing. Every method raises StoreError when the database cannot serve it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def now(self) -> datetime:
        """The database's time."""
        with self._database.read() as connection:
            return _now(connection)

    # -- planning --------------------------------------------------------------------------------------------------

    def plan_due(self, now: datetime, sites: Collection[str]) -> int:
        """Plan a visit for every schedule of `sites` that is due at `now`, a time of the schedules; how many.

        However many workers plan at once, each due time is planned once; how often a site was missed while nobody
        planned does not matter: it is made up once.
        """
        with self._database.read() as connection:
            if not due_schedules(connection, now, sites):
                return 0
        with alone(self._database) as connection:
            due = due_schedules(connection, now, sites)
            for one in due:
                assert one.next_due is not None
                _plan(connection, one.site, one.key, one.next_due, _DUE)
                connection.execute(update(schedules).where(schedules.c.site == one.site).values(next_due=None))
            return len(due)

    def plan(self, site: str, key: str) -> bool:
        """Plan a visit for now, as a person asks for it; whether there was none planned or running yet."""
        with alone(self._database) as connection:
            active = select(visits.c.id).where(visits.c.site == site, visits.c.state != "ended")
            if connection.execute(active).first():
                return False
            _plan(connection, site, key, _now(connection), _ASKED_FOR)
            return True

    def cancel(self, sites: Collection[str]) -> int:
        """End the planned visits of `sites`, and ask the running ones to stop; how many visits that is."""
        with alone(self._database) as connection:
            of_sites = visits.c.site.in_(list(sites))
            queued = update(visits).where(of_sites, visits.c.state == "queued")
            ended = connection.execute(
                queued.values(state="ended", outcome=str(Outcome.STOPPED), ended=_now(connection), error="cancelled")
            )
            running = update(visits).where(of_sites, visits.c.state == "running").values(stop_wanted=1)
            return ended.rowcount + connection.execute(running).rowcount

    # -- working ---------------------------------------------------------------------------------------------------

    def join(self, slots: int) -> str:
        """Enter a worker of this process that runs up to `slots` visits, 0 for a crawl begun by hand; its id."""
        node = new_holder()
        with alone(self._database) as connection:
            connection.execute(delete(nodes).where(nodes.c.beat < _now(connection) - _NODE_KEPT))
            _enter(connection, node, slots)
        return node

    def leave(self, node: str) -> None:
        """Take a worker out that has ended all it claimed."""
        with alone(self._database) as connection:
            connection.execute(delete(nodes).where(nodes.c.id == node))

    def claim(self, node: str, sites: Collection[str]) -> Visit | None:
        """The visit of one of `sites` that has waited longest and whose politeness key is free; ``None`` for none."""
        with self._database.read() as connection:
            if not connection.execute(_claimable(_now(connection), sites)).first():
                return None
        with alone(self._database) as connection:
            now = _now(connection)
            row = connection.execute(_claimable(now, sites)).first()
            if row is None or not connection.scalar(select(nodes.c.id).where(nodes.c.id == node)):
                return None
            taken = update(visits).where(visits.c.id == row.id)
            connection.execute(taken.values(state="running", node=node, started=now, attempt=visits.c.attempt + 1))
            return _visit(connection.execute(select(visits).where(visits.c.id == row.id)).one())

    def begin(self, node: str, site: str, key: str) -> Visit:
        """Begin a visit by hand in the process `node`, beside what is planned of the site. Raises VisitHeld."""
        with alone(self._database) as connection:
            busy = connection.execute(select(visits).where(visits.c.key == key, visits.c.state == "running")).first()
            if busy:
                raise VisitHeld(_held_by(_visit(busy), site))
            now = _now(connection)
            new = {"site": site, "key": key, "due": now, "reason": BY_HAND, "not_before": now, "started": now}
            begun = insert(visits).values(**new, state="running", attempt=1, node=node, stop_wanted=0)
            return _visit(connection.execute(begun.returning(visits)).one())

    def renew(self, node: str, slots: int) -> dict[int, Visit]:
        """Say that `node` lives; the visits it holds, by id. Those it has no more were taken over, and must end."""
        with alone(self._database) as connection:
            beat = update(nodes).where(nodes.c.id == node).values(beat=_now(connection))
            if connection.execute(beat).rowcount == 0:  # it was silent for so long that it was forgotten
                _enter(connection, node, slots)
            mine = select(visits).where(visits.c.node == node, visits.c.state == "running")
            return {row.id: _visit(row) for row in connection.execute(mine)}

    def end(self, visit: Visit, outcome: Outcome, error: str | None = None, *, again: timedelta | None = None) -> bool:
        """Note how the attempt `visit` ended; with `again`, plan the next attempt after that time.

        ``False``, and nothing changed, when the visit was taken over meanwhile.
        """
        with alone(self._database) as connection:
            return _end(connection, visit, outcome, error, again=again)

    def take_over(self, patience: timedelta, attempts: int) -> list[Visit]:
        """Take their visits from workers that are no more, to be run again; the visits as they were.

        One whose run is noted as done has ended: only the worker's word of it is missing.
        """
        with self._database.read() as connection:
            if not _forsaken(connection, patience):
                return []
        with alone(self._database) as connection:
            taken = _forsaken(connection, patience)
            for visit in taken:
                if _is_run_done(connection, visit):
                    _end(connection, visit, Outcome.DONE, None, again=None)
                    continue
                again = timedelta(0) if visit.attempt < attempts and visit.reason != BY_HAND else None
                _end(connection, visit, Outcome.LOST, f"{in_words(visit.node)} is no more", again=again)
                unended = (runs.c.visit_id == visit.id, runs.c.ended.is_(None))
                ended = {"ended": _now(connection), "outcome": str(Outcome.LOST), "error": "its worker is no more"}
                connection.execute(update(runs).where(*unended).values(ended))
            return taken

    def forget_old(self, age: timedelta, of_a_site: int) -> int:
        """Forget the visits and runs that ended longer ago than `age`, but for the last `of_a_site` of each site; how
        many that is."""
        return forget_old_visits(self._database, self.now() - age, of_a_site)

    # -- looking ---------------------------------------------------------------------------------------------------

    def history(self, site: str | None = None, *, limit: int = 50) -> list[Visit]:
        """The latest visits, newest first."""
        query = select(visits).order_by(visits.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            return [_visit(row) for row in connection.execute(query.where(visits.c.site == site) if site else query)]

    def latest(self) -> dict[str, Visit]:
        """The latest visit of each site."""
        newest = select(func.max(visits.c.id)).group_by(visits.c.site)
        with self._database.read() as connection:
            rows = connection.execute(select(visits).where(visits.c.id.in_(newest)))
            return {row.site: _visit(row) for row in rows}

    def nodes(self) -> list[Node]:
        """The workers there are or were of late, the oldest first."""
        running = select(func.count()).where(visits.c.node == nodes.c.id, visits.c.state == "running")
        with self._database.read() as connection:
            now = _now(connection)
            rows = connection.execute(select(nodes, running.scalar_subquery().label("running")))
            return sorted((Node(**row._mapping, age=now - row.beat) for row in rows), key=lambda node: node.started)


def _now(connection: Connection) -> datetime:
    if connection.dialect.name == "postgresql":
        return connection.execute(select(func.clock_timestamp())).scalar_one().astimezone(UTC)  # type: ignore[no-any-return]
    return datetime.now(UTC)  # SQLite's clock is this machine's


def _enter(connection: Connection, node: str, slots: int) -> None:
    now = _now(connection)
    row = {"id": node, "name": socket.gethostname(), "slots": slots, "started": now, "beat": now}
    connection.execute(insert(nodes).values(row))


def _plan(connection: Connection, site: str, key: str, due: datetime, reason: str) -> None:
    new = {"site": site, "key": key, "due": due, "reason": reason, "not_before": _now(connection)}
    connection.execute(insert(visits).values(**new, state="queued", attempt=0, stop_wanted=0))


def _claimable(now: datetime, sites: Collection[str]) -> Any:
    other = visits.alias()
    busy = select(other.c.id).where(other.c.key == visits.c.key, other.c.state == "running").exists()
    waiting = (visits.c.state == "queued", visits.c.not_before <= now, visits.c.site.in_(list(sites)))
    return select(visits.c.id).where(*waiting, ~busy).order_by(visits.c.not_before, visits.c.id).limit(1)


def _end(connection: Connection, visit: Visit, outcome: Outcome, error: str | None, *, again: timedelta | None) -> bool:
    now = _now(connection)
    values: dict[str, Any] = {"outcome": str(outcome), "error": error, "ended": now, "node": None}
    values["state"] = "ended"
    if again is not None:
        values["state"] = case((visits.c.stop_wanted == 1, "ended"), else_="queued")
        values["not_before"] = now + again
    held = (visits.c.id == visit.id, visits.c.attempt == visit.attempt, visits.c.state == "running")
    return connection.execute(update(visits).where(*held).values(values)).rowcount == 1


def _held_by(visit: Visit, site: str) -> str:
    whose = "" if visit.site == site else f" {visit.site}, which shares its pace, by"
    since = f"{visit.started:%Y-%m-%d %H:%M:%S} UTC" if visit.started else "just now"
    return (
        f"{site} is visited already:{whose} {in_words(visit.node)} since {since} — wait for its end, or end it with "
        f"`broadsheet schedule pause {visit.site} --stop`"
    )


def _is_run_done(connection: Connection, visit: Visit) -> bool:
    done = (runs.c.visit_id == visit.id, runs.c.attempt == visit.attempt, runs.c.outcome == str(Outcome.DONE))
    return connection.execute(select(runs.c.id).where(*done)).first() is not None


def _forsaken(connection: Connection, patience: timedelta) -> list[Visit]:
    silent: ColumnElement[bool] = nodes.c.beat < _now(connection) - patience
    query = select(visits, nodes.c.id.label("known"), silent.label("silent"))
    query = query.outerjoin(nodes, nodes.c.id == visits.c.node).where(visits.c.state == "running")
    lost = [row for row in connection.execute(query) if row.known is None or row.silent or is_dead(row.node)]
    return [_visit(row) for row in lost]


def _visit(row: Row[Any]) -> Visit:
    values = {name: getattr(row, name) for name in Visit.__slots__}
    return Visit(**{**values, "stop_wanted": bool(row.stop_wanted)})
