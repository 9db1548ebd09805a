"""``broadsheet demo``: crawl sample portals on this machine, rebuild their items offline and compare."""

import asyncio
import json
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.table import Table

from archive import Collection
from archive.retention import Removals
from crawler.commands import options
from crawler.commands.crawl_progress import CrawlProgress
from crawler.commands.crawl_session import CrawlSession, project_settings
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED, STOPPED
from crawler.commands.output import print_json, print_text
from crawler.commands.rebuild import Comparison, compare_with_store
from crawler.demo import DemoServer, PagesPortal, Portal, sample_portals, write_site_files
from crawler.spiders.loader import SiteSpiderLoader
from crawler.store import CORE_FIELDS, Store

app = typer.Typer(add_completion=False)


@app.command()
def demo(
    pages: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Serve the saved pages (.html, .html.gz) in DIR as one more portal."),
    ] = None,
    data: options.Data = Path("demo-data"),
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port of the sample server; 0, the default, for any free port.")
    ] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Only serve the portals until Ctrl-C, to try other commands on them.")
    ] = False,
    as_json: options.Json = False,
) -> int:
    """Crawl the bundled sample portals on loopback, rebuild their items offline and compare."""
    began = time.monotonic()
    portals = [*sample_portals(), *([PagesPortal(pages)] if pages else [])]
    folder = DataFolder(data)
    folder.create()
    if serve:
        return _serve_portals(DemoServer(portals, port=port or 0), folder.root / "sites")
    with DemoServer(portals, port=port or 0) as server, Store.open(folder.database) as store:
        sites = folder.root / "sites"
        write_site_files(server, sites)
        session = CrawlSession(folder)
        console = Console(stderr=True)
        comparison = Comparison()
        edited: list[str] = []

        async def main() -> int:
            nonlocal comparison
            console.print(f"crawling {len(portals)} sample portals on 127.0.0.1:{server.port}")
            await _crawl(session, folder, sites, [portal.name for portal in portals], console)
            first = {portal.name: portal.articles for portal in portals}
            server.set_edition(2)
            edited.extend(portal.name for portal in portals if portal.articles != first[portal.name])
            if not session.interrupted:
                console.print(f"{', '.join(edited)} has edited some articles and removed one: crawling it again")
                await _crawl(session, folder, sites, edited, console, revisit=True)
            if session.interrupted:
                return STOPPED
            console.print("rebuilding every item from the archive, offline")
            offline = project_settings("offline", folder, BROADSHEET_SITES=str(sites), BROADSHEET_STORAGE=None)
            loader = SiteSpiderLoader.from_settings(offline)
            spiders = [loader.load(portal.name) for portal in portals]
            comparison, _ = await compare_with_store(session, offline, spiders, store, Removals.of(folder.root))
            return DONE if comparison.is_identical else FAILED

        code = session.run(main)
        summary = _summarize(server, portals, folder, store, comparison)
    summary["seconds"] = round(time.monotonic() - began, 1)
    file = folder.root / "demo-summary.json"
    file.write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print_json(summary)
    else:
        _print_summary(summary, edited, folder, session.log_file, sites)
    return code


def _serve_portals(server: DemoServer, sites: Path) -> int:
    """Serve the portals until Ctrl-C, with their site files in `sites`."""
    with server:
        write_site_files(server, sites)
        for portal in server.portals.values():
            print_text(f"{portal.name:<15} {server.url(portal)}")
        print_text(f"site files: {sites}  (Ctrl-C to stop)", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    return DONE


async def _crawl(
    session: CrawlSession, folder: DataFolder, sites: Path, names: Sequence[str], console: Console, **arguments: Any
) -> None:
    settings = project_settings("live", folder, BROADSHEET_SITES=str(sites), BROADSHEET_STORAGE=None)
    loader = SiteSpiderLoader.from_settings(settings)
    crawlers = [session.prepare(loader.load(name), settings) for name in names]
    async with CrawlProgress(console, crawlers):
        await asyncio.gather(*(session.start(crawler, **arguments) for crawler in crawlers))


def _summarize(
    server: DemoServer, portals: Sequence[Portal], folder: DataFolder, store: Store, comparison: Comparison
) -> dict[str, Any]:
    """Return the figures of the demo. Gaps and parallel requests are measured at the server."""
    index = Collection(folder.root).index
    rows: list[dict[str, Any]] = []
    for portal in portals:
        counts = store.articles.counts(portal.name)
        exchanges = server.exchanges(portal.host)
        gap = server.smallest_gap(portal.host)
        rows.append(
            {
                "portal": portal.name,
                "host": portal.host,
                "pages": len(exchanges),
                "records": sum(1 for _ in index.search(host=portal.host)),
                "items": counts.articles,
                "versions": counts.versions,
                "fields": {name: round(counts.fields[name], 4) for name in CORE_FIELDS},
                "min_gap_s": round(gap, 3) if gap is not None else None,
                "peak_parallel": server.peak_parallel(portal.host),
                "bytes": sum(exchange.bytes_sent for exchange in exchanges),
            }
        )
    total = store.articles.counts()
    gaps = [row["min_gap_s"] for row in rows if row["min_gap_s"] is not None]
    return {
        "portals": rows,
        "pages": sum(row["pages"] for row in rows),
        "records": sum(row["records"] for row in rows),
        "items": total.articles,
        "fields": {name: round(total.fields[name], 4) for name in CORE_FIELDS},
        "bytes": sum(row["bytes"] for row in rows),
        "min_gap_s": min(gaps, default=None),
        "forbidden_requests": len(server.forbidden_requests()),
        "reextract_identical": comparison.is_identical,
        "reextract": comparison.as_dict(),
        "data": str(folder.root),
    }


def _print_summary(
    summary: Mapping[str, Any], edited: Sequence[str], folder: DataFolder, log: Path, sites: Path
) -> None:
    console = Console()
    table = Table(
        "portal",
        "pages",
        "records",
        "items",
        *CORE_FIELDS,
        "gap",
        "bytes",
        box=None,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for row in [*summary["portals"], {**summary, "portal": "all"}]:
        shares = [f"{row['fields'][name]:.0%}" for name in CORE_FIELDS]
        gap = f"{row['min_gap_s']:.2f} s" if row["min_gap_s"] is not None else ""
        table.add_row(
            row["portal"],
            str(row["pages"]),
            str(row["records"]),
            str(row["items"]),
            *shares,
            gap,
            decimal(row["bytes"], precision=0),
        )
    console.print(table)
    console.print("gap: the shortest time from the end of a response to the next request, measured at the server")
    rebuilt = summary["reextract"]
    different = sum(len(rebuilt[kind]) for kind in ("differing", "missing", "unknown"))
    twice = f"; {', '.join(edited)} was crawled twice" if edited else ""
    console.print(
        f"\nrebuilt offline: {rebuilt['same']} captures identical, {different} different "
        f"({summary['items']} articles{twice})\ntotal time: {summary['seconds']} s"
    )
    for label, path in (
        ("captures", folder.warc),
        ("index", folder.index),
        ("database", folder.database),
        ("site files", sites),
        ("log", log),
        ("summary", folder.root / "demo-summary.json"),
    ):
        console.print(f"  {label:<10} {path}", soft_wrap=True, highlight=False)
    console.print(f"\nshow an item: broadsheet items export --data {folder.root} | head -n 1", highlight=False)
