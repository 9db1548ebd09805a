"""``broadsheet schedule``: plan the visits of sites, and steer them."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from crawler.commands import options
from crawler.commands.data import DataFolder
from crawler.commands.outcome import DONE, FAILED
from crawler.commands.tables import print_table
from crawler.schedule.cadence import read_cadence
from crawler.sites import Site
from crawler.store import Store
from crawler.store.schedules import Schedule
from crawler.store.visits import Visit

app = typer.Typer(no_args_is_help=True, help="Plan the visits of sites, and steer them.")

Names = Annotated[list[str], typer.Argument(metavar="SITE...", help="Sites by name, as `broadsheet sites` lists them.")]


@app.command()
def run(
    names: options.Only = None,
    slots: options.Slots = 2,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
) -> int:
    """Plan the visits of sites by their cadences, and run them, until Ctrl-C.

    One machine needs no more; others may help with `broadsheet worker`.
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
    """Each site's cadence, how its last visit ended, and when the next is due, in the site's own time."""
    sites = options.known_sites(folders)
    folder = DataFolder(data, database)
    schedules: dict[str, Schedule] = {}
    latest: dict[str, Visit] = {}
    if folder.has_database:
        with folder.read_store() as store:
            schedules = {one.site: one for one in store.schedules.all()}
            latest = store.visits.latest()
    rows = [_listed(site, schedules.get(name), latest.get(name)) for name, site in sorted(sites.items())]
    if as_json:
        _print_json(rows)
        return
    cells = [
        (row["site"], row["cadence_in_words"], row["state"], _outcome(row), _in_zone(row["next_due"], row["timezone"]))
        for row in rows
    ]
    print_table("Schedules", ["site", "cadence", "state", "last visit", "next due"], cells)


@app.command()
def pause(
    names: Names,
    stop: Annotated[bool, typer.Option("--stop", help="End planned and running visits as well.")] = False,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
) -> None:
    """Plan no more visits of these sites. A visit that runs goes on, unless --stop ends it gracefully."""
    with _steered(names, folders, DataFolder(data, database)) as store:
        store.schedules.set_paused(names, True)
        if stop:
            print(f"{store.visits.cancel(names)} visits ended or told to end")


@app.command()
def resume(
    names: Names,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
) -> None:
    """Plan visits of these sites again; one that was missed meanwhile is made up."""
    with _steered(names, folders, DataFolder(data, database)) as store:
        store.schedules.set_paused(names, False)


@app.command()
def trigger(
    names: Names,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Plan a visit of these sites for now, paused or not. Exit 1 when one of them is planned or running already."""
    with _steered(names, folders, DataFolder(data, database)) as store:
        keys = {one.site: one.key for one in store.schedules.all()}
        planned = {name: store.visits.plan(name, keys[name]) for name in dict.fromkeys(names)}
        alive = any(node.is_worker and node.age < timedelta(minutes=1) for node in store.visits.nodes())
    if as_json:
        _print_json([{"site": name, "planned": new} for name, new in planned.items()])
    else:
        for name, new in planned.items():
            print(f"{name}: {'planned' if new else 'a visit is planned or running already'}")
        if not alive:
            print("no worker is running — start `broadsheet schedule run`, or `broadsheet worker`")
    return DONE if all(planned.values()) else FAILED


@app.command()
def history(
    site: Annotated[str | None, typer.Argument(metavar="[SITE]", help="Only this site's visits.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Visits at most.")] = 20,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """The latest visits, newest first: when they were due and made, how they ended, and the error's text."""
    with DataFolder(data, database).read_store() as store:
        rows = [_told(store, visit) for visit in store.visits.history(site, limit=limit)]
    if as_json:
        _print_json(rows)
        return
    cells = [
        (
            row["site"],
            _in_zone(row["due"], "UTC"),
            _in_zone(row["started"], "UTC"),
            "" if row["seconds"] is None else f"{row['seconds']:.0f} s",
            str(row["attempt"]),
            row["outcome"] or row["state"],
            "" if row["new"] is None else str(row["new"]),
            row["error"] or "",
        )
        for row in rows
    ]
    print_table("Visits (UTC)", ["site", "due", "started", "took", "attempt", "outcome", "new", "error"], cells)


def _steered(names: Iterable[str], folders: str | None, folder: DataFolder) -> Store:
    """The store, with a schedule of each site named, so that it can be steered before it was ever planned."""
    from crawler.commands.session import project_settings
    from crawler.politeness.keys import shared_servers
    from crawler.schedule.planner import make_schedule

    known = options.known_sites(folders)
    sites = [options.site_named(name, known) for name in names]
    servers = shared_servers(project_settings("live", folder).getdict("SHARED_SERVERS"))
    folder.make()
    store = folder.open_store()
    store.schedules.put(make_schedule(site, store.visits.now(), servers) for site in sites)
    return store


def _listed(site: Site, schedule: Schedule | None, visit: Visit | None) -> dict[str, Any]:
    zone = site.timezone or "UTC"
    active = visit.state if visit and visit.state != "ended" else None
    return {
        "site": site.name,
        "cadence": site.cadence,
        "cadence_in_words": read_cadence(site.cadence, zone, site.name).describe(),
        "timezone": zone,
        "state": active or ("paused" if schedule and schedule.paused else "waiting" if schedule else "not planned yet"),
        "last_outcome": visit.outcome if visit else None,
        "last_ended": visit.ended if visit else None,
        "last_error": visit.error if visit else None,
        "next_due": schedule.next_due if schedule else None,
    }


def _outcome(row: dict[str, Any]) -> str:
    if row["last_outcome"] is None:
        return ""
    told = f"{row['last_outcome']} {_in_zone(row['last_ended'], row['timezone'])}"
    return f"{told}: {row['last_error']}" if row["last_error"] else told


def _told(store: Store, visit: Visit) -> dict[str, Any]:
    attempt = store.runs.find_by_attempt(visit.id, visit.attempt)
    took = (visit.ended or datetime.now(UTC)) - visit.started if visit.started else None
    told = {name: value for name, value in asdict(visit).items() if name not in ("key", "stop_wanted", "not_before")}
    return {
        **told,
        "seconds": round(took.total_seconds(), 1) if took is not None else None,
        "new": attempt.stats.get("store/first", 0) if attempt and attempt.ended else None,
    }


def _in_zone(when: datetime | None, zone: str) -> str:
    return when.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M") if when else ""


def _print_json(rows: Iterable[dict[str, Any]]) -> None:
    def text(value: object) -> str:
        return value.isoformat() if isinstance(value, datetime) else str(value)

    print(json.dumps(list(rows), ensure_ascii=False, default=text))
