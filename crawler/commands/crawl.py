"""``broadsheet crawl``: visit sites now."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console
from scrapy.crawler import Crawler

from crawler.commands import options
from crawler.commands.data import DataFolder
from crawler.commands.outcome import DONE, FAILED, INTERRUPTED, SettingsError
from crawler.commands.progress import CrawlProgress, crawl_table
from crawler.commands.session import CrawlSession, finish_reason, project_settings
from crawler.handlers.recorder import require_contact
from crawler.spiders.loader import SiteSpiderLoader
from crawler.spiders.run_log import find_failure, site_key
from crawler.store.visits import KeyBusy

app = typer.Typer()


@app.command()
def crawl(
    names: Annotated[
        list[str], typer.Argument(metavar="SITE...", help="Sites by name, as `broadsheet sites` lists them.")
    ],
    limit: Annotated[int, typer.Option(min=0, help="Articles of a site at most; 0 is no limit.")] = 0,
    since: Annotated[str | None, typer.Option(metavar="DATE", help="Nothing older than this day, YYYY-MM-DD.")] = None,
    revisit: Annotated[bool, typer.Option("--revisit", help="Read every known article again.")] = False,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Crawl sites now: every exchange into the archive, every article into the store."""
    known = options.known_sites(folders)
    sites = [options.site_named(name, known) for name in dict.fromkeys(names)]
    arguments = {"limit": limit, "since": _day(since), "revisit": revisit}
    folder = DataFolder(data, database)
    folder.make()
    folder.open_store()
    settings = project_settings("live", folder, BROADSHEET_SITES=folders)
    for site in sites:
        require_contact(site, settings["BROADSHEET_CONTACT"])
    loader = SiteSpiderLoader.from_settings(settings)
    session = CrawlSession(folder)
    crawlers = [session.prepare(loader.load(site.name), settings) for site in sites]
    console = Console(stderr=True)
    refused: list[KeyBusy] = []

    async def in_turn(crawlers: Sequence[Crawler]) -> None:
        for crawler in crawlers:
            try:
                await session.start(crawler, **arguments)
            except KeyBusy as error:
                crawler.stats.set_value("finish_reason", "held")
                refused.append(error)

    async def main() -> int:
        async with CrawlProgress(console, crawlers):
            turns = [in_turn(sharing) for sharing in _by_key(crawlers)]
            ended = await asyncio.gather(*turns, return_exceptions=True)
        for error in ended:
            if isinstance(error, BaseException):
                raise error
        return FAILED if refused else _exit_code(crawlers)

    code = session.run(main)
    if as_json:
        print(json.dumps([summary_of(crawler) for crawler in crawlers], ensure_ascii=False))
    else:
        Console().print(crawl_table(crawlers))
    for crawler in crawlers:
        if failure := failure_of(crawler):
            console.print(f"broadsheet: {crawler.spidercls.name}: {failure}", style="red", soft_wrap=True, markup=False)
    for error in refused:
        console.print(f"broadsheet: {error}", style="red", soft_wrap=True, markup=False)
    return code


def summary_of(crawler: Crawler) -> dict[str, Any]:
    """What a visit did, for scripts."""
    stats = crawler.stats
    return {
        "site": crawler.spidercls.name,
        "outcome": finish_reason(crawler),
        "pages": stats.get_value("response_received_count", 0),
        "records": stats.get_value("archive/records", 0),
        "bytes": stats.get_value("archive/bytes", 0),
        "items": stats.get_value("item_scraped_count", 0),
        "first": stats.get_value("store/first", 0),
        "edited": stats.get_value("store/edited", 0),
        "unchanged": stats.get_value("store/unchanged", 0),
    }


def failure_of(crawler: Crawler) -> str | None:
    """What made a visit fail, in one line; ``None`` when it did its work."""
    return find_failure(crawler.stats.get_stats())


def _by_key(crawlers: Iterable[Crawler]) -> list[list[Crawler]]:
    """The crawlers whose sites share a politeness key, together: they are run one after another."""
    sharing: dict[str, list[Crawler]] = {}
    for crawler in crawlers:
        sharing.setdefault(site_key(crawler), []).append(crawler)
    return list(sharing.values())


def _exit_code(crawlers: list[Crawler]) -> int:
    if any(failure_of(crawler) for crawler in crawlers):
        return FAILED
    return INTERRUPTED if any(finish_reason(crawler) == "shutdown" for crawler in crawlers) else DONE


def _day(text: str | None) -> str | None:
    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError as error:
        raise SettingsError(f"--since {text}: {error} — write the day as YYYY-MM-DD") from error
