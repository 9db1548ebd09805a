"""``broadsheet archive export``: hand the archive over as a bag, or as one WACZ per site and month."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.filesize import decimal

from archive import ArchiveError, Collection, IndexEntry
from archive.bag import BagExport, write_bag
from archive.selection import Selection, prefix_of
from archive.storage import storage_of
from archive.summary import Summary
from archive.wacz import write_wacz
from crawler import __version__
from crawler.commands import options
from crawler.commands.archive_export import articles_at, describe, select_pages, withheld_urls
from crawler.commands.archive_offload import Bucket
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED
from crawler.commands.output import print_json, print_problem
from crawler.commands.rebuild import sites_of_hosts
from crawler.commands.tables import print_fields, print_table, show_progress
from crawler.commands.times import parse_time
from crawler.plain_text import escape_json
from crawler.sites import Site
from crawler.store import article_to_json

app = typer.Typer(add_completion=False)

SOFTWARE = f"Broadsheet/{__version__}"


class HandoverFormat(StrEnum):
    """The form in which an archive is handed over."""

    BAGIT = "bagit"
    WACZ = "wacz"


@dataclass(frozen=True, slots=True, order=True)
class SiteMonth:
    """A month of a site: the captures of one WACZ."""

    site: str
    start: datetime
    end: datetime

    @property
    def file(self) -> str:
        """The name of the WACZ."""
        return f"{self.site}-{self.start:%Y-%m}.wacz"


@app.command("export")
def export(
    target: Annotated[Path, typer.Argument(metavar="DIR", help="The bag to write, or the folder of the WACZ files.")],
    site: Annotated[str | None, typer.Argument(metavar="[SITE]", help="Export only the captures of this site.")] = None,
    form: Annotated[
        HandoverFormat, typer.Option("--as", help="One bag (BagIt 1.0), or one WACZ per site and month.")
    ] = HandoverFormat.BAGIT,
    since: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Export only captures from this time on.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="Export only captures before this time.")
    ] = None,
    contact: Annotated[
        str | None, typer.Option("--contact", metavar="TEXT", help="The person who hands over, as stated in the bag.")
    ] = None,
    bucket: Bucket = None,
    sites: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Hand the archive over as a bag (WARC files, index, articles, manifest, timestamps), or as WACZ files by month.

    Pages withheld by opt-outs are left out. Exit 1 if something selected cannot be exported; it is named.
    """
    folder = DataFolder(data, database)
    folder.require()
    known = options.load_known_sites(sites)
    limits = Selection(
        start=parse_time("--from", since) if since else None,
        end=parse_time("--to", until) if until else None,
        withheld=withheld_urls(folder),
    )
    with Collection(folder.root, storage=storage_of(folder.warc, bucket)) as collection:
        exported = _sites_of(collection, known)
        if site and site not in exported:
            raise options.unknown_site(site, exported)
        if form is HandoverFormat.WACZ:
            chosen = {site: exported[site]} if site else exported
            return _export_months(target, folder, collection, chosen, limits, known, as_json)
        selection = replace(limits, prefix=site, hosts=exported[site]) if site else limits
        info = {"Bag-Software-Agent": SOFTWARE, "External-Description": f"web archive of {site or ', '.join(exported)}"}
        if contact:
            info["Contact-Name"] = contact
        report = write_bag(
            target,
            collection,
            _article_lines(folder, site, selection),
            selection=selection,
            info=info,
            progress=lambda files: show_progress(files, "files", len(files)),
        )
    return _print_bag(report, as_json)


def _sites_of(collection: Collection, known: Mapping[str, Site]) -> dict[str, tuple[str, ...]]:
    """Return the sites with captures, and their hosts: of crawls by the names of their files, others by host."""
    crawled: set[str] = set()
    hosts: set[str] = set()
    for file in collection.index.files():
        if prefix := prefix_of(file):
            crawled.add(prefix)
        else:
            hosts.update(Summary.of(collection.index.captures_in(file)).hosts)
    found = {name: known[name].hosts if name in known else () for name in sorted(crawled)}
    return found | {one.name: one.hosts for one in sites_of_hosts(hosts, known)}


def _article_lines(folder: DataFolder, site: str | None, selection: Selection) -> Iterator[str]:
    """Yield the articles with captures in the selection as lines of JSON."""
    if not folder.has_database:
        return
    with folder.read_store() as store:
        for article in articles_at(store, site, selection.end):
            record = article.provenance
            if record and selection.includes_page(article.url, datetime.fromisoformat(record.captured_at)):
                yield escape_json(article_to_json(article))


def _export_months(
    target: Path,
    folder: DataFolder,
    collection: Collection,
    sites: Mapping[str, tuple[str, ...]],
    limits: Selection,
    known: Mapping[str, Site],
    as_json: bool,
) -> int:
    """Write one WACZ per site and month, and name what is lacking. Return the exit code."""
    target.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    problems: list[str] = []
    selections = {name: replace(limits, prefix=name, hosts=hosts) for name, hosts in sites.items()}
    months = _find_months(collection.index.search(), selections)
    for month, files in show_progress(sorted(months.items()), "files", len(months)):
        start, end = max(month.start, limits.start or month.start), min(month.end, limits.end or month.end)
        selection = replace(selections[month.site], start=start, end=end)
        try:
            report = write_wacz(
                target / month.file,
                collection,
                select_pages(folder, collection.index, month.site, selection),
                selection=selection,
                description=describe(collection.index, selection, month.site, known.get(month.site)),
                software=SOFTWARE,
                names=files,
            )
        except ArchiveError as error:
            problems.append(f"{month.file}: {error}")
            continue
        problems += [f"{month.file}: {line}" for line in report.lost]
        rows.append({"file": month.file, "captures": report.captures, "pages": report.pages, "bytes": report.bytes})
    for problem in problems:
        print_problem(f"not exported: {problem}")
    if as_json:
        print_json({"files": rows, "lost": problems})
    else:
        cells = [(row["file"], str(row["captures"]), str(row["pages"]), decimal(row["bytes"])) for row in rows]
        print_table(str(target), ["file", "captures", "pages", "bytes"], cells, numbers=1)
    return FAILED if problems or not rows else DONE


def _find_months(entries: Iterable[IndexEntry], selections: Mapping[str, Selection]) -> dict[SiteMonth, set[str]]:
    """Return the months of each site with captures, and the files that have them."""
    months = defaultdict[SiteMonth, set[str]](set)
    for entry in entries:
        for name, selection in selections.items():
            if selection.includes(entry):
                months[_month_of(name, entry.date)].add(entry.file)
    return months


def _month_of(site: str, date: datetime) -> SiteMonth:
    start = date.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return SiteMonth(site, start, (start + timedelta(days=32)).replace(day=1))


def _print_bag(report: BagExport, as_json: bool) -> int:
    for line in report.lost:
        print_problem(f"not exported: {line}")
    counts = {"files": report.files, "captures": report.captures, "articles": report.articles, "bytes": report.bytes}
    if as_json:
        print_json({"bag": str(report.path), **counts, "lost": report.lost})
    else:
        shown = {"bag": str(report.path), **counts, "bytes": decimal(report.bytes)}
        print_fields((name, str(value)) for name, value in shown.items())
    return FAILED if report.lost else DONE
