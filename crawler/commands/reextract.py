"""``broadsheet reextract``: the spiders' page code over the archive, without network."""

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
from crawler.commands.data import DataFolder
from crawler.commands.outcome import DONE, FAILED, CommandError, SettingsError
from crawler.commands.rebuild import Comparison, compare, rebuild, spiders_of, spiders_over
from crawler.commands.session import CrawlSession, project_settings
from crawler.store import article_to_json

app = typer.Typer()


@app.command()
def reextract(
    names: Annotated[list[str] | None, typer.Argument(metavar="[SITE]...", help="Sites; default all stored.")] = None,
    warcs: Annotated[
        list[Path] | None, typer.Option("--warc", metavar="FILE", help="Read these files instead.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the items to FILE as JSON lines.")] = None,
    comparing: Annotated[bool, typer.Option("--compare", help="Report what differs from the stored items.")] = False,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Rebuild the items from the archive. What reads differently now is stored, unless --compare or --out is given.

    With --warc the pages of WARC, ARC or WACZ files of any crawler are read where they lie; their items go to --out or
    are printed.
    """
    if comparing and (out or warcs):
        raise SettingsError("--compare is about what is stored — give it without --out and --warc")
    known = options.known_sites(folders)
    if warcs:
        with Collection.of_files(warcs) as collection:
            chosen = spiders_over(collection, known)
            if names:
                wanted = {options.site_named(name, known).name for name in names}
                chosen = [spider for spider in chosen if spider.name in wanted]
            return _write(DataFolder(collection.root), folders, chosen, out, as_json)
    folder = DataFolder(data, database)
    settings = project_settings("offline", folder, BROADSHEET_SITES=folders)
    with folder.read_store() as store:
        chosen_names = [options.site_named(name, known).name for name in names] if names else store.articles.sites()
        chosen_names = [name for name in chosen_names if name in known]
        if out:
            return _write(folder, folders, spiders_of(settings, chosen_names), out, as_json)
        session = CrawlSession(folder)

        async def work() -> int:
            if comparing:
                return _report(await compare(session, settings, chosen_names, store), as_json)
            changes: Counter[str] = Counter()
            spiders = spiders_of(settings, chosen_names)
            await rebuild(session, settings, spiders, lambda item: changes.update([store.articles.save(item).kind]))
            text = ", ".join(f"{count} {kind}" for kind, count in sorted(changes.items()))
            print(json.dumps(changes) if as_json else f"{changes.total()} items rebuilt: {text or 'none'}")
            return DONE

        return session.run(work)


def _write(
    folder: DataFolder, folders: str | None, spiders: Iterable[type[Spider]], out: Path | None, as_json: bool
) -> int:
    settings = project_settings("offline", folder, BROADSHEET_SITES=folders)
    session = CrawlSession(folder)
    with _opened(out) as file:
        written = 0

        async def work() -> int:
            nonlocal written
            await rebuild(session, settings, spiders, lambda item: file.write(article_to_json(item) + "\n"))
            written = sum(crawler.stats.get_value("item_scraped_count", 0) for crawler in session.crawlers)
            return DONE

        session.run(work)
    if out:
        print(json.dumps({"items": written}) if as_json else f"{written} items written to {out}")
    return DONE


@contextmanager
def _opened(file: Path | None) -> Iterator[TextIO]:
    if file is None:
        yield sys.stdout
        return
    try:
        opened = file.open("w", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be written ({error.strerror}) — name another file with --out") from error
    with opened:
        yield opened


def _report(found: Comparison, as_json: bool) -> int:
    if as_json:
        print(json.dumps(found.as_dict(), ensure_ascii=False))
    else:
        for url, fields in found.differing:
            print(f"{url}: differs in {', '.join(fields)}")
        for record in found.missing:
            print(f"record {record}: its stored item was not rebuilt")
        for url in found.unknown:
            print(f"{url}: rebuilt, but nothing is stored of its record")
        wrong = len(found.differing) + len(found.missing) + len(found.unknown)
        print(f"{found.same} items rebuilt as stored, {wrong} not")
    return DONE if found.identical else FAILED
