"""The queue of visits: planned, running and ended, and the nodes that run them.

The database itself enforces the rules that politeness and exactness depend on. Unique indexes allow one planned or
running visit per site, and one running visit per politeness key. A visit is planned, leased or ended in one
transaction together with its consequences. Times are taken from the database's clock, so that machines need not agree
on theirs.

A workflow engine was tried (DBOS 3.4). Its queues allow one job per site (deduplication) or one running job per key
(partitions), but not both, and we would still need our own leases, fencing and reclaiming.
"""

import socket
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, delete, func, insert, or_, select, update

from crawler.store.database import Database, current_time
from crawler.store.errors import StoreError
from crawler.store.lease_owner import describe_owner, interruption_of, is_dead, new_lease_owner
from crawler.store.old_visits import delete_old_visits
from crawler.store.schedules import due_schedules, exclusive_transaction
from crawler.store.schema import nodes, runs, schedules, visits

#: The row of a node that has vanished is kept this long, for display.
_NODE_RETENTION = timedelta(days=1)

#: No attempt is delayed for longer.
_LONGEST_WAIT = timedelta(days=1)

#: The reason for a visit: its site was due, a user asked the workers for it, or a user runs the crawl directly.
_SCHEDULED, _TRIGGERED, MANUAL = "schedule", "trigger", "hand"


class KeyBusy(StoreError):
    """Another visit is running on the same politeness key. The message says which, in which process, since when."""


class Outcome(StrEnum):
    """The outcome of an attempt, and finally of the visit.

    `INCOMPLETE` means that it ended as planned without a few of its articles; it is not repeated. `INTERRUPTED`
    means that its process or worker died.
    """

    DONE = "done"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class Visit:
    """A scheduled crawl of a site. `state` is ``queued``, ``running`` or ``ended``.

    `due` is the planned time, `started` the start of the latest attempt. `attempt` counts the attempts started; `id`
    and `attempt` together identify the lease (the fencing token).
    """

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

    @property
    def has_died(self) -> bool:
        """True if its process, on this machine, has died and this was not recorded yet (see `VisitQueue.reclaim`)."""
        return self.state == "running" and self.node is not None and is_dead(self.node)


@dataclass(frozen=True, slots=True)
class Node:
    """A worker, or a manual crawl, which has no `slots`. `beat` is its last heartbeat, `age` the time since then."""

    id: str
    name: str
    slots: int
    started: datetime
    beat: datetime
    age: timedelta
    running: int

    @property
    def is_worker(self) -> bool:
        """True if the node runs planned visits."""
        return self.slots > 0


class VisitQueue:
    """The visits of one database, and the nodes that run them.

    A node joins, leases visits, sends heartbeats (`renew`) and ends the visits it leased. If its last heartbeat is
    older than the lease time, or its process has died on this machine, its visits are reclaimed: queued again until
    they have used up their attempts. Late updates from a node that has lost its lease are ignored (fencing). Every
    method raises StoreError if the database fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def now(self) -> datetime:
        """Return the database's time."""
        with self._database.read() as connection:
            return current_time(connection)

    # -- planning --------------------------------------------------------------------------------------------------

    def plan_due(self, now: datetime, sites: Collection[str]) -> int:
        """Plan a visit for each schedule of `sites` that is due at `now` (schedule time); return the number planned.

        Each due time is planned once, even if several workers plan at the same time. If a site was missed repeatedly
        because nothing was planning, only one visit makes up for it.
        """
        with self._database.read() as connection:
            if not due_schedules(connection, now, sites):
                return 0
        with exclusive_transaction(self._database) as connection:
            due = due_schedules(connection, now, sites)
            for one in due:
                assert one.next_due is not None
                _plan(connection, one.site, one.key, one.next_due, _SCHEDULED)
                connection.execute(update(schedules).where(schedules.c.site == one.site).values(next_due=None))
            return len(due)

    def plan(self, site: str, key: str) -> bool:
        """Plan a visit for now, at a user's request. Return False if one is already planned or running."""
        with exclusive_transaction(self._database) as connection:
            active = select(visits.c.id).where(visits.c.site == site, visits.c.state != "ended")
            if connection.execute(active).first():
                return False
            _plan(connection, site, key, current_time(connection), _TRIGGERED)
            return True

    def cancel(self, sites: Collection[str]) -> int:
        """End the planned visits of `sites` and ask the running ones to stop. Return the number of visits."""
        with exclusive_transaction(self._database) as connection:
            of_sites = visits.c.site.in_(list(sites))
            queued = update(visits).where(of_sites, visits.c.state == "queued")
            ended = connection.execute(
                queued.values(
                    state="ended", outcome=str(Outcome.STOPPED), ended=current_time(connection), error="cancelled"
                )
            )
            running = update(visits).where(of_sites, visits.c.state == "running").values(stop_wanted=1)
            return ended.rowcount + connection.execute(running).rowcount

    # -- running ---------------------------------------------------------------------------------------------------

    def join(self, slots: int) -> str:
        """Register this process as a node for up to `slots` visits (0 for a manual crawl), and return its id."""
        node = new_lease_owner()
        with exclusive_transaction(self._database) as connection:
            connection.execute(delete(nodes).where(nodes.c.beat < current_time(connection) - _NODE_RETENTION))
            _insert_node(connection, node, slots)
        return node

    def leave(self, node: str) -> None:
        """Remove a node that has ended all its visits."""
        with exclusive_transaction(self._database) as connection:
            connection.execute(delete(nodes).where(nodes.c.id == node))

    def lease_next(self, node: str, sites: Collection[str]) -> Visit | None:
        """Lease the visit of one of `sites` that has waited longest and whose politeness key is not in use, or None."""
        with self._database.read() as connection:
            if not connection.execute(_select_ready(current_time(connection), sites)).first():
                return None
        with exclusive_transaction(self._database) as connection:
            now = current_time(connection)
            row = connection.execute(_select_ready(now, sites)).first()
            if row is None or not connection.scalar(select(nodes.c.id).where(nodes.c.id == node)):
                return None
            leased = update(visits).where(visits.c.id == row.id)
            connection.execute(leased.values(state="running", node=node, started=now, attempt=visits.c.attempt + 1))
            return _visit_from_row(connection.execute(select(visits).where(visits.c.id == row.id)).one())

    def begin_manual(self, node: str, site: str, key: str) -> Visit:
        """Begin a manual visit on `node`; a planned visit of the site stays planned. Raises KeyBusy."""
        with exclusive_transaction(self._database) as connection:
            busy = connection.execute(select(visits).where(visits.c.key == key, visits.c.state == "running")).first()
            if busy:
                raise KeyBusy(_busy_message(_visit_from_row(busy), site))
            now = current_time(connection)
            new = {"site": site, "key": key, "due": now, "reason": MANUAL, "not_before": now, "started": now}
            begun = insert(visits).values(**new, state="running", attempt=1, node=node, stop_wanted=0)
            return _visit_from_row(connection.execute(begun.returning(visits)).one())

    def renew(self, node: str, slots: int) -> dict[int, Visit]:
        """Record a heartbeat of `node`, and return the visits it holds, by id.

        Any other visit that the node is running was reclaimed and must be ended.
        """
        with exclusive_transaction(self._database) as connection:
            beat = update(nodes).where(nodes.c.id == node).values(beat=current_time(connection))
            if connection.execute(beat).rowcount == 0:  # it was silent so long that its row was deleted
                _insert_node(connection, node, slots)
            held = select(visits).where(visits.c.node == node, visits.c.state == "running")
            return {row.id: _visit_from_row(row) for row in connection.execute(held)}

    def end(self, visit: Visit, outcome: Outcome, error: str | None = None, *, again: timedelta | None = None) -> bool:
        """Record the end of the attempt `visit`; with `again`, queue the next attempt after that delay.

        Returns False and changes nothing if the visit was reclaimed in the meantime.
        """
        with exclusive_transaction(self._database) as connection:
            return _end(connection, visit, outcome, error, again=again)

    def reclaim(self, lease_time: timedelta, max_attempts: int) -> list[Visit]:
        """End the attempts of dead or silent nodes and queue their visits again. Return the visits as they were.

        A visit whose run is recorded as done or incomplete has ended; only the node's own report is missing. One whose
        run is recorded as failed or stopped has that outcome, others are interrupted.
        """
        with self._database.read() as connection:
            if not _find_abandoned(connection, lease_time):
                return []
        with exclusive_transaction(self._database) as connection:
            abandoned = _find_abandoned(connection, lease_time)
            for visit in abandoned:
                outcome, error = _find_recorded_end(connection, visit)
                if outcome in (Outcome.DONE, Outcome.INCOMPLETE):
                    _end(connection, visit, outcome, None, again=None)
                    continue
                again = timedelta(0) if visit.attempt < max_attempts and visit.reason != MANUAL else None
                _end(connection, visit, outcome, error, again=again)
                unended = (runs.c.visit_id == visit.id, runs.c.ended.is_(None))
                ended = {
                    "ended": current_time(connection),
                    "outcome": str(outcome),
                    "error": error,
                }
                connection.execute(update(runs).where(*unended).values(ended))
            return abandoned

    def delete_old(self, age: timedelta, keep_latest: int) -> int:
        """Delete visits and runs that ended longer than `age` ago, and return the number of rows deleted.

        The latest `keep_latest` of each site are kept.
        """
        return delete_old_visits(self._database, self.now() - age, keep_latest)

    # -- reporting -------------------------------------------------------------------------------------------------

    def history(self, site: str | None = None, *, limit: int = 50) -> list[Visit]:
        """Return the latest visits, newest first."""
        query = select(visits).order_by(visits.c.id.desc()).limit(limit)
        if site:
            query = query.where(visits.c.site == site)
        with self._database.read() as connection:
            return [_visit_from_row(row) for row in connection.execute(query)]

    def latest(self) -> dict[str, Visit]:
        """Return the latest visit of each site."""
        newest = select(func.max(visits.c.id)).group_by(visits.c.site)
        with self._database.read() as connection:
            rows = connection.execute(select(visits).where(visits.c.id.in_(newest)))
            return {row.site: _visit_from_row(row) for row in rows}

    def nodes(self) -> list[Node]:
        """Return the nodes that are alive or were seen recently, oldest first."""
        running = select(func.count()).where(visits.c.node == nodes.c.id, visits.c.state == "running")
        with self._database.read() as connection:
            now = current_time(connection)
            rows = connection.execute(select(nodes, running.scalar_subquery().label("running")))
            return sorted((Node(**row._mapping, age=now - row.beat) for row in rows), key=lambda node: node.started)


def _insert_node(connection: Connection, node: str, slots: int) -> None:
    now = current_time(connection)
    row = {"id": node, "name": socket.gethostname(), "slots": slots, "started": now, "beat": now}
    connection.execute(insert(nodes).values(row))


def _plan(connection: Connection, site: str, key: str, due: datetime, reason: str) -> None:
    new = {"site": site, "key": key, "due": due, "reason": reason, "not_before": current_time(connection)}
    connection.execute(insert(visits).values(**new, state="queued", attempt=0, stop_wanted=0))


def _select_ready(now: datetime, sites: Collection[str]) -> Any:
    running = visits.alias()
    busy = select(running.c.id).where(running.c.key == visits.c.key, running.c.state == "running").exists()
    # A longer wait was written by a clock that ran ahead.
    is_due = or_(visits.c.not_before <= now, visits.c.not_before > now + _LONGEST_WAIT)
    ready = (visits.c.state == "queued", is_due, visits.c.site.in_(list(sites)))
    return select(visits.c.id).where(*ready, ~busy).order_by(visits.c.not_before, visits.c.id).limit(1)


def _end(connection: Connection, visit: Visit, outcome: Outcome, error: str | None, *, again: timedelta | None) -> bool:
    now = current_time(connection)
    values: dict[str, Any] = {"outcome": str(outcome), "error": error, "ended": now, "node": None}
    values["state"] = "ended"
    if again is not None:
        values["state"] = case((visits.c.stop_wanted == 1, "ended"), else_="queued")
        values["not_before"] = now + again
    still_held = (visits.c.id == visit.id, visits.c.attempt == visit.attempt, visits.c.state == "running")
    return connection.execute(update(visits).where(*still_held).values(values)).rowcount == 1


def _busy_message(visit: Visit, site: str) -> str:
    other = "" if visit.site == site else f" {visit.site}, which shares its politeness key, in"
    since = f"{visit.started:%Y-%m-%d %H:%M:%S} UTC" if visit.started else "just now"
    return (
        f"{site} is already being visited:{other} {describe_owner(visit.node)} since {since} — "
        f"wait until it ends, or stop it with `broadsheet schedule pause {visit.site} --stop`"
    )


def _find_recorded_end(connection: Connection, visit: Visit) -> tuple[Outcome, str | None]:
    """Return outcome and error of a visit's run, if it is recorded; else that the visit was interrupted."""
    of_attempt = (runs.c.visit_id == visit.id, runs.c.attempt == visit.attempt, runs.c.outcome.is_not(None))
    found = connection.execute(select(runs.c.outcome, runs.c.error).where(*of_attempt).limit(1)).first()
    return (Outcome(found.outcome), found.error) if found else (Outcome.INTERRUPTED, interruption_of(visit.node))


def _find_abandoned(connection: Connection, lease_time: timedelta) -> list[Visit]:
    now = current_time(connection)
    # A heartbeat in the future was written by a clock that ran ahead: a living node has written another since.
    silent: ColumnElement[bool] = or_(nodes.c.beat < now - lease_time, nodes.c.beat > now + lease_time)
    query = select(visits, nodes.c.id.label("known"), silent.label("silent"))
    query = query.outerjoin(nodes, nodes.c.id == visits.c.node).where(visits.c.state == "running")
    lost = [row for row in connection.execute(query) if row.known is None or row.silent or is_dead(row.node)]
    return [_visit_from_row(row) for row in lost]


def _visit_from_row(row: Row[Any]) -> Visit:
    values = {name: getattr(row, name) for name in Visit.__slots__}
    return Visit(**{**values, "stop_wanted": bool(row.stop_wanted)})
