"""``broadsheet crawl``: crawl sites now."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import chain
from typing import Annotated, Any

import typer
from rich.console import Console
from scrapy.crawler import Crawler

from crawler.commands import options
from crawler.commands.crawl_progress import CrawlProgress, crawl_table, report_of
from crawler.commands.crawl_session import CrawlSession, get_finish_reason, project_settings
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED, STOPPED, SettingsError
from crawler.commands.output import print_json
from crawler.handlers.recorder import require_contact
from crawler.middlewares.robots import long_crawl_delay
from crawler.plain_text import escape_line
from crawler.report import Report
from crawler.report_states import VisitOutcome
from crawler.spiders.loader import SiteSpiderLoader
from crawler.spiders.run_log import site_key
from crawler.store.visits import KeyBusy

app = typer.Typer(add_completion=False)


@app.command()
def crawl(
    names: Annotated[
        list[str], typer.Argument(metavar="SITE...", help="Names of sites, as listed by `broadsheet sites`.")
    ],
    limit: Annotated[int, typer.Option(min=0, help="Read at most this many articles per site; 0 for no limit.")] = 0,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Skip articles older than DATE, YYYY-MM-DD.")
    ] = None,
    revisit: Annotated[bool, typer.Option("--revisit", help="Fetch every known article again.")] = False,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Crawl sites now: write every exchange to the archive and every article to the database.

    Exit 1 if a visit failed: a list that cannot be read or has no articles, a fifth of the articles lost, or an error.
    """
    known = options.load_known_sites(folders)
    sites = [options.find_site(name, known) for name in dict.fromkeys(names)]
    arguments = {"limit": limit, "since": _parse_day(since), "revisit": revisit}
    folder = DataFolder(data, database)
    folder.create()
    folder.open_store()
    settings = project_settings("live", folder, BROADSHEET_SITES=folders)
    for site in sites:
        require_contact(site, settings["BROADSHEET_CONTACT"])
    loader = SiteSpiderLoader.from_settings(settings)
    session = CrawlSession(folder)
    crawlers = [session.prepare(loader.load(site.name), settings) for site in sites]
    console = Console(stderr=True)

    def warn_of_crawl_delay(origin: str, delay: float, pages: int) -> None:
        line = (
            f"broadsheet: {origin}: robots.txt asks for {delay:g} s between requests (Crawl-delay): this visit makes "
            f"at most {pages} and may take {pages * delay / 3600:.0f} hours"
        )
        console.print(line, style="yellow", soft_wrap=True, markup=False, highlight=False)

    for crawler in crawlers:
        crawler.signals.connect(warn_of_crawl_delay, long_crawl_delay)
    busy: list[KeyBusy] = []

    async def crawl_one_by_one(crawlers: Sequence[Crawler]) -> None:
        for crawler in crawlers:
            try:
                await session.start(crawler, **arguments)
            except KeyBusy as error:
                crawler.stats.set_value("finish_reason", "held")
                busy.append(error)

    async def main() -> int:
        async with CrawlProgress(console, crawlers):
            groups = [crawl_one_by_one(group) for group in _group_by_key(crawlers)]
            results = await asyncio.gather(*groups, return_exceptions=True)  # wait for all before raising
        for result in results:
            if isinstance(result, BaseException):
                raise result
        return FAILED if busy else _exit_code(crawlers)

    code = session.run(main)
    if as_json:
        print_json([summarize_crawl(crawler) for crawler in crawlers])
    else:
        Console().print(crawl_table(crawlers))
    problems = (crawler.stats.get_value("archive/problems", []) for crawler in crawlers)
    for problem in dict.fromkeys(chain.from_iterable(problems)):  # nothing of this crawl is lost: the code stays
        console.print(escape_line(f"broadsheet: the archive has damage: {problem}"), soft_wrap=True, markup=False)
    for crawler in crawlers:
        _print_result(console, crawler)
    for error in busy:
        console.print(escape_line(f"broadsheet: {error}"), style="red", soft_wrap=True, markup=False)
    return code


def summarize_crawl(crawler: Crawler) -> dict[str, Any]:
    """Return the report and counts of a crawl, for ``--json``."""
    stats, report = crawler.stats, report_of(crawler)
    if report is None:  # another visit holds the site
        report = Report(crawler.spidercls.name, ())
        report.abort("another visit is running")
        report.complete(0, "held")
    return {
        **report.as_dict(),
        "pages": stats.get_value("response_received_count", 0),
        "records": stats.get_value("archive/records", 0),
        "bytes": stats.get_value("archive/bytes", 0),
    }


def _print_result(console: Console, crawler: Crawler) -> None:
    """Print why a crawl failed or is incomplete, one line, and the number of pages that were not kept."""
    report, name = report_of(crawler), crawler.spidercls.name
    if report is None:
        return
    if report.resumes:
        line = f"broadsheet: {name}: {report.resumes}; this one went on"
        console.print(escape_line(line), soft_wrap=True, markup=False, highlight=False)
    if report.failure is not None:
        style = "red" if report.outcome is VisitOutcome.FAILED else "yellow"
        others = len(report.causes) - 1
        more = f" (and {others} more: --json or `broadsheet schedule history {name} --json`)" if others else ""
        line = f"broadsheet: {name}: {report.outcome}: {report.failure}{more}"
        console.print(escape_line(line), style=style, soft_wrap=True, markup=False, highlight=False)
    for alarm in report.alarms:
        example = f" ({alarm['example']})" if alarm["example"] else ""
        line = f"broadsheet: {name}: alarm: {alarm['text']}{example} — see `broadsheet site alarms {name}`"
        console.print(escape_line(line), style="yellow", soft_wrap=True, markup=False, highlight=False)
    if report.outcome is not VisitOutcome.FAILED and (failure := _upload_failure(crawler)):
        console.print(
            escape_line(f"broadsheet: {name}: {failure}"), style="red", soft_wrap=True, markup=False, highlight=False
        )
    for signal, count in report.not_kept.items():
        line = escape_line(f"broadsheet: {name}: {count} not kept: {signal}")
        console.print(line, soft_wrap=True, markup=False, highlight=False)


def _group_by_key(crawlers: Iterable[Crawler]) -> list[list[Crawler]]:
    """Return the crawlers in groups that share a politeness key and so must run one after another."""
    groups: dict[str, list[Crawler]] = {}
    for crawler in crawlers:
        groups.setdefault(site_key(crawler), []).append(crawler)
    return list(groups.values())


def _upload_failure(crawler: Crawler) -> str | None:
    """Return why closed files could not be moved to the bucket. That happens after the visit's report is complete."""
    failure: str | None = crawler.stats.get_value("archive/failed")
    return failure


def _exit_code(crawlers: list[Crawler]) -> int:
    reports = [report for crawler in crawlers if (report := report_of(crawler))]
    if any(report.outcome is VisitOutcome.FAILED for report in reports) or any(map(_upload_failure, crawlers)):
        return FAILED
    return STOPPED if any(get_finish_reason(crawler) == "shutdown" for crawler in crawlers) else DONE


def _parse_day(text: str | None) -> str | None:
    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError as error:
        raise SettingsError(f"--since {text}: {error} — write the day as YYYY-MM-DD") from error
