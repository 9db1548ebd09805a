"""``broadsheet reextract``: rebuild items from the archive, without network access."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from scrapy import Spider
from scrapy.settings import Settings

from archive import Index
from archive.index import FILE_NAME as INDEX_FILE
from archive.retention import Removals
from crawler.bulk.tasks import CHUNK_FILES
from crawler.commands import bulk_options, options
from crawler.commands.crawl_session import CrawlSession, project_settings
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED, SettingsError
from crawler.commands.output import print_json, print_problem, print_text
from crawler.commands.rebuild import (
    Comparison,
    account_as_dict,
    compare_with_store,
    make_archive_spiders,
    print_account,
    rebuild_items,
)
from crawler.commands.rebuild_files import find_failures, print_failures, rebuild_files, write_items
from crawler.sites import Site
from crawler.spiders.reextract import RebuildAccount
from crawler.store import Store

app = typer.Typer(add_completion=False)


@app.command()
def reextract(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[SITE]...", help="Rebuild only these sites; default all.")
    ] = None,
    places: Annotated[
        list[str] | None,
        typer.Option(
            "--warc", metavar="PLACE", help="Read a file, folder, pattern or s3://bucket/folder instead of the archive."
        ),
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
    jobs: bulk_options.Jobs = 1,
    cluster: bulk_options.Cluster = None,
    parts: bulk_options.Parts = None,
    chunk_files: bulk_options.ChunkFiles = CHUNK_FILES,
    is_chunk: Annotated[bool, typer.Option("--chunk", hidden=True)] = False,
    as_json: options.Json = False,
) -> int:
    """Rebuild the items from the archive and store those that changed, unless --compare or --out is given.

    Without SITE, of all sites with stored articles and of all imported captures. Imported hosts without a site file are
    sites of their own, named by their domain: example_org.

    With --warc, read the pages of WARC, ARC or WACZ files of any crawler in place, and print the items or write them
    to --out. Every page read ends as an item, lost or skipped, with the cause; exit 1 if a page or a record is lost.
    Many files are read in chunks, by --jobs processes or a Dask cluster; the output is the same. A rerun after an
    interruption reads only the chunks that are missing.
    """
    if comparing and (out or places):
        raise SettingsError("--compare compares with the stored items — use it without --out and --warc")
    known = options.load_known_sites(folders)
    bulk = bulk_options.BulkOptions(jobs, cluster, parts, chunk_files)
    if places:
        return rebuild_files(places, names, known, folders, out, as_json=as_json, bulk=bulk, is_chunk=is_chunk)
    if bulk != bulk_options.BulkOptions():
        raise SettingsError("--jobs, --cluster, --parts and --chunk-files are for files — give them with --warc")
    folder = DataFolder(data, database)
    settings = project_settings("offline", folder, BROADSHEET_SITES=folders)
    with _open_store(folder) as store:
        spiders = _choose_spiders(folder, settings, known, store, names)
        if out:
            return write_items(folder, folders, spiders, out, as_json=as_json)
        if not comparing:
            rebuilt = rebuild_stored_items(folder, settings, spiders, store)
            if as_json:
                print_json(rebuilt.as_dict())
            return print_rebuilt(rebuilt, as_json=as_json)
        session = CrawlSession(folder)
        removals = Removals.of(folder.root)

        async def work() -> int:
            return _print_comparison(*await compare_with_store(session, settings, spiders, store, removals), as_json)

        code = session.run(work)
        return max(code, print_failures(session))


@dataclass(frozen=True, slots=True)
class RebuiltItems:
    """The result of rebuilding items into the store: their changes by kind, the account, failures by site."""

    changes: Counter[str]
    account: RebuildAccount
    failures: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """Return the result for ``--json``."""
        return {**self.changes, **account_as_dict(self.account)}


def extract_imported(folder: DataFolder, folders: str | None) -> RebuiltItems:
    """Rebuild and store the items of all stored sites and imported captures in the data folder."""
    settings = project_settings("offline", folder, BROADSHEET_SITES=folders)
    with _open_store(folder) as store:
        spiders = _choose_spiders(folder, settings, options.load_known_sites(folders), store, None)
        return rebuild_stored_items(folder, settings, spiders, store)


def rebuild_stored_items(
    folder: DataFolder, settings: Settings, spiders: Iterable[type[Spider]], store: Store
) -> RebuiltItems:
    """Rebuild the items of `spiders` and store those that changed."""
    session = CrawlSession(folder)
    changes: Counter[str] = Counter()
    account = RebuildAccount()

    async def work() -> int:
        saved = rebuild_items(session, settings, spiders, lambda item: changes.update([store.articles.save(item).kind]))
        account.add(await saved)
        return DONE

    session.run(work)
    return RebuiltItems(changes, account, find_failures(session))


def print_rebuilt(rebuilt: RebuiltItems, *, as_json: bool) -> int:
    """Print the result, with `as_json` only what was lost. Return the exit code."""
    if not as_json:
        text = ", ".join(f"{count} {kind}" for kind, count in sorted(rebuilt.changes.items()))
        print_text(f"{rebuilt.changes.total()} items rebuilt: {text or 'none'}")
    for name, failure in rebuilt.failures.items():
        print_problem(f"{name}: {failure}")
    return max(print_account(rebuilt.account, as_json=as_json), FAILED if rebuilt.failures else DONE)


def _open_store(folder: DataFolder) -> Store:
    """Open the database; create it if only an archive exists, as after an import."""
    if not folder.has_database and (folder.index / INDEX_FILE).is_file():
        return folder.open_store()
    return folder.read_store()


def _choose_spiders(
    folder: DataFolder, settings: Settings, known: dict[str, Site], store: Store, names: list[str] | None
) -> list[type[Spider]]:
    """Return the spiders of the sites `names`, by default of all with stored articles or imported captures."""
    with Index(folder.index) as index:
        stored = [*(names or ()), *store.articles.sites()]
        spiders = make_archive_spiders(settings, index, known, stored)
    return list(spiders.values()) if not names else [_find_spider(name, spiders, known) for name in names]


def _find_spider(name: str, spiders: Mapping[str, type[Spider]], known: dict[str, Site]) -> type[Spider]:
    if name not in spiders:
        raise options.unknown_site(name, [*known, *spiders])
    return spiders[name]


def _print_comparison(comparison: Comparison, account: RebuildAccount, as_json: bool) -> int:
    if as_json:
        print_json({**comparison.as_dict(), **account_as_dict(account)})
    else:
        for url, fields in comparison.differing:
            print_text(f"{url}: differs in {', '.join(fields)}")
        for record in comparison.missing:
            print_text(f"record {record}: the stored item was not rebuilt")
        for url in comparison.unknown:
            print_text(f"{url}: rebuilt, but no item is stored for its record")
        print_text(f"{comparison.same} identical, {comparison.different} different")
        if comparison.removed:
            print_text(f"{len(comparison.removed)} more were removed from the archive: {comparison.removed[0].reason}")
    code = print_account(account, as_json=as_json)
    return code if comparison.is_identical else FAILED
