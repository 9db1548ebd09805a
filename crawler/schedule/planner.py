"""Plans the visits of sites as their cadences say."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType

from crawler.politeness.hours import Hours
from crawler.politeness.keys import politeness_key
from crawler.schedule.cadence import read_cadence
from crawler.schedule.change_rate import PastVisit
from crawler.sites import Site
from crawler.store import Run, Store
from crawler.store.runs import NEW_FROM
from crawler.store.schedules import Schedule
from crawler.store.visits import Visit

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
            due = self._due(schedule, visit)
            if due:
                self._store.schedules.set_next(schedule, due, after=visit.id if visit else None)
        return self._store.visits.plan_due(self._clock(self._store.visits.now()), self._sites)

    def _due(self, schedule: Schedule, latest: Visit | None) -> datetime | None:
        site = self._sites[schedule.site]
        # Of the attempts at a visit the last one tells how it was.
        runs = {run.visit_id or -run.id: run for run in reversed(self._store.runs.list(site.name, limit=_HISTORY))}
        last = runs.pop(latest.id, None) if latest else None
        history = [past_visit(run, self._clock(run.started)) for run in runs.values()]
        if latest:  # by the database's clock: the crawl noted its start by its own machine's
            began = self._clock(latest.started or latest.ended or latest.not_before)
            history.append(past_visit(last, began) if last else PastVisit(began, None))
        history.sort(key=lambda visit: visit.started)
        due = read_cadence(schedule.cadence, schedule.timezone, site.name).due(history, schedule.since)
        if due and site.hours:
            opens = Hours.parse(site.hours, schedule.timezone).opens_at(due.timestamp())
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


def past_visit(run: Run, started: datetime) -> PastVisit:
    """What a cadence learns from a run: nothing of its lists where it failed or did not come to its end."""
    if run.outcome not in ("done", "stopped"):
        return PastVisit(started, None)
    by_list = {name: int(new) for name, new in run.stats.items() if name.startswith(NEW_FROM)}
    return PastVisit(started, by_list or {"": int(run.stats.get("store/first", 0))})
