"""``broadsheet archive export-wacz``: pack captures, index and articles into one file that a browser can replay."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.filesize import decimal

from archive import Collection, Index
from archive.media import is_html, is_success
from archive.notes import is_note
from archive.record import format_date
from archive.storage import storage_of
from archive.wacz import Page, Selection, write_wacz
from crawler import __version__
from crawler.commands import options
from crawler.commands.archive_offload import Bucket
from crawler.commands.archive_signing import DomainCertificates, DomainKeyFile, choose_signer
from crawler.commands.archive_trust import Authority, Roots
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED, SettingsError
from crawler.commands.output import print_json, print_problem
from crawler.commands.tables import print_fields, show_progress
from crawler.commands.times import parse_time
from crawler.items import Article
from crawler.sites import Site
from crawler.store import Store

app = typer.Typer(add_completion=False)


@app.command("export-wacz")
def export_wacz(
    site: Annotated[str | None, typer.Argument(metavar="[SITE]", help="Export only the captures of this site.")] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Export only captures from this time on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Export only captures before this time.")
    ] = None,
    urls: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Export only the URLs in FILE, one per line.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write to FILE; default SITE-TIME.wacz.")] = None,
    sign: Annotated[
        bool, typer.Option("--sign", help="Sign the file with the key in the data folder; create the key if missing.")
    ] = False,
    domain_key: DomainKeyFile = None,
    domain_certificates: DomainCertificates = None,
    authority: Authority = None,
    roots: Roots = None,
    bucket: Bucket = None,
    sites: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Export captures with their index, and the titles and texts of articles, as a WACZ file for ReplayWeb.page etc.

    Exit 1 if some of the selection cannot be read; it is named and left out.
    """
    folder = DataFolder(data, database)
    folder.require()
    now = datetime.now(UTC)
    known_sites = options.load_known_sites(sites)
    known = known_sites.get(site) if site else None
    path = _output_file(out, site, now)
    selection = Selection(
        prefix=site,
        hosts=known.hosts if known else (),
        start=parse_time("--from", since) if since else None,
        end=parse_time("--to", until) if until else None,
        urls=_read_urls(urls) if urls else None,
        withheld=withheld_urls(folder),
    )
    with Collection(folder.root, storage=storage_of(folder.warc, bucket)) as collection:
        if site and not known and not any(map(selection.includes, collection.index.search())):
            raise options.unknown_site(site, known_sites)
        key = choose_signer(
            folder,
            is_anonymous=sign,
            key=domain_key,
            certificates=domain_certificates,
            authority=authority,
            roots=roots,
        )
        report = write_wacz(
            path,
            collection,
            select_pages(folder, collection.index, site, selection),
            selection=selection,
            description=describe(collection.index, selection, site, known),
            software=f"Broadsheet/{__version__}",
            key=key,
            now=now,
            progress=lambda files: show_progress(files, "files", len(files)),
        )
    counts = {"files": report.files, "captures": report.captures, "pages": report.pages, "bytes": report.bytes}
    for line in report.lost:
        print_problem(f"not exported: {line}")
    code = FAILED if report.lost else DONE
    if as_json:
        result = {"file": str(path), **counts, "public_key": key.name if key else None, "lost": report.lost}
        print_json(result)
        return code
    shown = {"file": str(path), **counts, "bytes": decimal(report.bytes)}
    if key:
        shown["signed by"] = key.name
    print_fields((name, str(value)) for name, value in shown.items())
    return code


def withheld_urls(folder: DataFolder) -> frozenset[str]:
    """Return the URLs withheld because of opt-outs."""
    if not folder.has_database:
        return frozenset()
    with folder.read_store() as store:
        return store.opt_outs.withheld_urls()


def _output_file(out: Path | None, site: str | None, now: datetime) -> Path:
    path = out or Path(f"{site or 'archive'}-{now:%Y%m%d%H%M%S}.wacz")
    if path.suffix != ".wacz":
        raise SettingsError(f"--out {path}: the name of a WACZ file must end in .wacz, or replay tools do not open it")
    return path


def _read_urls(file: Path) -> tuple[str, ...]:
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"--urls {file}: cannot be read ({error}) — check the path; the file must be UTF-8 text"
        ) from error
    urls = tuple(line for line in lines if line and not line.startswith("#"))
    if not urls:
        raise SettingsError(f"--urls {file}: contains no URL — write one URL per line")
    return urls


def select_pages(folder: DataFolder, index: Index, site: str | None, selection: Selection) -> Iterator[Page]:
    """Yield the articles as they were at the end of the selection, or every HTML page if there is no database."""
    if not folder.has_database:
        for entry in index.search(start=selection.start, end=selection.end):
            is_page = (
                not is_note(entry.url)
                and entry.method == "GET"
                and is_success(entry.status)
                and is_html(entry.mime, b"")
            )
            if is_page and selection.includes(entry):
                yield Page(entry.url, entry.date)
        return
    with folder.read_store() as store:
        for article in articles_at(store, site, selection.end):
            if article.provenance:
                captured_at = datetime.fromisoformat(article.provenance.captured_at)
                yield Page(article.url, captured_at, article.title, article.body)


def articles_at(store: Store, site: str | None, end: datetime | None) -> Iterator[Article]:
    if end is None:
        yield from store.articles.items(site)
        return
    for url in store.articles.urls(site):
        if article := store.articles.find_version_at(url, end):
            yield article


def describe(index: Index, selection: Selection, site: str | None, known: Site | None) -> Mapping[str, str]:
    values = {"title": (known and known.title) or site or "Broadsheet archive"}
    homes = [entry for entry in index.captures(known.home) if selection.includes(entry)] if known else []
    if known and homes:
        values |= {"mainPageUrl": known.home, "mainPageDate": format_date(homes[-1].date)}
    return values
