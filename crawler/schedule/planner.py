"""Plans the visits of sites as their cadences say."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from crawler.politeness.hours import Hours
from crawler.politeness.keys import politeness_key
from crawler.schedule.cadence import read_cadence
from crawler.schedule.rates import PastVisit
from crawler.sites import Site
from crawler.store import Run, Store
from crawler.store.schedules import Schedule

#: Statistic of a run: the new articles a list page brought, its URL behind this.
NEW_FROM = "portal/new/"

#: Past visits that a cadence looks at.
_HISTORY = 200

#: The time the schedules live by, of the database's.
Clock = Callable[[datetime], datetime]


def as_it_is(now: datetime) -> datetime:
    """The clock of everyday: the database's own."""
    return now


class Planner:
    """Keeps the schedules of sites and plans what is due. Any number may do so at once: a due time is planned once."""

    def __init__(
        self,
        store: Store,
        sites: Mapping[str, Site],
        *,
        servers: Mapping[str, str] = MappingProxyType({}),
        clock: Clock = as_it_is,
    ) -> None:
        self._store = store
        self._servers = servers
        self._clock = clock
        self.keep(sites)

    def keep(self, sites: Mapping[str, Site]) -> None:
        """Take over the site files' word."""
        self._sites = dict(sites)
        now = self._clock(self._store.visits.now())
        self._store.schedules.put(schedule_of(site, now, self._servers) for site in sites.values())

    def plan(self) -> int:
        """Plan every visit that is due; how many."""
        latest = None
        for schedule in self._store.schedules.unplanned():
            if schedule.cadence == "manual" or schedule.site not in self._sites:
                continue  # a site that is no more, or another machine's
            latest = latest if latest is not None else self._store.visits.latest()
            visit = latest.get(schedule.site)
            due = self._due(schedule, (visit.started or visit.ended) if visit else None)
            if due:
                self._store.schedules.set_next(schedule, due, after=visit.id if visit else None)
        return self._store.visits.plan_due(self._clock(self._store.visits.now()), self._sites)

    def _due(self, schedule: Schedule, last: datetime | None) -> datetime | None:
        site = self._sites[schedule.site]
        history = [past_visit(run, self._clock) for run in self._store.runs.list(site.name, limit=_HISTORY)][::-1]
        if last and not (history and history[-1].started >= self._clock(last)):
            history.append(PastVisit(self._clock(last), None))  # it died before its run began
        due = read_cadence(schedule.cadence, schedule.timezone, site.name).due(history, schedule.since)
        if due and site.hours:
            opens = Hours.of(site.hours, schedule.timezone).opens_at(due.timestamp())
            due = datetime.fromtimestamp(max(opens, due.timestamp()), due.tzinfo)
        return due


def schedule_of(site: Site, since: datetime, servers: Mapping[str, str]) -> Schedule:
    """The schedule a site file asks for, held from `since` on."""
    return Schedule(
        site=site.name,
        key=politeness_key(site.home, servers),
        cadence=site.cadence,
        timezone=site.timezone or "UTC",
        since=since,
        paused=False,
        next_due=None,
    )


def past_visit(run: Run, clock: Clock) -> PastVisit:
    """What a cadence learns from a run: nothing of its lists where it failed or did not come to its end."""
    if run.outcome not in ("done", "stopped"):
        return PastVisit(clock(run.started), None)
    by_list = {name: int(new) for name, new in run.stats.items() if name.startswith(NEW_FROM)}
    return PastVisit(clock(run.started), by_list or {"": int(run.stats.get("store/first", 0))})
