"""``broadsheet schedule``: plan and run visits; list, pause, resume and trigger them."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from crawler.commands import options
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED
from crawler.commands.output import print_json, print_text
from crawler.commands.tables import print_table
from crawler.schedule.cadence import read_cadence
from crawler.sites import Site
from crawler.store import Store
from crawler.store.lease_owner import interruption_of
from crawler.store.schedules import Schedule
from crawler.store.visits import Outcome, Visit

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Plan and run the visits of sites; pause, resume or trigger them."
)

Names = Annotated[list[str], typer.Argument(metavar="SITE...", help="Names of sites, as listed by `broadsheet sites`.")]


@app.command()
def run(
    names: options.Only = None,
    slots: options.Slots = 2,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
) -> int:
    """Plan the visits of sites by their cadences and run them, until Ctrl-C.

    One machine needs only this command; `broadsheet worker` adds more machines.
    """
    from crawler.commands.worker import run_worker

    return run_worker(DataFolder(data, database), folders, names or (), slots=slots, plans=True)


@app.command(name="list")
def list_(
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """List each site's cadence, the outcome of its last visit and the time of the next, in the site's time zone."""
    sites = options.load_known_sites(folders)
    folder = DataFolder(data, database)
    schedules: dict[str, Schedule] = {}
    latest: dict[str, Visit] = {}
    if folder.has_database:
        with folder.read_store() as store:
            schedules = {schedule.site: schedule for schedule in store.schedules.all()}
            latest = store.visits.latest()
    rows = [_schedule_row(site, schedules.get(name), latest.get(name)) for name, site in sorted(sites.items())]
    if as_json:
        _print_json(rows)
        return
    cells = [
        (
            row["site"],
            row["cadence_in_words"],
            row["state"],
            _format_outcome(row),
            _format_time_in(row["next_due"], row["timezone"]),
        )
        for row in rows
    ]
    print_table("Schedules", ["site", "cadence", "state", "last visit", "next due"], cells)


@app.command()
def pause(
    names: Names,
    stop: Annotated[
        bool, typer.Option("--stop", help="Also cancel planned visits and end running ones gracefully.")
    ] = False,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
) -> None:
    """Plan no more visits of these sites; visits already planned or running continue unless --stop is given."""
    with _open_scheduled(names, folders, DataFolder(data, database)) as store:
        store.schedules.set_paused(names, True)
        if stop:
            print_text(f"{store.visits.cancel(names)} visits cancelled or stopping")


@app.command()
def resume(
    names: Names,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
) -> None:
    """Plan visits of these sites again; visits missed during the pause are made up by one visit."""
    with _open_scheduled(names, folders, DataFolder(data, database)) as store:
        store.schedules.set_paused(names, False)


@app.command()
def trigger(
    names: Names,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Plan a visit of these sites now, even if paused; exit 1 if one is already planned or running."""
    with _open_scheduled(names, folders, DataFolder(data, database)) as store:
        keys = {schedule.site: schedule.key for schedule in store.schedules.all()}
        planned = {name: store.visits.plan(name, keys[name]) for name in dict.fromkeys(names)}
        has_worker = any(node.is_worker and node.age < timedelta(minutes=1) for node in store.visits.nodes())
    if as_json:
        _print_json([{"site": name, "planned": is_new} for name, is_new in planned.items()])
    else:
        for name, is_new in planned.items():
            print_text(f"{name}: {'planned' if is_new else 'a visit is already planned or running'}")
        if not has_worker:
            print_text("no worker is running — start `broadsheet schedule run` or `broadsheet worker`")
    return DONE if all(planned.values()) else FAILED


@app.command()
def history(
    site: Annotated[str | None, typer.Argument(metavar="[SITE]", help="List only the visits of this site.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="List at most this many visits.")] = 20,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """List the latest visits, newest first: times, attempt, outcome, new and lost articles, and error."""
    with DataFolder(data, database).read_store() as store:
        rows = [_visit_row(store, visit) for visit in store.visits.history(site, limit=limit)]
    if as_json:
        _print_json(rows)
        return
    cells = [
        (
            row["site"],
            _format_time_in(row["due"], "UTC"),
            _format_time_in(row["started"], "UTC"),
            "" if row["seconds"] is None else f"{row['seconds']:.0f} s",
            str(row["attempt"]),
            row["outcome"] or row["state"],
            "" if row["new"] is None else str(row["new"]),
            str(row["articles"]["lost"]) if row["articles"] else "",
            row["error"] or "",
        )
        for row in rows
    ]
    columns = ["site", "due", "started", "duration", "attempt", "outcome", "new", "lost", "error"]
    print_table("Visits (UTC)", columns, cells)


def _open_scheduled(names: Iterable[str], folders: str | None, folder: DataFolder) -> Store:
    """Open the store and add a schedule for each named site, in case it was never planned."""
    from crawler.commands.crawl_session import project_settings
    from crawler.politeness.keys import shared_servers
    from crawler.schedule.planner import make_schedule

    known = options.load_known_sites(folders)
    sites = [options.find_site(name, known) for name in names]
    servers = shared_servers(project_settings("live", folder).getdict("SHARED_SERVERS"))
    folder.create()
    store = folder.open_store()
    store.schedules.put(make_schedule(site, store.visits.now(), servers) for site in sites)
    return store


def _schedule_row(site: Site, schedule: Schedule | None, visit: Visit | None) -> dict[str, Any]:
    zone = site.timezone or "UTC"
    active = visit.state if visit and visit.state != "ended" and not visit.has_died else None
    return {
        "site": site.name,
        "cadence": site.cadence,
        "cadence_in_words": read_cadence(site.cadence, zone, site.name).describe(),
        "timezone": zone,
        "state": active or ("paused" if schedule and schedule.paused else "waiting" if schedule else "not planned yet"),
        "last_outcome": _outcome_of(visit) if visit else None,
        "last_ended": visit.ended if visit else None,
        "last_error": _error_of(visit) if visit else None,
        "next_due": schedule.next_due if schedule else None,
    }


def _format_outcome(row: dict[str, Any]) -> str:
    if row["last_outcome"] is None:
        return ""
    outcome = f"{row['last_outcome']} {_format_time_in(row['last_ended'], row['timezone'])}"
    return f"{outcome}: {row['last_error']}" if row["last_error"] else outcome


def _visit_row(store: Store, visit: Visit) -> dict[str, Any]:
    run = store.runs.find_by_attempt(visit.id, visit.attempt)
    report = run.report if run else None
    duration = (visit.ended or datetime.now(UTC)) - visit.started if visit.started else None
    values = {name: value for name, value in asdict(visit).items() if name not in ("key", "stop_wanted", "not_before")}
    return {
        **values,
        "outcome": _outcome_of(visit),
        "error": _error_of(visit),
        "seconds": round(duration.total_seconds(), 1) if duration is not None else None,
        "new": run.new_articles if run and run.ended else None,
        "articles": report["articles"] if report else None,
        "lists": report["lists"] if report else None,
        "causes": report["causes"] if report else None,
    }


def _outcome_of(visit: Visit) -> str | None:
    return str(Outcome.INTERRUPTED) if visit.has_died else visit.outcome


def _error_of(visit: Visit) -> str | None:
    return interruption_of(visit.node) if visit.has_died else visit.error


def _format_time_in(when: datetime | None, zone: str) -> str:
    return when.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") if when else ""


def _print_json(rows: Iterable[dict[str, Any]]) -> None:
    def text(value: object) -> str:
        return value.isoformat() if isinstance(value, datetime) else str(value)

    print_json(list(rows), default=text)
