"""Plans the visits of sites according to their cadences."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from crawler.discovery.rereads import find_due_time
from crawler.politeness.hours import Hours
from crawler.politeness.keys import politeness_key
from crawler.schedule.cadence import read_cadence
from crawler.schedule.change_rate import PastVisit
from crawler.sites import Site
from crawler.store import Run, Store
from crawler.store.runs import NEW_FROM
from crawler.store.schedules import Schedule
from crawler.store.visits import Visit

#: Minimum time between visits made to read articles again.
_BETWEEN_REREADS = timedelta(hours=1)
#: Number of past runs that a cadence considers.
_HISTORY = 200

#: Converts the database's time to schedule time. Tests use a faster clock.
Clock = Callable[[datetime], datetime]


def database_time(now: datetime) -> datetime:
    """Return the database's time unchanged."""
    return now


class Planner:
    """Keeps the schedules of sites up to date and plans due visits.

    Several planners may run at once; each due time is planned once.
    """

    def __init__(
        self,
        store: Store,
        sites: Mapping[str, Site],
        *,
        servers: Mapping[str, str] = MappingProxyType({}),
        clock: Clock = database_time,
    ) -> None:
        self._store = store
        self._servers = servers
        self._clock = clock
        self.update_sites(sites)

    def update_sites(self, sites: Mapping[str, Site]) -> None:
        """Update the schedules from the site files."""
        self._sites = dict(sites)
        database_now = self._store.visits.now()
        self._store.schedules.forget_future(database_now)
        now = self._clock(database_now)
        self._store.schedules.put(make_schedule(site, now, self._servers) for site in sites.values())

    def plan_due_visits(self) -> int:
        """Plan every visit that is due, and return their number."""
        latest = None
        for schedule in self._store.schedules.list_unplanned():
            if schedule.cadence == "manual" or schedule.site not in self._sites:
                continue  # the site was removed, or belongs to another machine
            latest = latest if latest is not None else self._store.visits.latest()
            visit = latest.get(schedule.site)
            due = self._compute_due(schedule, visit)
            if due:
                self._store.schedules.set_next(schedule, due, after=visit.id if visit else None)
        return self._store.visits.plan_due(self._clock(self._store.visits.now()), self._sites)

    def _compute_due(self, schedule: Schedule, latest: Visit | None) -> datetime | None:
        site = self._sites[schedule.site]
        # Of the attempts of a visit, the last one counts.
        runs = {run.visit_id or -run.id: run for run in reversed(self._store.runs.list(site.name, limit=_HISTORY))}
        last = runs.pop(latest.id, None) if latest else None
        history = [_past_visit(run, self._clock(run.started)) for run in runs.values()]
        if latest:  # by the database's clock, since the run's own start is by the crawl's machine
            began = self._clock(latest.started or latest.ended or latest.not_before)
            history.append(_past_visit(last, began) if last else PastVisit(began, None))
        now = self._clock(self._store.visits.now())
        history = [visit for visit in history if visit.started <= now]  # others ran on a clock that was ahead
        history.sort(key=lambda visit: visit.started)
        due = read_cadence(schedule.cadence, schedule.timezone, site.name).next_due(history, min(schedule.since, now))
        if due and schedule.cadence == "adaptive" and history and history[-1].new is not None:
            due = min(due, self._find_reread_due(site, history[-1].started) or due)
        if due and site.hours:
            opens = Hours.parse(site.hours, schedule.timezone).opens_at(due.timestamp())
            due = datetime.fromtimestamp(max(opens, due.timestamp()), due.tzinfo)
        return due

    def _find_reread_due(self, site: Site, last_visit: datetime) -> datetime | None:
        """Return the time of a visit in which articles are due to be read again, ``None`` if none will be."""
        if not site.reread:
            return None
        since = self._store.visits.now() - 2 * max(site.reread)
        known = self._store.articles.first_seen_since(site.name, since)
        times = [due for article in known if (due := find_due_time(article, site.reread)) is not None]
        return max(self._clock(min(times)), last_visit + _BETWEEN_REREADS) if times else None


def make_schedule(site: Site, since: datetime, servers: Mapping[str, str]) -> Schedule:
    """Return the schedule that a site file defines, in effect from `since`."""
    return Schedule(
        site=site.name,
        key=politeness_key(site.home, servers),
        cadence=site.cadence,
        timezone=site.timezone or "UTC",
        since=since,
        paused=False,
        next_due=None,
    )


def _past_visit(run: Run, started: datetime) -> PastVisit:
    """Return a run as input for a cadence. A run that failed or died has no counts of new articles."""
    if run.outcome not in ("done", "incomplete", "stopped"):
        return PastVisit(started, None)
    by_list = {name: int(new) for name, new in run.stats.items() if name.startswith(NEW_FROM)}
    return PastVisit(started, by_list or {"": run.new_articles})
