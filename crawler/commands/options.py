"""Arguments and options that several commands share."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from crawler.commands.exit_codes import SettingsError
from crawler.sites import Site, load_sites, site_folders

#: The folder for all data: ``--data DIR``, else ``BROADSHEET_DATA``, else ``./data``.
Data = Annotated[Path, typer.Option("--data", envvar="BROADSHEET_DATA", metavar="DIR", help="Folder for all data.")]
DATA = Path("data")

#: The database, unless it is the SQLite file in the data folder.
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        envvar="BROADSHEET_DATABASE",
        metavar="URL",
        help="SQLite file or postgresql:// URL; default is a file in the data folder.",
    ),
]

#: Folders of site files in addition to the bundled ones, separated as in ``PATH``.
Sites = Annotated[
    str | None,
    typer.Option("--sites", envvar="BROADSHEET_SITES", metavar="DIR", help="Folder of your own site files."),
]

#: Names of sites; no name means all sites.
Only = Annotated[list[str] | None, typer.Argument(metavar="[SITE...]", help="Visit only these sites; default all.")]

#: The slots of a worker.
Slots = Annotated[int, typer.Option(min=1, metavar="N", help="Run at most N visits at once, each in its own process.")]

#: Output as JSON, for scripts.
Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def load_known_sites(folders: str | None) -> dict[str, Site]:
    """Return the bundled sites and those in `folders`, by name. Raises SiteError for an invalid site file."""
    return load_sites(folder for folder in site_folders(folders) if folder.is_dir() or folders)


def find_site(name: str, sites: dict[str, Site]) -> Site:
    """Return the site called `name`. Raises SettingsError if it is not in `sites`."""
    if name not in sites:
        raise unknown_site(name, sites)
    return sites[name]


def unknown_site(name: str, sites: Iterable[str]) -> SettingsError:
    """Return the error for a wrong site name, listing the known ones."""
    known = ", ".join(sorted(sites)) or "none"
    return SettingsError(
        f"unknown site {name!r} (known: {known}) — see `broadsheet sites`, or give the folder of its file with --sites"
    )
