"""``broadsheet sites``: list the known sites and the number of stored articles."""

import json
from collections.abc import Mapping
from typing import Any

import typer

from crawler.commands import options
from crawler.commands.data_folder import DataFolder
from crawler.commands.tables import format_share, print_table
from crawler.sites import Site
from crawler.store import CORE_FIELDS, Counts

app = typer.Typer(add_completion=False)


@app.command()
def sites(
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """List the known sites, the number of stored articles and the share that have each field."""
    known = options.load_known_sites(folders)
    stored = _load_counts(DataFolder(data, database), known)
    if as_json:
        print(
            json.dumps(
                [_site_as_dict(site, stored.get(name)) for name, site in sorted(known.items())], ensure_ascii=False
            )
        )
        return
    rows = [_row(site, stored.get(name)) for name, site in sorted(known.items())]
    print_table("Sites", ["site", "title", "home", "delay", "articles", *CORE_FIELDS], rows, numbers=3)


def _load_counts(folder: DataFolder, known: Mapping[str, Site]) -> dict[str, Counts]:
    if not folder.has_database:
        return {}  # no crawl yet
    with folder.read_store() as store:
        return {name: store.articles.counts(name) for name in known}


def _row(site: Site, counts: Counts | None) -> list[str]:
    shares = [format_share(counts.fields[name]) if counts and counts.articles else "" for name in CORE_FIELDS]
    return [site.name, site.title or "", site.home, f"{site.delay:g} s", str(counts.articles if counts else 0), *shares]


def _site_as_dict(site: Site, counts: Counts | None) -> dict[str, Any]:
    values: dict[str, Any] = {"name": site.name, "title": site.title, "home": site.home, "hosts": list(site.hosts)}
    values |= {"delay": site.delay, "articles": counts.articles if counts else 0}
    return values | {"fields": dict(counts.fields) if counts and counts.articles else None}
