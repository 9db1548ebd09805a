"""``broadsheet archive export-wacz``: captures, index and articles in one file that a browser can replay."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.filesize import decimal

from archive import Collection, Index
from archive.record import format_date
from archive.storage import storage_of
from archive.wacz import Page, Selection, SigningKey, write_wacz
from crawler import __version__
from crawler.commands import options
from crawler.commands.archive_storage import Bucket
from crawler.commands.data import DataFolder
from crawler.commands.outcome import SettingsError
from crawler.commands.tables import print_fields, progress
from crawler.commands.times import moment
from crawler.items import Article
from crawler.sites import Site
from crawler.store import Store

app = typer.Typer()

#: The signing key's file within the data folder.
KEY = Path("keys") / "wacz.pem"


@app.command("export-wacz")
def export_wacz(
    site: Annotated[str | None, typer.Argument(metavar="[SITE]", help="What this site's crawls captured; all.")] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Captured from then on.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Captured before then.")] = None,
    urls: Annotated[Path | None, typer.Option(metavar="FILE", help="Only these URLs, one a line.")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Into this file.")] = None,
    sign: Annotated[bool, typer.Option("--sign", help="Sign it with a key kept in the data folder.")] = False,
    bucket: Bucket = None,
    sites: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Pack captures, their index and the articles' titles and text into a WACZ file, for ReplayWeb.page and others."""
    folder = DataFolder(data, database)
    folder.require()
    now = datetime.now(UTC)
    known = options.known_sites(sites).get(site) if site else None
    path = _named(out, site, now)
    selection = Selection(
        prefix=site,
        hosts=known.hosts if known else (),
        start=moment("--from", since) if since else None,
        end=moment("--to", until) if until else None,
        urls=_lines(urls) if urls else None,
        withheld=_withheld(folder),
    )
    key = SigningKey.kept_in(folder.root / KEY) if sign else None
    with Collection(folder.root, storage=storage_of(folder.warc, bucket)) as collection:
        report = write_wacz(
            path,
            collection,
            _pages(folder, collection.index, site, selection),
            selection=selection,
            description=_description(collection.index, selection, site, known),
            software=f"Broadsheet/{__version__}",
            key=key,
            now=now,
            progress=lambda files: progress(files, "files", len(files)),
        )
    counts = {"files": report.files, "captures": report.captures, "pages": report.pages, "bytes": report.bytes}
    if as_json:
        print(json.dumps({"file": str(path), **counts, "public_key": key.public if key else None}, ensure_ascii=False))
        return
    shown = {"file": str(path), **counts, "bytes": decimal(report.bytes)}
    if key:
        shown["signed by"] = key.public
    print_fields((name, str(value)) for name, value in shown.items())


def _withheld(folder: DataFolder) -> frozenset[str]:
    """The URLs that portals asked not to be shown, as `broadsheet politeness apply-optouts` and crawls noted."""
    if not folder.has_database:
        return frozenset()
    with folder.read_store() as store:
        return store.opt_outs.withheld_urls()


def _named(out: Path | None, site: str | None, now: datetime) -> Path:
    path = out or Path(f"{site or 'archive'}-{now:%Y%m%d%H%M%S}.wacz")
    if path.suffix != ".wacz":
        raise SettingsError(f"--out {path}: a WACZ file is named .wacz, or nothing opens it")
    return path


def _lines(file: Path) -> tuple[str, ...]:
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"--urls {file}: cannot be read ({error})") from error
    urls = tuple(line for line in lines if line and not line.startswith("#"))
    if not urls:
        raise SettingsError(f"--urls {file}: names no URL — write one a line")
    return urls


def _pages(folder: DataFolder, index: Index, site: str | None, selection: Selection) -> Iterator[Page]:
    """The articles as they stood at the selection's end; without a database, every HTML page."""
    if not folder.has_database:
        for entry in index.search(start=selection.start, end=selection.end):
            if entry.status == 200 and entry.mime == "text/html" and selection.takes(entry):
                yield Page(entry.url, entry.date)
        return
    with folder.read_store() as store:
        for article in _articles(store, site, selection.end):
            if article.provenance:
                captured_at = datetime.fromisoformat(article.provenance.captured_at)
                yield Page(article.url, captured_at, article.title, article.body)


def _articles(store: Store, site: str | None, end: datetime | None) -> Iterator[Article]:
    if end is None:
        yield from store.articles.items(site)
        return
    for url in store.articles.urls(site):
        if article := store.articles.find_version_at(url, end):
            yield article


def _description(index: Index, selection: Selection, site: str | None, known: Site | None) -> Mapping[str, str]:
    told = {"title": (known and known.title) or site or "Broadsheet archive"}
    homes = [one for one in index.captures(known.home) if selection.takes(one)] if known else []
    if known and homes:
        told |= {"mainPageUrl": known.home, "mainPageDate": format_date(homes[-1].date)}
    return told
