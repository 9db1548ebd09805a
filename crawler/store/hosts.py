"""What every crawl knows of the hosts, shared by all of them, and whose turn it is on each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, text, update

from crawler.store.database import Database
from crawler.store.lease_owner import is_dead, new_holder
from crawler.store.schema import hosts, robots

_INSERT_HOST = text("INSERT INTO hosts (key) VALUES (:key) ON CONFLICT DO NOTHING")
_KEEP_ROBOTS = text(
    "INSERT INTO robots (origin, state) VALUES (:origin, :state) ON CONFLICT (origin) DO UPDATE SET state = :state"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A turn on a host. `state` is what is known of it; `interrupted` says that the holder before never gave it back,
    so that the end of its last request is not in `state`."""

    state: str | None
    interrupted: bool


class HostStore:
    """Hosts by politeness key and robots.txt by origin, each with a state in the words of the politeness rules.

    A host has one holder at a time among all crawls that share the database. A claim ends when it is released, when
    its time is over, or when its process has died on this machine. Times are seconds since the epoch (UTC). Every
    method raises StoreError when the database cannot serve it.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._me = new_holder()

    def claim(self, key: str, *, now: float, until: float) -> Claim | None:
        """Take the turn on `key` until `until` at the latest; ``None`` while another has it."""
        with self._database.write() as connection:
            row = self._row(connection, key)
            if row.holder not in (None, self._me) and row.held_until > now and not is_dead(row.holder):
                return None
            connection.execute(update(hosts).where(hosts.c.key == key).values(holder=self._me, held_until=until))
            return Claim(row.state, interrupted=row.holder not in (None, self._me))

    def release(self, key: str, change: Callable[[str | None], str | None]) -> str | None:
        """Give the turn on `key` back, its state changed by `change`; the new state. A turn that was lost meanwhile
        leaves the holder as it is, but the state is changed all the same: the request was made."""
        with self._database.write() as connection:
            row = self._row(connection, key)
            state = change(row.state)
            free = {"holder": None, "held_until": None} if row.holder == self._me else {}
            connection.execute(update(hosts).where(hosts.c.key == key).values(state=state, **free))
            return state

    def change(self, key: str, change: Callable[[str | None], str | None]) -> str | None:
        """Change the state of `key` by `change`, whoever holds it; the new state."""
        with self._database.write() as connection:
            state = change(self._row(connection, key).state)
            connection.execute(update(hosts).where(hosts.c.key == key).values(state=state))
            return state

    def state(self, key: str) -> str | None:
        """The state of `key`, ``None`` where nothing is known."""
        with self._database.read() as connection:
            return connection.execute(select(hosts.c.state).where(hosts.c.key == key)).scalar()

    def robots(self, origin: str) -> str | None:
        """The state of `origin`'s robots.txt, ``None`` where nothing is known."""
        with self._database.read() as connection:
            return connection.execute(select(robots.c.state).where(robots.c.origin == origin)).scalar()

    def origins(self) -> list[str]:
        """The origins whose robots.txt something is known of."""
        with self._database.read() as connection:
            return list(connection.scalars(select(robots.c.origin).order_by(robots.c.origin)))

    def keep_robots(self, origin: str, state: str) -> None:
        """Replace what is known of `origin`'s robots.txt."""
        with self._database.write() as connection:
            connection.execute(_KEEP_ROBOTS, {"origin": origin, "state": state})

    def _row(self, connection: Connection, key: str) -> Row[Any, Any, Any]:
        query = select(hosts.c.state, hosts.c.holder, hosts.c.held_until).where(hosts.c.key == key).with_for_update()
        row = connection.execute(query).first()
        if row is None:
            connection.execute(_INSERT_HOST, {"key": key})
            row = connection.execute(query).one()
        return row
