"""``broadsheet demo``: the whole trip of a page, on this machine alone."""

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
from crawler.commands import options
from crawler.commands.data import DataFolder
from crawler.commands.outcome import DONE, FAILED, INTERRUPTED
from crawler.commands.progress import CrawlProgress
from crawler.commands.rebuild import Comparison, compare
from crawler.commands.session import CrawlSession, project_settings
from crawler.demo import DemoServer, PagesPortal, Portal, sample_portals, site_files
from crawler.spiders.loader import SiteSpiderLoader
from crawler.store import CORE_FIELDS, Store

app = typer.Typer()


@app.command()
def demo(
    pages: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Serve a folder of saved pages (.html, .html.gz) as one more portal."),
    ] = None,
    data: options.Data = Path("demo-data"),
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The sample server's port; a free one.")] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Only serve the portals, until Ctrl-C, for your own commands to visit.")
    ] = False,
    as_json: options.Json = False,
) -> int:
    """Crawl the bundled sample portals on loopback, rebuild their items offline and compare."""
    began = time.monotonic()
    portals = [*sample_portals(), *([PagesPortal(pages)] if pages else [])]
    folder = DataFolder(data)
    folder.make()
    if serve:
        return _serve(DemoServer(portals, port=port or 0), folder.root / "sites")
    with DemoServer(portals, port=port or 0) as server, Store.open(folder.database) as store:
        sites = folder.root / "sites"
        site_files(server, sites)
        session = CrawlSession(folder)
        console = Console(stderr=True)
        comparison = Comparison()

        async def main() -> int:
            nonlocal comparison
            console.print(f"crawling {len(portals)} sample portals on 127.0.0.1:{server.port}")
            await _visit(session, folder, sites, [portal.name for portal in portals], console)
            first = {portal.name: portal.articles for portal in portals}
            server.visit(2)
            edited = [portal.name for portal in portals if portal.articles != first[portal.name]]
            if not session.interrupted:
                console.print(f"{', '.join(edited)} edited some articles and took one down: visiting again")
                await _visit(session, folder, sites, edited, console, revisit=True)
            if session.interrupted:
                return INTERRUPTED
            console.print("rebuilding every item from the archive, offline")
            offline = project_settings("offline", folder, BROADSHEET_SITES=str(sites), BROADSHEET_STORAGE=None)
            comparison = await compare(session, offline, [portal.name for portal in portals], store)
            return DONE if comparison.identical else FAILED

        code = session.run(main)
        summary = _summary(server, portals, folder, store, comparison)
    summary["seconds"] = round(time.monotonic() - began, 1)
    file = folder.root / "demo-summary.json"
    file.write_text(json.dumps(summary, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if as_json:
        print(json.dumps(summary, ensure_ascii=False))
    else:
        _print(summary, folder, session.log_file, sites)
    return code


def _serve(server: DemoServer, sites: Path) -> int:
    """Serve the portals with their site files in `sites` until Ctrl-C."""
    with server:
        site_files(server, sites)
        for portal in server.portals.values():
            print(f"{portal.name:<15} {server.url(portal)}")
        print(f"their site files: {sites}  (Ctrl-C ends it)", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()
    return DONE


async def _visit(
    session: CrawlSession, folder: DataFolder, sites: Path, names: Sequence[str], console: Console, **arguments: Any
) -> None:
    settings = project_settings("live", folder, BROADSHEET_SITES=str(sites), BROADSHEET_STORAGE=None)
    loader = SiteSpiderLoader.from_settings(settings)
    crawlers = [session.prepare(loader.load(name), settings) for name in names]
    async with CrawlProgress(console, crawlers):
        await asyncio.gather(*(session.start(crawler, **arguments) for crawler in crawlers))


def _summary(
    server: DemoServer, portals: Sequence[Portal], folder: DataFolder, store: Store, comparison: Comparison
) -> dict[str, Any]:
    """What the demo did; gaps are counted at the server, between the end of an answer and the next request."""
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
    whole = store.articles.counts()
    gaps = [row["min_gap_s"] for row in rows if row["min_gap_s"] is not None]
    return {
        "portals": rows,
        "pages": sum(row["pages"] for row in rows),
        "records": sum(row["records"] for row in rows),
        "items": whole.articles,
        "fields": {name: round(whole.fields[name], 4) for name in CORE_FIELDS},
        "bytes": sum(row["bytes"] for row in rows),
        "min_gap_s": min(gaps, default=None),
        "forbidden_requests": len(server.trespasses()),
        "reextract_identical": comparison.identical,
        "reextract": comparison.as_dict(),
        "data": str(folder.root),
    }


def _print(summary: Mapping[str, Any], folder: DataFolder, log: Path, sites: Path) -> None:
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
    console.print("gap: the smallest from the end of an answer to the next request, counted by the portal's server")
    rebuilt = summary["reextract"]
    same = "all as stored" if rebuilt["identical"] else "NOT all as stored, see demo-summary.json"
    console.print(f"\nrebuilt offline: {rebuilt['same']} items, {same}; {summary['seconds']} s in all")
    for label, where in (
        ("captures", folder.warc),
        ("index", folder.index),
        ("items", folder.database),
        ("site files", sites),
        ("log", log),
        ("summary", folder.root / "demo-summary.json"),
    ):
        console.print(f"  {label:<10} {where}", soft_wrap=True, highlight=False)
    console.print(f"\nread one: broadsheet items export --data {folder.root} | head -n 1", highlight=False)
