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

from archive import ArchiveError, Collection
from crawler.commands import options
from crawler.commands.crawl_session import CrawlSession, get_crawl_stats, project_settings
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED, CommandError, SettingsError
from crawler.commands.rebuild import (
    Comparison,
    account_as_dict,
    compare_with_store,
    load_spiders,
    make_collection_spiders,
    print_account,
    rebuild_items,
)
from crawler.sites import Site
from crawler.spiders.reextract import RebuildAccount
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
    to --out. Every page read ends as an item, lost or skipped, with the cause; exit 1 if a page or a record is lost.
    """
    if comparing and (out or warcs):
        raise SettingsError("--compare compares with the stored items — use it without --out and --warc")
    known = options.load_known_sites(folders)
    if warcs:
        return _rebuild_files(warcs, names, known, folders, out, as_json)
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
                comparison, account = await compare_with_store(session, settings, chosen_names, store)
                code = _print_comparison(comparison, account, as_json)
                return max(code, _print_failures(session))
            changes: Counter[str] = Counter()
            spiders = load_spiders(settings, chosen_names)
            account = await rebuild_items(
                session, settings, spiders, lambda item: changes.update([store.articles.save(item).kind])
            )
            text = ", ".join(f"{count} {kind}" for kind, count in sorted(changes.items()))
            if as_json:
                print(json.dumps({**changes, **account_as_dict(account)}, ensure_ascii=False))
            else:
                print(f"{changes.total()} items rebuilt: {text or 'none'}")
            return max(print_account(account, as_json=as_json), _print_failures(session))

        return session.run(work)


def _rebuild_files(
    warcs: list[Path],
    names: list[str] | None,
    known: dict[str, Site],
    folders: str | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Rebuild the items of the given WARC files. Damage in one does not stop the others."""
    problems: list[ArchiveError] = []
    with Collection.of_files(warcs, on_damage=problems.append, on_error=problems.append) as collection:
        for problem in problems:
            print(f"broadsheet: lost: {problem}", file=sys.stderr)
        spiders = make_collection_spiders(collection, known)
        if names:
            wanted = {options.find_site(name, known).name for name in names}
            spiders = [spider for spider in spiders if spider.name in wanted]
        code = _write_items(DataFolder(collection.root), folders, spiders, out, as_json)
    return FAILED if problems else code


def _write_items(
    folder: DataFolder, folders: str | None, spiders: Iterable[type[Spider]], out: Path | None, as_json: bool
) -> int:
    settings = project_settings("offline", folder, BROADSHEET_SITES=folders)
    session = CrawlSession(folder)
    account = RebuildAccount()
    with _open_output(out) as file:

        async def work() -> int:
            account.add(
                await rebuild_items(session, settings, spiders, lambda item: file.write(article_to_json(item) + "\n"))
            )
            return DONE

        session.run(work)
    if out and as_json:
        print(json.dumps(account_as_dict(account), ensure_ascii=False))
    elif out:
        print(f"{account.items} items written to {out}")
    code = print_account(account, as_json=as_json, file=sys.stdout if out else sys.stderr)
    return max(code, _print_failures(session))


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


def _print_comparison(comparison: Comparison, account: RebuildAccount, as_json: bool) -> int:
    if as_json:
        print(json.dumps({**comparison.as_dict(), **account_as_dict(account)}, ensure_ascii=False))
    else:
        for url, fields in comparison.differing:
            print(f"{url}: differs in {', '.join(fields)}")
        for record in comparison.missing:
            print(f"record {record}: the stored item was not rebuilt")
        for url in comparison.unknown:
            print(f"{url}: rebuilt, but no item is stored for its record")
        print(f"{comparison.same} identical, {comparison.different} different")
    code = print_account(account, as_json=as_json)
    return code if comparison.is_identical else FAILED
