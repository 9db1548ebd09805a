"""The frontier: every address of a site that was ever found, and what became of it.

A row is *queued* until a crawl leases it, and *done* or *dropped* only once all that came of it is stored: a crawl
that is killed loses no more than what it had in hand. Rows outlive visits, so what an earlier visit had not come to
is still queued, and what is done is not asked for again unless somebody wants it to be.

Visits are numbered. What is queued while it is tried in vain waits for the next one; lists are read once in each.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from crawler.store import article_rows as rows
from crawler.store.database import Database
from crawler.store.lease_owner import is_dead, new_holder
from crawler.store.schema import articles, frontier, frontier_visits
from crawler.urls import url_key

#: How long a lease stands without its crawl being heard of; a crawl of this machine that died loses its own at once.
LEASE = timedelta(minutes=15)
#: A visit that died is gone on with for so long; later its lists are worth reading again.
RESUMED_WITHIN = timedelta(hours=6)
#: Visits in which an address may fail before it is given up.
MOST_FAILURES = 5

_KEYS_A_QUERY = 500

# Written out: SQLite uses an index over some rows only where the statement itself says that it is about those.
_IS_QUEUED = frontier.c.state == literal_column("'queued'")
_IS_LEASED = frontier.c.state == literal_column("'leased'")


class Kind(StrEnum):
    """What is expected behind an address. Lists of all kinds are read anew in each visit, articles are not."""

    ARTICLE = "article"
    LIST = "list"
    FEED = "feed"
    PAGE = "page"


class State(StrEnum):
    """Where an address stands."""

    QUEUED = "queued"
    LEASED = "leased"
    DONE = "done"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An address that was found. `request` is what its request is made of again, as JSON; `again` asks for it even if
    an earlier visit has done it; `is_held` says that its article is stored already: it is noted and not queued."""

    url: str
    kind: Kind
    priority: int = 0
    depth: int = 0
    found_on: str | None = None
    request: str | None = None
    again: bool = False
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """An address that this crawl has in hand."""

    id: int
    url: str
    kind: Kind
    priority: int
    depth: int
    found_on: str | None
    request: str | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a lease: `state` DONE or DROPPED is final, QUEUED puts it back for the next visit. One that
    `failed` is given up after a few of them. `aliases` are other addresses that turned out to be the same page."""

    id: int
    state: State
    reason: str | None = None
    failed: bool = False
    aliases: tuple[str, ...] = ()


class Frontier:
    """The frontier of one site, for one crawl of it. Times are UTC. Every method raises StoreError when the database
    cannot serve it; what it reports is on disk."""

    def __init__(self, database: Database, site: str) -> None:
        self._database = database
        self._site = site
        self._me = new_holder()
        self.visit = 0

    def begin(self, now: datetime) -> bool:
        """Begin a visit, or go on with one whose crawl died a short while ago; whether it goes on. What dead crawls
        had in hand is queued again, but for articles that they had stored."""
        with self._database.write() as connection:
            last = connection.execute(
                select(frontier_visits).where(frontier_visits.c.site == self._site).with_for_update()
            ).first()
            self._take_back(connection, now)
            waits = connection.scalar(
                select(frontier.c.id).where(self._is_waiting(last.number if last else 0)).limit(1)
            )
            goes_on = bool(last and not last.ended and now - last.started < RESUMED_WITHIN and waits is not None)
            if last is None:
                self.visit = 1
                connection.execute(insert(frontier_visits).values(site=self._site, number=1, started=now, ended=0))
            elif goes_on:
                self.visit = last.number
            else:
                self.visit = last.number + 1
                change = update(frontier_visits).where(frontier_visits.c.site == self._site)
                connection.execute(change.values(number=self.visit, started=now, ended=0))
            return goes_on

    def known(self, urls: Iterable[str]) -> set[str]:
        """Those of `urls` that were found before."""
        by_key: dict[bytes, list[str]] = {}
        for url in urls:
            by_key.setdefault(url_key(url), []).append(url)
        with self._database.read() as connection:
            return {url for key in self._rows(connection, list(by_key)) for url in by_key[key]}

    def reason(self, url: str) -> str | None:
        """Why `url` was dropped; ``None`` where it was not."""
        asked = and_(frontier.c.site == self._site, frontier.c.key == url_key(url))
        query = select(frontier.c.reason).where(asked, frontier.c.state == State.DROPPED)
        with self._database.read() as connection:
            return connection.scalar(query)

    def advance(
        self, *, settled: Sequence[Settled] = (), found: Sequence[Found] = (), lease: int = 0, now: datetime
    ) -> list[Lease]:
        """One step of a crawl in one transaction: what became of its leases, what it found, and at most `lease` more
        to do, those of the highest priority first."""
        with self._database.write() as connection:
            self._settle(connection, settled, now)
            self._add(connection, found, now)
            leased = self._lease(connection, lease, now) if lease else []
            aging = and_(self._is_mine(), frontier.c.leased_until < now + LEASE / 2)
            connection.execute(update(frontier).where(aging).values(leased_until=now + LEASE))
            return leased

    def end(self) -> None:
        """End the visit: give back what is still leased, note that it was not killed."""
        with self._database.write() as connection:
            back = update(frontier).where(self._is_mine())
            connection.execute(back.values(state=State.QUEUED, holder=None, leased_until=None))
            done = update(frontier_visits).where(frontier_visits.c.site == self._site)
            connection.execute(done.values(ended=1))

    def counts(self) -> dict[State, int]:
        """How many addresses are in each state."""
        query = select(frontier.c.state, func.count()).where(frontier.c.site == self._site).group_by(frontier.c.state)
        with self._database.read() as connection:
            return {State(state): number for state, number in connection.execute(query)}

    # -- steps -----------------------------------------------------------------------------------------------------

    def _is_waiting(self, visit: int) -> ColumnElement[bool]:
        return and_(frontier.c.site == self._site, _IS_QUEUED, frontier.c.visit != visit)

    def _is_mine(self) -> ColumnElement[bool]:
        return and_(frontier.c.site == self._site, _IS_LEASED, frontier.c.holder == self._me)

    def _take_back(self, connection: Connection, now: datetime) -> None:
        leased = and_(frontier.c.site == self._site, _IS_LEASED)
        query = select(frontier.c.id, frontier.c.url, frontier.c.kind, frontier.c.holder, frontier.c.leased_at)
        lost = or_(frontier.c.leased_until < now, frontier.c.holder.in_(self._dead(connection, leased)))
        for row in connection.execute(query.where(leased, lost)).all():
            stored = row.kind == Kind.ARTICLE and self._is_stored_since(connection, row.url, row.leased_at)
            state = State.DONE if stored else State.QUEUED
            change = update(frontier).where(frontier.c.id == row.id)
            connection.execute(change.values(state=state, holder=None, leased_until=None))

    def _dead(self, connection: Connection, leased: ColumnElement[bool]) -> list[str]:
        holders = connection.scalars(select(frontier.c.holder).where(leased).distinct())
        return [holder for holder in holders if holder and is_dead(holder)]

    @staticmethod
    def _is_stored_since(connection: Connection, url: str, moment: datetime) -> bool:
        article = rows.find_article_id(connection, url)
        seen = connection.scalar(select(articles.c.last_seen).where(articles.c.id == article)) if article else None
        return seen is not None and seen >= moment

    def _settle(self, connection: Connection, settled: Sequence[Settled], now: datetime) -> None:
        if not settled:
            return
        values = [
            {
                "row": one.id,
                "to": one.state,
                "why": one.reason,
                "failed": int(one.failed),
                "tried": self.visit,
            }
            for one in settled
        ]
        connection.execute(_SETTLE, values)
        aliases = [url for one in settled for url in one.aliases]
        self._add(connection, [Found(url=url, kind=Kind.ARTICLE, is_held=True) for url in aliases], now)

    def _add(self, connection: Connection, found: Sequence[Found], now: datetime) -> None:
        by_key = {url_key(one.url): one for one in found}
        if not by_key:
            return
        known = self._rows(connection, list(by_key))
        new = [self._row(key, one, now) for key, one in by_key.items() if key not in known]
        if new:
            connection.execute(_ADD[connection.dialect.name], new)
        again = [
            {"row": known[key].id, "request": one.request, "at": one.url, "rank": -one.priority}
            for key, one in by_key.items()
            if key in known and self._is_wanted_again(known[key], one)
        ]
        if again:
            connection.execute(_AGAIN, again)

    def _is_wanted_again(self, row: Any, found: Found) -> bool:
        wanted = found.again or found.kind in (Kind.LIST, Kind.FEED)
        return wanted and row.state in (State.DONE, State.DROPPED) and row.visit != self.visit and not found.is_held

    def _row(self, key: bytes, found: Found, now: datetime) -> dict[str, Any]:
        return {
            "site": self._site,
            "key": key,
            "url": found.url,
            "kind": found.kind,
            "state": State.DONE if found.is_held else State.QUEUED,
            "rank": -found.priority,
            "depth": found.depth,
            "found_on": found.found_on,
            "first_seen": now,
            "request": None if found.is_held else found.request,
            "visit": self.visit if found.is_held else 0,
            "failures": 0,
        }

    def _rows(self, connection: Connection, keys: Sequence[bytes]) -> dict[bytes, Any]:
        found: dict[bytes, Any] = {}
        for start in range(0, len(keys), _KEYS_A_QUERY):
            asked = {"site": self._site, "keys": keys[start : start + _KEYS_A_QUERY]}
            found.update((bytes(row.key), row) for row in connection.execute(_FIND, asked))
        return found

    def _lease(self, connection: Connection, number: int, now: datetime) -> list[Lease]:
        # SKIP LOCKED: two crawls of a site on PostgreSQL share its frontier without waiting for each other.
        best = (
            select(frontier.c.id)
            .where(self._is_waiting(self.visit))
            .order_by(frontier.c.rank, frontier.c.id)
            .limit(number)
            .with_for_update(skip_locked=True)
        )
        ids = list(connection.scalars(best))
        if not ids:
            return []
        taken = update(frontier).where(frontier.c.id.in_(ids))
        taken = taken.values(state=State.LEASED, holder=self._me, leased_at=now, leased_until=now + LEASE)
        leased = connection.execute(taken.returning(frontier)).all()
        found = [
            Lease(row.id, row.url, Kind(row.kind), -row.rank, row.depth, row.found_on, row.request) for row in leased
        ]
        return sorted(found, key=lambda one: (-one.priority, one.id))


_FIND = select(frontier.c.key, frontier.c.id, frontier.c.state, frontier.c.visit).where(
    frontier.c.site == bindparam("site"), frontier.c.key.in_(bindparam("keys", expanding=True))
)

_ADD = {
    dialect: new(frontier).on_conflict_do_nothing(index_elements=["site", "key"])
    for dialect, new in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}

_AGAIN = (
    update(frontier)
    .where(frontier.c.id == bindparam("row"))
    .values(state=State.QUEUED, request=bindparam("request"), url=bindparam("at"), rank=bindparam("rank"), failures=0)
)

_failures = frontier.c.failures + bindparam("failed", type_=Integer)
_given_up = and_(bindparam("failed", type_=Integer) == 1, _failures >= MOST_FAILURES)

#: A lease is over. What is final keeps no request: millions of rows are done, and few of them will be asked for again.
_SETTLE = (
    update(frontier)
    .where(frontier.c.id == bindparam("row"), frontier.c.state == State.LEASED)
    .values(
        state=case((_given_up, State.DROPPED), else_=bindparam("to", type_=Text)),
        reason=bindparam("why"),
        visit=bindparam("tried"),
        failures=_failures,
        request=case((bindparam("to", type_=Text) == State.QUEUED, frontier.c.request), else_=None),
        holder=None,
        leased_until=None,
    )
)
