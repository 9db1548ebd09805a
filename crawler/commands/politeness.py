"""``broadsheet politeness``: report how portals were treated, apply their opt-outs, release held hosts."""

import json
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.filesize import decimal
from typer.core import TyperGroup

from archive import Collection
from crawler.commands import options
from crawler.commands.crawl_session import project_settings
from crawler.commands.data_folder import DataFolder
from crawler.commands.host_release import release_host
from crawler.commands.opt_out_changes import OptOutChange, find_opt_out_changes
from crawler.commands.output import print_json, print_text
from crawler.commands.tables import print_table, show_progress
from crawler.commands.times import format_time, parse_time
from crawler.politeness.decision import Decision
from crawler.politeness.fetch_log import Fetch, read_fetches
from crawler.politeness.host_states import SharedRobotsStates, SharedThrottles
from crawler.politeness.keys import politeness_key, shared_servers
from crawler.politeness.ledger import read_ledger
from crawler.politeness.opt_out_policy import OptOutPolicy
from crawler.politeness.report import HostReport, build_host_report, find_key
from crawler.store import Store


class _ReportByDefault(TyperGroup):
    """A group that runs ``report`` if no subcommand is named: ``broadsheet politeness SITE``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["report", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    add_completion=False,
    cls=_ReportByDefault,
    help="Report how portals were treated; apply their opt-outs to stored articles; release held hosts.",
)


@app.command()
def report(
    site: Annotated[
        str | None, typer.Argument(metavar="[SITE]", help="Report only the hosts of this site's crawls.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="Count only requests and decisions from this time on.")
    ] = None,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Report per host: requests, gaps, parallel requests, bytes, robots.txt, holds with their cause, and opt-outs.

    This is the default: `broadsheet politeness SITE` means `broadsheet politeness report SITE`.
    """
    if site is not None:
        options.find_site(site, options.load_known_sites(folders))
    folder = DataFolder(data, database)
    folder.require()
    start = parse_time("--since", since).timestamp() if since else 0.0
    settings = project_settings("live", folder)
    token, servers = settings["ROBOTS_TOKEN"], shared_servers(settings.getdict("SHARED_SERVERS"))
    with folder.read_store() as store:
        found = make_reports(folder, store, site, since=start, product_token=token, servers=servers, now=time.time())
    if as_json:
        print_json([one.as_dict() for one in found])
    elif found:
        _print_reports(found)
    else:
        print_text("no requests" + (f" by {site}" if site else "") + (f" since {since}" if since else ""))


@app.command(name="apply-optouts")
def apply_optouts(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the changes without making them.")] = False,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Withhold stored articles that have opted out since, by their newest capture, robots.txt or tdmrep.json.

    Withheld articles are not shown, exported or rebuilt until the opt-out is removed. WARC records are not changed.
    """
    folder = DataFolder(data, database)
    folder.require()
    settings = project_settings("base", folder)
    policy = OptOutPolicy.from_settings(settings.getdict("OPT_OUT_POLICY"))
    sites = options.load_known_sites(folders)
    with folder.read_store() as store, Collection(folder.root) as collection:
        entries = show_progress(collection.index.search(), "captures", len(collection.index), shown=not as_json)
        changes = list(find_opt_out_changes(collection, entries, store, policy, settings["ROBOTS_TOKEN"], sites))
        if not dry_run:
            for change in changes:
                store.opt_outs.save(change.stored)
    if as_json:
        print_json({"applied": not dry_run, "changes": [_change_as_dict(change) for change in changes]})
        return
    if changes:
        rows = [(change.action, change.stored.url, change.evidence) for change in changes]
        print_table("Changes (not made)" if dry_run else "Changes", ["action", "URL", "reason"], rows)
    else:
        print_text("no changes")


@app.command()
def release(
    host: Annotated[str, typer.Argument(metavar="HOST", help="Host name or URL, or the host as the report shows it.")],
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """End the pause and back-off of a host, and let the next crawl request its robots.txt at once.

    Use it when the portal has been repaired, or its owner agrees. A crawl in progress keeps what it knows.
    """
    folder = DataFolder(data, database)
    settings = project_settings("live", folder)
    servers = shared_servers(settings.getdict("SHARED_SERVERS"))
    with folder.read_store() as store:
        released = release_host(store, host, servers, store.visits.now().timestamp())
    if as_json:
        print_json(asdict(released))
        return
    for line in released.ended:
        print_text(f"{released.host}: ended: {line}")
    if not released.ended:
        print_text(f"{released.host}: nothing was held")


def make_reports(
    folder: DataFolder,
    store: Store,
    site: str | None,
    *,
    since: float,
    product_token: str,
    servers: Mapping[str, str],
    now: float,
) -> list[HostReport]:
    """Return the reports on all hosts, or on the hosts of one site's crawls, sorted by host.

    Gaps are measured over the crawls of all sites. `since` and `now` are seconds since the epoch.
    """
    fetches: dict[str, list[Fetch]] = defaultdict(list)
    decisions: dict[str, list[Decision]] = defaultdict(list)
    wanted: set[str] = set()
    for crawl in sorted(folder.crawls.glob("*/")):
        is_wanted = site is None or crawl.name.rpartition("-")[0] == site
        for fetch in _read_lines(crawl / "fetches.jsonl", read_fetches):
            if fetch.started >= since:
                fetches[fetch.key].append(fetch)
                wanted |= {fetch.key} if is_wanted else set()
        for decision in _read_lines(crawl / "ledger.jsonl", read_ledger) if is_wanted else ():
            if decision.at >= since and (key := find_key(decision, servers)):
                decisions[key].append(decision)
                wanted.add(key)
    throttles, robots = SharedThrottles(store.hosts), SharedRobotsStates(store.hosts)
    origins: dict[str, list[str]] = defaultdict(list)
    for origin in store.hosts.list_origins():
        origins[politeness_key(origin, servers)].append(origin)
    opt_outs: dict[str, list[str]] = defaultdict(list)
    for stored in store.opt_outs.all(since=datetime.fromtimestamp(since, UTC)):
        opt_outs[politeness_key(stored.url, servers)].append(stored.found)
    return [
        build_host_report(
            key,
            fetches[key],
            decisions[key],
            throttle=throttles.read_shared(key, now),
            robots=[robots.get(origin) for origin in sorted(origins[key])],
            opt_outs=opt_outs[key],
            product_token=product_token,
            now=now,
        )
        for key in sorted(wanted)
    ]


def _read_lines(file: Path, read: Any) -> Iterable[Any]:
    return read(file) if file.is_file() else ()


def _change_as_dict(change: OptOutChange) -> dict[str, Any]:
    stored = asdict(change.stored) | {"seen_at": change.stored.seen_at.isoformat()}
    return stored | {"found": json.loads(change.stored.found), "change": change.action, "evidence": change.evidence}


def _print_reports(reports: Sequence[HostReport]) -> None:
    columns = ["host", "requests", "smallest gap", "median gap", "parallel", "bytes"]
    rows = [
        (
            report.host,
            str(report.requests),
            _format_seconds(report.smallest_gap),
            _format_seconds(report.median_gap),
            str(report.largest_parallel),
            decimal(report.bytes),
        )
        for report in reports
    ]
    print_table("Requests per host (gap: from the end of a response to the next request)", columns, rows, numbers=1)
    for report in reports:
        if details := list(_host_details(report)):
            print_table(f"\n{report.host}", ["", ""], details)


def _host_details(report: HostReport) -> Iterable[tuple[str, str]]:
    for robots in report.robots:
        state = f"status {robots.status}, read {robots.age:.0f} s ago" if robots.age is not None else "never read"
        state += f", Crawl-delay {robots.crawl_delay:g} s" if robots.crawl_delay else ""
        state += (
            f"; unreachable for {robots.failing_for:.0f} s: {robots.cause}" if robots.failing_for is not None else ""
        )
        yield f"robots.txt of {robots.origin}", state
    if report.paused_until is not None:
        yield "paused until", format_time(datetime.fromtimestamp(report.paused_until, UTC)) + " UTC"
    for rule, number in report.holds.items():
        yield f"{number} × {rule}", report.causes[rule]
    if report.opt_outs:
        yield "opt-outs (URLs)", ", ".join(f"{signal} {number}" for signal, number in report.opt_outs.items())


def _format_seconds(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f} s"
