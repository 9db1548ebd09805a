"""``broadsheet sites``: list the known sites and the number of stored articles."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import typer

from crawler.commands import options
from crawler.commands.data_folder import DataFolder
from crawler.commands.output import print_json, print_text
from crawler.commands.tables import format_share, print_table
from crawler.drift.alarms import Alarm
from crawler.sites import Site
from crawler.store import CORE_FIELDS, Counts, Run

app = typer.Typer(add_completion=False)


@app.command()
def sites(
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """List the known sites: outcome of the last visit, open alarms, stored articles, and the share with each field."""
    folder = DataFolder(data, database)
    known = options.load_known_sites(folders)
    known |= {name: Site(name=name, home="") for name in _stored_sites(folder) if name not in known}
    stored, runs = _load_counts(folder, known), _load_latest_runs(folder, known)
    alarms = _load_alarms(folder)
    if as_json:
        print_json(
            [
                _site_as_dict(site, stored.get(name), runs.get(name), alarms[name])
                for name, site in sorted(known.items())
            ]
        )
        return
    rows = [_row(site, stored.get(name), runs.get(name), alarms[name]) for name, site in sorted(known.items())]
    columns = ["site", "title", "home", "last visit", "alarms", "delay", "articles", *CORE_FIELDS]
    print_table("Sites", columns, rows, numbers=5)
    for name in sorted(known):
        for alarm in alarms[name]:
            example = f" ({alarm.example})" if alarm.example else ""
            print_text(f"{name}: alarm: {alarm.text}{example} — see `broadsheet site alarms {name}`")


def _stored_sites(folder: DataFolder) -> list[str]:
    """Return the sites with stored articles; imported hosts have articles, but no site file."""
    if not folder.has_database:
        return []
    with folder.read_store() as store:
        return list(store.articles.sites())


def _load_counts(folder: DataFolder, known: Mapping[str, Site]) -> dict[str, Counts]:
    if not folder.has_database:
        return {}  # no crawl yet
    with folder.read_store() as store:
        return {name: store.articles.counts(name) for name in known}


def _load_latest_runs(folder: DataFolder, known: Mapping[str, Site]) -> dict[str, Run]:
    """Return the latest run of each site that was crawled."""
    if not folder.has_database:
        return {}
    with folder.read_store() as store:
        return {name: run for name in known for run in store.runs.list(name, limit=1)}


def _load_alarms(folder: DataFolder) -> defaultdict[str, list[Alarm]]:
    """Return the open alarms by site."""
    found: defaultdict[str, list[Alarm]] = defaultdict(list)
    if folder.has_database:
        with folder.read_store() as store:
            for name, alarm in store.drift.alarms_by_site(only_open=True):
                found[name].append(alarm)
    return found


def _row(site: Site, counts: Counts | None, run: Run | None, alarms: list[Alarm]) -> list[str]:
    shares = [format_share(counts.fields[name]) if counts and counts.articles else "" for name in CORE_FIELDS]
    articles = str(counts.articles if counts else 0)
    last = run.state if run else ""
    subjects = ", ".join(sorted(one.subject for one in alarms))
    return [site.name, site.title or "", site.home, last, subjects, f"{site.delay:g} s", articles, *shares]


def _site_as_dict(site: Site, counts: Counts | None, run: Run | None, alarms: list[Alarm]) -> dict[str, Any]:
    values: dict[str, Any] = {"name": site.name, "title": site.title, "home": site.home, "hosts": list(site.hosts)}
    values |= {"delay": site.delay, "articles": counts.articles if counts else 0}
    values["fields"] = dict(counts.fields) if counts and counts.articles else None
    values["alarms"] = [one.as_dict() for one in alarms]
    return values | {"last_visit": _run_as_dict(run) if run else None}


def _run_as_dict(run: Run) -> dict[str, Any]:
    report = {name: run.report[name] for name in ("articles", "lists", "causes")} if run.report else {}
    outcome = None if run.state == "running" else run.state
    return {"started": run.started.isoformat(), "outcome": outcome, "error": run.problem, **report}
