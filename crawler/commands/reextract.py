"""``broadsheet reextract``: the spiders' page code over the archive, without network."""

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, TextIO

import typer

from crawler.commands import options
from crawler.commands.data import DataFolder
from crawler.commands.outcome import DONE, FAILED, CommandError, SettingsError
from crawler.commands.rebuild import Comparison, compare, rebuild
from crawler.commands.session import CrawlSession, project_settings
from crawler.store import article_to_json

app = typer.Typer()


@app.command()
def reextract(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[SITE]...", help="Sites; all with stored items.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the items to FILE as JSON lines.")] = None,
    comparing: Annotated[bool, typer.Option("--compare", help="Report what differs from the stored items.")] = False,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Rebuild the items from the archive. What reads differently now is stored, unless --compare or --out is given."""
    if comparing and out:
        raise SettingsError("--compare and --out are two commands — give one of them")
    folder = DataFolder(data, database)
    known = options.known_sites(folders)
    settings = project_settings("offline", folder, BROADSHEET_SITES=folders)
    with folder.open_store() as store:
        chosen = [options.site_named(name, known).name for name in names] if names else store.sites()
        chosen = [name for name in chosen if name in known]
        session = CrawlSession(folder)

        async def work() -> int:
            if comparing:
                return _report(await compare(session, settings, chosen, store), as_json)
            changes: Counter[str] = Counter()
            if out:
                with _opened(out) as file:
                    await rebuild(session, settings, chosen, lambda item: file.write(article_to_json(item) + "\n"))
                    written = sum(crawler.stats.get_value("item_scraped_count", 0) for crawler in session.crawlers)
                print(json.dumps({"items": written}) if as_json else f"{written} items written to {out}")
            else:
                await rebuild(session, settings, chosen, lambda item: changes.update([store.save(item).kind]))
                text = ", ".join(f"{count} {kind}" for kind, count in sorted(changes.items()))
                print(json.dumps(changes) if as_json else f"{changes.total()} items rebuilt: {text or 'none'}")
            return DONE

        return session.run(work)


def _opened(file: Path) -> TextIO:
    try:
        return file.open("w", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file} cannot be written ({error.strerror}) — name another file with --out") from error


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
