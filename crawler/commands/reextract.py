"""``broadsheet reextract``: rebuild items from the archive, without network access."""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer
from scrapy import Spider

from archive import Collection
from crawler.commands import options
from crawler.commands.crawl_session import CrawlSession, get_crawl_stats, project_settings
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED, CommandError, SettingsError
from crawler.commands.rebuild import (
    Comparison,
    compare_with_store,
    load_spiders,
    make_collection_spiders,
    rebuild_items,
)
from crawler.store import article_to_json
from crawler.visit_report import find_failure

app = typer.Typer(add_completion=False)


@app.command()
def reextract(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[SITE]...", help="Rebuild only these sites; default all.")
    ] = None,
    warcs: Annotated[
        list[Path] | None, typer.Option("--warc", metavar="FILE", help="Read FILE instead of the archive.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the items to FILE as JSON lines instead of storing them.")
    ] = None,
    comparing: Annotated[
        bool, typer.Option("--compare", help="Report differences from the stored items and store nothing.")
    ] = False,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Rebuild the items from the archive and store those that changed, unless --compare or --out is given.

    With --warc, read the pages of WARC, ARC or WACZ files of any crawler in place, and print the items or write them
    to --out.
    """
    if comparing and (out or warcs):
        raise SettingsError("--compare compares with the stored items — use it without --out and --warc")
    known = options.load_known_sites(folders)
    if warcs:
        with Collection.of_files(warcs) as collection:
            chosen = make_collection_spiders(collection, known)
            if names:
                wanted = {options.find_site(name, known).name for name in names}
                chosen = [spider for spider in chosen if spider.name in wanted]
            return _write_items(DataFolder(collection.root), folders, chosen, out, as_json)
    folder = DataFolder(data, database)
    settings = project_settings("offline", folder, BROADSHEET_SITES=folders)
    with folder.read_store() as store:
        chosen_names = [options.find_site(name, known).name for name in names] if names else store.articles.sites()
        chosen_names = [name for name in chosen_names if name in known]
        if out:
            return _write_items(folder, folders, load_spiders(settings, chosen_names), out, as_json)
        session = CrawlSession(folder)

        async def work() -> int:
            if comparing:
                code = _print_comparison(await compare_with_store(session, settings, chosen_names, store), as_json)
                return max(code, _print_failures(session))
            changes: Counter[str] = Counter()
            spiders = load_spiders(settings, chosen_names)
            await rebuild_items(
                session, settings, spiders, lambda item: changes.update([store.articles.save(item).kind])
            )
            text = ", ".join(f"{count} {kind}" for kind, count in sorted(changes.items()))
            print(json.dumps(changes) if as_json else f"{changes.total()} items rebuilt: {text or 'none'}")
            return _print_failures(session)

        return session.run(work)


def _write_items(
    folder: DataFolder, folders: str | None, spiders: Iterable[type[Spider]], out: Path | None, as_json: bool
) -> int:
    settings = project_settings("offline", folder, BROADSHEET_SITES=folders)
    session = CrawlSession(folder)
    with _open_output(out) as file:
        written = 0

        async def work() -> int:
            nonlocal written
            await rebuild_items(session, settings, spiders, lambda item: file.write(article_to_json(item) + "\n"))
            written = sum(crawler.stats.get_value("item_scraped_count", 0) for crawler in session.crawlers)
            return DONE

        session.run(work)
    if out:
        print(json.dumps({"items": written}) if as_json else f"{written} items written to {out}")
    return _print_failures(session)


def _print_failures(session: CrawlSession) -> int:
    """Print the reason for each site whose items could not be rebuilt, and return the exit code."""
    failures = [(crawler.spidercls.name, find_failure(get_crawl_stats(crawler))) for crawler in session.crawlers]
    for name, failure in failures:
        if failure:
            print(f"broadsheet: {name}: {failure}", file=sys.stderr)
    return FAILED if any(failure for _, failure in failures) else DONE


@contextmanager
def _open_output(file: Path | None) -> Iterator[TextIO]:
    if file is None:
        yield sys.stdout
        return
    try:
        opened = file.open("w", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be written ({error.strerror}) — choose another file with --out") from error
    with opened:
        yield opened


def _print_comparison(comparison: Comparison, as_json: bool) -> int:
    if as_json:
        print(json.dumps(comparison.as_dict(), ensure_ascii=False))
    else:
        for url, fields in comparison.differing:
            print(f"{url}: differs in {', '.join(fields)}")
        for record in comparison.missing:
            print(f"record {record}: the stored item was not rebuilt")
        for url in comparison.unknown:
            print(f"{url}: rebuilt, but no item is stored for its record")
        print(f"{comparison.same} identical, {comparison.different} different")
    return DONE if comparison.is_identical else FAILED
