"""``broadsheet politeness``: how the portals were treated, and what their owners have asked for since."""

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
from crawler.commands.data import DataFolder
from crawler.commands.held_opt_outs import Change, changes
from crawler.commands.session import project_settings
from crawler.commands.tables import print_table, progress
from crawler.commands.times import moment, readable
from crawler.politeness.decision import Decision
from crawler.politeness.fetch_log import Fetch, read_fetches
from crawler.politeness.host_states import SharedRobotsStates, SharedThrottles
from crawler.politeness.keys import politeness_key, shared_servers
from crawler.politeness.ledger import read_ledger
from crawler.politeness.opt_out_policy import OptOutPolicy
from crawler.politeness.report import HostReport, host_report, key_of
from crawler.store import Store


class _ReportUnlessNamed(TyperGroup):
    """A group that does its first command where none is named: ``broadsheet politeness SITE``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["report", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=_ReportUnlessNamed, help="Show how portals were treated; apply what they have asked for since.")


@app.command()
def report(
    site: Annotated[str | None, typer.Argument(metavar="[SITE]", help="The hosts of this site's crawls only.")] = None,
    since: Annotated[str | None, typer.Option(metavar="TIME", help="Requests and decisions from this time on.")] = None,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Per host: requests, gaps, parallelism, robots.txt, holds and their cause, opt-outs, bytes.

    The default: `broadsheet politeness SITE` is `broadsheet politeness report SITE`.
    """
    if site is not None:
        options.site_named(site, options.known_sites(folders))
    folder = DataFolder(data, database)
    folder.require()
    start = moment("--since", since).timestamp() if since else 0.0
    settings = project_settings("live", folder)
    token, servers = settings["ROBOTS_TOKEN"], shared_servers(settings.getdict("SHARED_SERVERS"))
    with folder.read_store() as store:
        found = reports(folder, store, site, since=start, product_token=token, servers=servers, now=time.time())
    if as_json:
        print(json.dumps([one.as_dict() for one in found], ensure_ascii=False))
    elif found:
        _print(found)
    else:
        print("no requests were made" + (f" by {site}" if site else "") + (f" since {since}" if since else ""))


@app.command(name="apply-optouts")
def apply_optouts(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, change nothing.")] = False,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Withhold what is held against a wish stated since: by the newest capture of each URL, robots.txt, tdmrep.json.

    Records are not altered: items are no longer exported, shown or rebuilt while the wish stands.
    """
    folder = DataFolder(data, database)
    folder.require()
    settings = project_settings("base", folder)
    policy = OptOutPolicy.from_settings(settings.getdict("OPT_OUT_POLICY"))
    sites = options.known_sites(folders)
    with folder.read_store() as store, Collection(folder.root) as collection:
        entries = progress(collection.index.search(), "captures", len(collection.index), shown=not as_json)
        found = list(changes(collection, entries, store, policy, settings["ROBOTS_TOKEN"], sites))
        if not dry_run:
            for change in found:
                store.opt_outs.save(change.stated)
    if as_json:
        print(json.dumps({"applied": not dry_run, "changes": [_change(one) for one in found]}, ensure_ascii=False))
        return
    if found:
        rows = [(one.what, one.stated.url, one.evidence) for one in found]
        print_table("Would change" if dry_run else "Changed", ["", "URL", "since"], rows)
    else:
        print("nothing to change")


def reports(
    folder: DataFolder,
    store: Store,
    site: str | None,
    *,
    since: float,
    product_token: str,
    servers: Mapping[str, str],
    now: float,
) -> list[HostReport]:
    """The reports on all hosts, or on those of a site's crawls, by name. Gaps are over the crawls of all sites."""
    fetches: dict[str, list[Fetch]] = defaultdict(list)
    decisions: dict[str, list[Decision]] = defaultdict(list)
    wanted: set[str] = set()
    for crawl in sorted(folder.crawls.glob("*/")):
        is_wanted = site is None or crawl.name.rpartition("-")[0] == site
        for fetch in _lines(crawl / "fetches.jsonl", read_fetches):
            if fetch.started >= since:
                fetches[fetch.key].append(fetch)
                wanted |= {fetch.key} if is_wanted else set()
        for decision in _lines(crawl / "ledger.jsonl", read_ledger) if is_wanted else ():
            if decision.at >= since and (key := key_of(decision, servers)):
                decisions[key].append(decision)
                wanted.add(key)
    throttles, robots = SharedThrottles(store.hosts), SharedRobotsStates(store.hosts)
    origins: dict[str, list[str]] = defaultdict(list)
    for place in store.hosts.list_origins():
        origins[politeness_key(place, servers)].append(place)
    wishes: dict[str, list[str]] = defaultdict(list)
    for stated in store.opt_outs.all(since=datetime.fromtimestamp(since, UTC)):
        wishes[politeness_key(stated.url, servers)].append(stated.found)
    return [
        host_report(
            key,
            fetches[key],
            decisions[key],
            throttle=throttles.read_shared(key),
            robots=[robots.get(place) for place in sorted(origins[key])],
            opt_outs=wishes[key],
            product_token=product_token,
            now=now,
        )
        for key in sorted(wanted)
    ]


def _lines(file: Path, read: Any) -> Iterable[Any]:
    return read(file) if file.is_file() else ()


def _change(change: Change) -> dict[str, Any]:
    stated = asdict(change.stated) | {"seen_at": change.stated.seen_at.isoformat()}
    return stated | {"found": json.loads(change.stated.found), "change": change.what, "evidence": change.evidence}


def _print(found: Sequence[HostReport]) -> None:
    columns = ["host", "requests", "smallest gap", "median gap", "at once", "bytes"]
    rows = [
        (one.host, str(one.requests), _seconds(one.smallest_gap), _seconds(one.median_gap), str(one.largest_parallel),
         decimal(one.bytes))
        for one in found
    ]  # fmt: skip
    print_table("Requests by host; gaps from the end of an answer to the next request", columns, rows, numbers=1)
    for one in found:
        if lines := list(_details(one)):
            print_table(f"\n{one.host}", ["", ""], lines)


def _details(one: HostReport) -> Iterable[tuple[str, str]]:
    for robots in one.robots:
        state = f"status {robots.status}, read {robots.age:.0f} s ago" if robots.age is not None else "never read"
        state += f", Crawl-delay {robots.crawl_delay:g} s" if robots.crawl_delay else ""
        state += (
            f"; unreachable for {robots.failing_for:.0f} s: {robots.cause}" if robots.failing_for is not None else ""
        )
        yield f"robots.txt of {robots.origin}", state
    if one.paused_until is not None:
        yield "paused until", readable(datetime.fromtimestamp(one.paused_until, UTC)) + " UTC"
    for rule, number in one.holds.items():
        yield f"{number} × {rule}", one.causes[rule]
    if one.opt_outs:
        yield "opt-outs (URLs)", ", ".join(f"{signal} {number}" for signal, number in one.opt_outs.items())


def _seconds(value: float | None) -> str:
    return "—" if value is None else f"{value:.2f} s"
