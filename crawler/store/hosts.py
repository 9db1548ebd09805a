"""Host states and robots.txt states, shared by all crawls, and the lease on each host."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, text, update

from crawler.store.database import Database
from crawler.store.lease_owner import is_dead, new_lease_owner
from crawler.store.schema import hosts, robots

_INSERT_HOST = text("INSERT INTO hosts (key) VALUES (:key) ON CONFLICT DO NOTHING")
_SAVE_ROBOTS = text(
    "INSERT INTO robots (origin, state) VALUES (:origin, :state) ON CONFLICT (origin) DO UPDATE SET state = :state"
)


#: Seconds beyond which no lease lasts: one that does was written by a clock that ran ahead, and is ignored.
LONGEST_LEASE = 3600.0


@dataclass(frozen=True, slots=True)
class HostLease:
    """The exclusive right to request from a host, with the host's stored state.

    `was_interrupted` is True if the previous owner never released its lease: `state` then lacks the end of its last
    request.
    """

    state: str | None
    was_interrupted: bool


class HostStore:
    """Host states by politeness key and robots.txt states by origin, as text written by the politeness rules.

    At most one crawl of all that share the database holds the lease on a host. A lease ends when it is released, when
    it expires, or when its process has died on this machine. Times are seconds since the epoch (UTC). Every method
    raises StoreError if the database fails.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._owner = new_lease_owner()

    def lease(self, key: str, *, now: float, until: float) -> HostLease | None:
        """Lease the host `key` until `until` at most. Return None while another crawl holds the lease."""
        with self._database.write() as connection:
            row = self._get_or_insert(connection, key)
            is_held = row.holder not in (None, self._owner) and now < row.held_until <= now + LONGEST_LEASE
            if is_held and not is_dead(row.holder):
                return None
            connection.execute(update(hosts).where(hosts.c.key == key).values(holder=self._owner, held_until=until))
            return HostLease(row.state, was_interrupted=row.holder not in (None, self._owner))

    def release(self, key: str, change: Callable[[str | None], str | None]) -> str | None:
        """Apply `change` to the state of `key`, release its lease, and return the new state.

        If the lease has passed to another crawl, that crawl keeps it. The state is changed even then, since the
        request was made.
        """
        with self._database.write() as connection:
            row = self._get_or_insert(connection, key)
            state = change(row.state)
            released = {"holder": None, "held_until": None} if row.holder == self._owner else {}
            connection.execute(update(hosts).where(hosts.c.key == key).values(state=state, **released))
            return state

    def change(self, key: str, change: Callable[[str | None], str | None]) -> str | None:
        """Apply `change` to the state of `key`, regardless of its lease, and return the new state."""
        with self._database.write() as connection:
            state = change(self._get_or_insert(connection, key).state)
            connection.execute(update(hosts).where(hosts.c.key == key).values(state=state))
            return state

    def end_stale_lease(self, key: str, *, now: float) -> bool:
        """End the lease on `key` if no living crawl can hold it. Return True if there was such a lease."""
        with self._database.write() as connection:
            row = connection.execute(select(hosts.c.holder, hosts.c.held_until).where(hosts.c.key == key)).first()
            if row is None or row.holder is None:
                return False
            if now < row.held_until <= now + LONGEST_LEASE and not is_dead(row.holder):
                return False
            connection.execute(update(hosts).where(hosts.c.key == key).values(holder=None, held_until=None))
            return True

    def get_state(self, key: str) -> str | None:
        """Return the state of `key`, or None if there is no state."""
        with self._database.read() as connection:
            return connection.execute(select(hosts.c.state).where(hosts.c.key == key)).scalar()

    def get_robots(self, origin: str) -> str | None:
        """Return the state of the robots.txt of `origin`, or None if there is no state."""
        with self._database.read() as connection:
            return connection.execute(select(robots.c.state).where(robots.c.origin == origin)).scalar()

    def list_origins(self) -> list[str]:
        """Return the origins that have a robots.txt state, sorted."""
        with self._database.read() as connection:
            return list(connection.scalars(select(robots.c.origin).order_by(robots.c.origin)))

    def save_robots(self, origin: str, state: str) -> None:
        """Replace the state of the robots.txt of `origin`."""
        with self._database.write() as connection:
            connection.execute(_SAVE_ROBOTS, {"origin": origin, "state": state})

    def _get_or_insert(self, connection: Connection, key: str) -> Row[Any, Any, Any]:
        query = select(hosts.c.state, hosts.c.holder, hosts.c.held_until).where(hosts.c.key == key).with_for_update()
        row = connection.execute(query).first()
        if row is None:
            connection.execute(_INSERT_HOST, {"key": key})
            row = connection.execute(query).one()
        return row
