"""The frontier: every URL ever found on a site, and its state.

A row is *queued* until a crawl leases it. It becomes *done* or *dropped* only once everything derived from it is
stored, so a killed crawl loses only the URLs it was working on. Rows outlive visits: URLs that an earlier visit did
not reach are still queued, and done URLs are not fetched again unless requested.

Visits are numbered. A URL that failed and was put back waits for the next visit; lists are fetched once per visit.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
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
from crawler.store.database import Database, current_time
from crawler.store.frontier_urls import (
    DiscoveredUrl,
    LeaseResult,
    SettledUrl,
    UrlKind,
    UrlLease,
    UrlPriority,
    UrlState,
)
from crawler.store.lease_owner import is_dead, new_lease_owner
from crawler.store.schema import articles, frontier, frontier_visits
from crawler.urls import url_key

#: Time after which the lease of a silent crawl expires. A dead crawl of this machine loses its leases at once.
LEASE_TIME = timedelta(minutes=15)
#: A visit that died is resumed within this time; after that its lists are worth reading again.
RESUME_WITHIN = timedelta(hours=6)
#: Number of visits in which a URL may fail before it is dropped.
MAX_FAILURES = 5

#: Ranks that a postponed URL falls back: from any priority to behind all others.
_POSTPONED = 8
#: Highest priority of an article that was postponed.
POSTPONED_PRIORITY = max(UrlPriority) - _POSTPONED

_KEYS_PER_QUERY = 500

# Literals, not parameters: SQLite uses a partial index only if the statement itself contains the index's condition.
_IS_QUEUED = frontier.c.state == literal_column("'queued'")
_IS_LEASED = frontier.c.state == literal_column("'leased'")
_IS_LIST = frontier.c.kind.in_((UrlKind.LIST, UrlKind.FEED))


class Frontier:
    """The frontier of one site, for use by one crawl.

    Times are UTC, by default the database's. A write is on disk when its method returns. Every method raises
    StoreError if the database fails.
    """

    def __init__(self, database: Database, site: str) -> None:
        self._database = database
        self._site = site
        self._owner = new_lease_owner()
        self.visit = 0
        self._started = datetime.now(UTC)
        #: Articles that this crawl has to deal with: those that waited at its start and those queued since.
        self.articles_found = 0

    def begin(self, now: datetime | None = None) -> bool:
        """Begin a visit, or resume one whose crawl died recently. Return True if it is resumed.

        The URLs leased by dead crawls are queued again, except articles that they had already stored. So are those
        leased for longer than possible, by a clock that ran ahead. A resumed visit also tries again what failed before.
        """
        with self._database.write() as connection:
            now = now or current_time(connection)
            last = connection.execute(
                select(frontier_visits).where(frontier_visits.c.site == self._site).with_for_update()
            ).first()
            self._reclaim_leases(connection, now)
            waiting = connection.scalar(
                select(frontier.c.id).where(self._is_waiting(last.number if last else 0)).limit(1)
            )
            resumes = bool(last and not last.ended and abs(now - last.started) < RESUME_WITHIN and waiting is not None)
            if last is None:
                self.visit = 1
                connection.execute(insert(frontier_visits).values(site=self._site, number=1, started=now, ended=0))
            elif resumes:
                self.visit = last.number
                failed = and_(frontier.c.site == self._site, _IS_QUEUED, frontier.c.visit == last.number)
                connection.execute(update(frontier).where(failed).values(visit=0))
            else:
                self.visit = last.number + 1
                change = update(frontier_visits).where(frontier_visits.c.site == self._site)
                connection.execute(change.values(number=self.visit, started=now, ended=0))
            self._started = last.started if last and resumes else now
            if not resumes:
                self._demote_old_news(connection)
            self.articles_found = self._count_waiting_articles(connection)
            return resumes

    def count_waiting_articles(self) -> int:
        """Return the number of articles that this visit has not dealt with."""
        with self._database.read() as connection:
            return self._count_waiting_articles(connection)

    def waiting_lists(self) -> list[tuple[str, str | None]]:
        """Return the lists and feeds that this visit has not read: each URL with the JSON of its request."""
        query = select(frontier.c.url, frontier.c.request).where(self._is_waiting(self.visit), _IS_LIST)
        with self._database.read() as connection:
            return [(row.url, row.request) for row in connection.execute(query.order_by(frontier.c.id))]

    def settled_before(self) -> list[SettledUrl]:
        """Return what the visit had settled before it was resumed: its lists, and articles that are not done."""
        is_final = or_(_IS_LIST, frontier.c.state != UrlState.DONE)
        query = select(frontier.c.url, frontier.c.kind, frontier.c.state, frontier.c.reason).where(
            frontier.c.site == self._site, frontier.c.visit == self.visit, is_final
        )
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(frontier.c.id))
            return [SettledUrl(row.url, UrlKind(row.kind), UrlState(row.state), row.reason) for row in rows]

    def read_times(self, urls: Iterable[str]) -> dict[str, datetime]:
        """Return those of `urls` that an earlier visit has read, with the time it did so last."""
        return {
            url: row.leased_at
            for url, row in self._look_up(urls).items()
            if row.state == UrlState.DONE and row.leased_at is not None and row.visit != self.visit
        }

    def find_states(self, urls: Iterable[str]) -> dict[str, tuple[UrlState, datetime | None]]:
        """Return the state of those of `urls` that are known, and the time when each was last leased."""
        return {url: (UrlState(row.state), row.leased_at) for url, row in self._look_up(urls).items()}

    def find_known(self, urls: Iterable[str]) -> set[str]:
        """Return those of `urls` that are in the frontier, in any state."""
        by_key: dict[bytes, list[str]] = {}
        for url in urls:
            by_key.setdefault(url_key(url), []).append(url)
        with self._database.read() as connection:
            return {url for key in self._find_rows(connection, list(by_key)) for url in by_key[key]}

    def find_given_up(self, urls: Iterable[str]) -> set[str]:
        """Return those of `urls` that are not requested any more because they failed in MAX_FAILURES visits."""
        rows = self._look_up(urls).items()
        return {url for url, row in rows if row.state == UrlState.DROPPED and row.failures >= MAX_FAILURES}

    def find_drop_reason(self, url: str) -> str | None:
        """Return the reason `url` was dropped, or None if it was not."""
        same_url = and_(frontier.c.site == self._site, frontier.c.key == url_key(url))
        query = select(frontier.c.reason).where(same_url, frontier.c.state == UrlState.DROPPED)
        with self._database.read() as connection:
            return connection.scalar(query)

    def advance(
        self,
        *,
        results: Sequence[LeaseResult] = (),
        discovered: Sequence[DiscoveredUrl] = (),
        lease: int = 0,
        now: datetime | None = None,
    ) -> list[UrlLease]:
        """Perform one step of a crawl in one transaction.

        Records the results of leases, adds discovered URLs, renews the crawl's aging leases, and returns up to `lease`
        new leases, highest priority first.
        """
        with self._database.write() as connection:
            now = now or current_time(connection)
            self._record_results(connection, results, now)
            self._add_urls(connection, discovered, now)
            leased = self._lease_urls(connection, lease, now) if lease else []
            aging = and_(self._is_mine(), frontier.c.leased_until < now + LEASE_TIME / 2)
            connection.execute(update(frontier).where(aging).values(leased_until=now + LEASE_TIME))
            return leased

    def end(self) -> None:
        """End the visit: release the remaining leases, and record that the crawl was not killed.

        A released URL keeps its holder, see `UrlLease.unfinished_since`.
        """
        with self._database.write() as connection:
            release = update(frontier).where(self._is_mine())
            connection.execute(release.values(state=UrlState.QUEUED, leased_until=None))
            done = update(frontier_visits).where(frontier_visits.c.site == self._site)
            connection.execute(done.values(ended=1))

    # -- steps -----------------------------------------------------------------------------------------------------

    def _is_waiting(self, visit: int) -> ColumnElement[bool]:
        return and_(frontier.c.site == self._site, _IS_QUEUED, frontier.c.visit != visit)

    def _count_waiting_articles(self, connection: Connection) -> int:
        query = select(func.count()).select_from(frontier).where(self._is_waiting(self.visit), ~_IS_LIST)
        return connection.scalar(query) or 0

    def _demote_old_news(self, connection: Connection) -> None:
        """Let articles that an earlier visit found but did not reach wait behind the news of this one."""
        old = and_(frontier.c.site == self._site, _IS_QUEUED, frontier.c.rank == -UrlPriority.NEWS)
        connection.execute(update(frontier).where(old).values(rank=-UrlPriority.BACKLOG))

    def _find_recency(self, discovered: DiscoveredUrl) -> int:
        return -int((discovered.dated or self._started).timestamp())

    def _is_mine(self) -> ColumnElement[bool]:
        return and_(frontier.c.site == self._site, _IS_LEASED, frontier.c.holder == self._owner)

    def _reclaim_leases(self, connection: Connection, now: datetime) -> None:
        leased = and_(frontier.c.site == self._site, _IS_LEASED)
        query = select(frontier.c.id, frontier.c.url, frontier.c.kind, frontier.c.holder, frontier.c.leased_at)
        expired = or_(frontier.c.leased_until < now, frontier.c.leased_until > now + 2 * LEASE_TIME)
        lost = or_(expired, frontier.c.holder.in_(self._find_dead_owners(connection, leased)))
        for row in connection.execute(query.where(leased, lost)).all():
            stored = row.kind == UrlKind.ARTICLE and self._is_stored_since(connection, row.url, row.leased_at)
            state, holder = (UrlState.DONE, None) if stored else (UrlState.QUEUED, row.holder)
            change = update(frontier).where(frontier.c.id == row.id)
            connection.execute(change.values(state=state, holder=holder, leased_until=None))

    def _find_dead_owners(self, connection: Connection, leased: ColumnElement[bool]) -> list[str]:
        owners = connection.scalars(select(frontier.c.holder).where(leased).distinct())
        return [owner for owner in owners if owner and is_dead(owner)]

    @staticmethod
    def _is_stored_since(connection: Connection, url: str, moment: datetime) -> bool:
        article = rows.find_article_id(connection, url)
        seen = connection.scalar(select(articles.c.last_seen).where(articles.c.id == article)) if article else None
        return seen is not None and seen >= moment

    def _record_results(self, connection: Connection, results: Sequence[LeaseResult], now: datetime) -> None:
        if not results:
            return
        values = [
            {
                "row": result.id,
                "to": result.state,
                "why": result.reason,
                "failed": int(result.has_failed),
                "postponed": int(result.is_postponed),
                "tried": self.visit,
            }
            for result in results
        ]
        connection.execute(_END_LEASE, values)
        aliases = [url for result in results for url in result.aliases]
        self._add_urls(
            connection, [DiscoveredUrl(url=url, kind=UrlKind.ARTICLE, is_stored=True) for url in aliases], now
        )

    def _add_urls(self, connection: Connection, discovered: Sequence[DiscoveredUrl], now: datetime) -> None:
        by_key = {url_key(one.url): one for one in discovered}
        if not by_key:
            return
        known = self._find_rows(connection, list(by_key))
        new = [self._new_row(key, one, now) for key, one in by_key.items() if key not in known]
        if new:
            connection.execute(_ADD[connection.dialect.name], new)
        again = [one for key, one in by_key.items() if key in known and self._must_requeue(known[key], one)]
        if again:
            rows = [
                {
                    "row": known[url_key(one.url)].id,
                    "request": one.request,
                    "at": one.url,
                    "rank": -one.priority,
                    "recency": self._find_recency(one),
                }
                for one in again
            ]
            connection.execute(_REQUEUE, rows)
        queued = [row["kind"] for row in new if row["state"] is UrlState.QUEUED] + [one.kind for one in again]
        self.articles_found += sum(kind not in (UrlKind.LIST, UrlKind.FEED) for kind in queued)

    def _must_requeue(self, row: Any, discovered: DiscoveredUrl) -> bool:
        wanted = discovered.is_wanted_again or discovered.kind in (UrlKind.LIST, UrlKind.FEED)
        is_final = row.state in (UrlState.DONE, UrlState.DROPPED)
        return wanted and is_final and row.visit != self.visit and not discovered.is_stored

    def _new_row(self, key: bytes, discovered: DiscoveredUrl, now: datetime) -> dict[str, Any]:
        return {
            "site": self._site,
            "key": key,
            "url": discovered.url,
            "kind": discovered.kind,
            "state": UrlState.DONE if discovered.is_stored else UrlState.QUEUED,
            "rank": -discovered.priority,
            "recency": self._find_recency(discovered),
            "depth": discovered.depth,
            "found_on": discovered.found_on,
            "first_seen": now,
            "request": None if discovered.is_stored else discovered.request,
            "visit": self.visit if discovered.is_stored else 0,
            "failures": 0,
        }

    def _look_up(self, urls: Iterable[str]) -> dict[str, Any]:
        by_key = {url_key(url): url for url in urls}
        with self._database.read() as connection:
            return {by_key[key]: row for key, row in self._find_rows(connection, list(by_key)).items()}

    def _find_rows(self, connection: Connection, keys: Sequence[bytes]) -> dict[bytes, Any]:
        found: dict[bytes, Any] = {}
        for start in range(0, len(keys), _KEYS_PER_QUERY):
            wanted = {"site": self._site, "keys": keys[start : start + _KEYS_PER_QUERY]}
            found.update((bytes(row.key), row) for row in connection.execute(_FIND, wanted))
        return found

    def _lease_urls(self, connection: Connection, number: int, now: datetime) -> list[UrlLease]:
        # SKIP LOCKED: on PostgreSQL two crawls of a site share its frontier without waiting for each other.
        best = (
            select(frontier.c.id, frontier.c.rank)
            .where(self._is_waiting(self.visit))
            .order_by(frontier.c.rank, frontier.c.recency, frontier.c.id)
            .limit(number)
            .with_for_update(skip_locked=True)
        )
        found = connection.execute(best).all()
        # Lists are leased alone: the news in them come before all that waits behind them.
        are_lists = bool(found) and found[0].rank == -UrlPriority.LIST
        ids = [row.id for row in found if not are_lists or row.rank == found[0].rank]
        if not ids:
            return []
        is_unfinished = and_(frontier.c.holder.is_not(None), frontier.c.leased_at <= now)
        change = update(frontier).where(frontier.c.id.in_(ids))
        change = change.values(
            state=UrlState.LEASED,
            holder=self._owner,
            leased_at=case((is_unfinished, frontier.c.leased_at), else_=now),
            leased_until=now + LEASE_TIME,
        )
        leases = [
            UrlLease(
                row.id,
                row.url,
                UrlKind(row.kind),
                -row.rank,
                row.depth,
                row.found_on,
                row.request,
                row.leased_at if row.leased_at < now else None,
            )
            for row in connection.execute(change.returning(frontier)).all()
        ]
        order = {number: place for place, number in enumerate(ids)}
        return sorted(leases, key=lambda lease: order[lease.id])


_FIND = select(
    frontier.c.key, frontier.c.id, frontier.c.state, frontier.c.visit, frontier.c.failures, frontier.c.leased_at
).where(frontier.c.site == bindparam("site"), frontier.c.key.in_(bindparam("keys", expanding=True)))

_ADD = {
    dialect: new(frontier).on_conflict_do_nothing(index_elements=["site", "key"])
    for dialect, new in (("sqlite", sqlite.insert), ("postgresql", postgresql.insert))
}

_REQUEUE = (
    update(frontier)
    .where(frontier.c.id == bindparam("row"))
    .values(
        state=UrlState.QUEUED,
        request=bindparam("request"),
        url=bindparam("at"),
        rank=bindparam("rank"),
        recency=bindparam("recency"),
        failures=0,
    )
)

_failures = frontier.c.failures + bindparam("failed", type_=Integer)
_is_given_up = and_(bindparam("failed", type_=Integer) == 1, _failures >= MAX_FAILURES)

#: Ends a lease. Final rows keep no request: millions of rows are done, and few of them will be fetched again.
_END_LEASE = (
    update(frontier)
    .where(frontier.c.id == bindparam("row"), frontier.c.state == UrlState.LEASED)
    .values(
        state=case((_is_given_up, UrlState.DROPPED), else_=bindparam("to", type_=Text)),
        reason=bindparam("why"),
        visit=bindparam("tried"),
        failures=_failures,
        rank=frontier.c.rank + bindparam("postponed", type_=Integer) * _POSTPONED,
        request=case((bindparam("to", type_=Text) == UrlState.QUEUED, frontier.c.request), else_=None),
        holder=None,
        leased_until=None,
    )
)
