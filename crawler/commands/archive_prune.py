"""``broadsheet archive prune``: remove captures that are no longer to be kept."""

import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.filesize import decimal

from archive import ArchiveError, Collection
from archive.retention import PrunePlan, PruneResult, Retention, RetentionRule
from archive.selection import Selection
from crawler.commands import options
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED, SettingsError
from crawler.commands.output import print_json, print_problem, print_text
from crawler.commands.tables import print_table, show_progress
from crawler.commands.times import parse_time

app = typer.Typer(add_completion=False)

_AGE = re.compile(r"(\d{1,5})([dwy])")
_DAYS = {"d": 1, "w": 7, "y": 365}


@app.command("prune")
def prune(
    sites: Annotated[
        list[str] | None, typer.Argument(metavar="[SITE...]", help="Remove only captures of these sites; default all.")
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(metavar="AGE", help="Keep captures of this age, such as 90d, 26w or 2y, or from a time on."),
    ] = None,
    opt_outs: Annotated[
        bool, typer.Option("--opt-outs", help="Remove the captures of pages whose portal asked that they be withheld.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option(metavar="TEXT", help="The reason that is recorded; default says the rule.")
    ] = None,
    confirmed: Annotated[bool, typer.Option("--yes", help="Remove them; without it, only say what would go.")] = False,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Remove captures by site, age and opt-out, and record what was removed and why; without --yes, only list them.

    Each WARC file is replaced by one without the removed records; the others are copied byte for byte. Captures that
    later ones refer to are kept. Not while a crawl is writing. Stored articles are not touched. Exit 1 if a file cannot
    be pruned.
    """
    if keep is None and not opt_outs:
        raise SettingsError("nothing says what to remove — use --keep AGE or --opt-outs")
    folder = DataFolder(data, database)
    folder.require()
    retention = Retention(tuple(_rules(folder, sites or [], folders, keep, opt_outs, reason)))
    with Collection(folder.root) as collection:
        problems: list[ArchiveError] = []
        if confirmed:
            collection.recover(problems.append)
        for problem in problems:
            print_problem(problem)
        pruner = collection.pruner()
        plan = pruner.plan(retention)
        if not confirmed:
            return _print_plan(plan, as_json)
        results = list(show_progress(pruner.apply(plan, retention), "files", len(plan.files)))
    return _print_results(plan, results, as_json)


def _rules(
    folder: DataFolder, sites: list[str], folders: str | None, keep: str | None, opt_outs: bool, reason: str | None
) -> Iterator[RetentionRule]:
    known = options.load_known_sites(folders)
    names: list[str | None] = [*sites] or [None]
    for name in names:
        site = known.get(name) if name else None
        hosts = site.hosts if site else ()
        whose = f" of {name}" if name else ""
        if opt_outs and folder.has_database:
            with folder.read_store() as store:
                urls = store.opt_outs.withheld_urls(name)
            if urls:
                yield RetentionRule(Selection(urls=urls), reason or "its portal asked that it not be kept")
        if keep is not None:
            end = _parse_age(keep)
            why = reason or f"captures{whose} from before {end:%Y-%m-%d} are not kept"
            yield RetentionRule(Selection(prefix=name, hosts=hosts, end=end), why)


def _parse_age(keep: str) -> datetime:
    """Return the time from which captures are kept."""
    if match := _AGE.fullmatch(keep):
        return datetime.now(UTC).replace(microsecond=0) - timedelta(days=int(match[1]) * _DAYS[match[2]])
    try:
        return parse_time("--keep", keep)
    except SettingsError as error:
        raise SettingsError(f"--keep {keep}: neither an age nor a time — write 90d, 26w, 2y or 2024-01-01") from error


def _print_plan(plan: PrunePlan, as_json: bool) -> int:
    if as_json:
        files = {name: len(reasons) for name, reasons in plan.files.items()}
        print_json({"removed": False, "captures": plan.captures, "files": files, "needed": plan.needed})
        return DONE
    if plan.captures:
        rows = [(reason, str(number), decimal(plan.bytes[reason])) for reason, number in plan.captures.items()]
        print_table("To be removed", ["reason", "captures", "bytes"], rows, numbers=1)
    print_text(f"{plan.captures.total()} captures in {len(plan.files)} files would be removed; --yes removes them")
    _print_kept(plan)
    return DONE


def _print_kept(plan: PrunePlan) -> None:
    if plan.needed:
        print_text(f"{plan.needed} more are kept, because later captures refer to their content")
    if plan.open:
        print_text(f"{plan.open} more are in files that are being written; run the command again later")


def _print_results(plan: PrunePlan, results: list[PruneResult], as_json: bool) -> int:
    for result in results:
        if result.error:
            print_problem(f"not pruned: {result.error}")
        for warning in result.warnings:
            print_problem(warning)
    removed = sum(result.captures for result in results)
    if as_json:
        rows = [_as_dict(result) for result in results]
        print_json({"removed": True, "captures": removed, "files": rows, "needed": plan.needed})
    else:
        done = [(one.file, str(one.captures), one.remains or "—") for one in results if not one.error]
        if done:
            print_table("Removed", ["file", "captures", "what remains"], done)
        freed = decimal(sum(result.freed for result in results))
        print_text(f"{removed} captures removed from {len(done)} files, {freed} freed")
        _print_kept(plan)
    return FAILED if any(result.error or result.warnings for result in results) else DONE


def _as_dict(result: PruneResult) -> dict[str, Any]:
    return {**asdict(result), "error": str(result.error) if result.error else None}
