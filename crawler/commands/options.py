"""The options that many verbs share, spelt once."""

from pathlib import Path
from typing import Annotated

import typer

from crawler.commands.outcome import SettingsError
from crawler.sites import Site, load_sites, site_folders

#: Where all data lies: ``--data DIR``, else ``BROADSHEET_DATA``; else ``./data``.
Data = Annotated[
    Path, typer.Option("--data", envvar="BROADSHEET_DATA", metavar="DIR", help="The folder all data lies in.")
]
DATA = Path("data")

#: Another database than the SQLite file in the data folder.
Database = Annotated[
    str | None,
    typer.Option("--database", envvar="BROADSHEET_DATABASE", metavar="URL", help="A SQLite file or postgresql:// URL."),
]

#: Folders of site files beside the bundled ones, as ``PATH`` lists them.
Sites = Annotated[
    str | None,
    typer.Option("--sites", envvar="BROADSHEET_SITES", metavar="DIR", help="A folder of site files of your own."),
]

#: Sites by name, where none means all.
Only = Annotated[
    list[str] | None, typer.Argument(metavar="[SITE...]", help="Only these of the sites; all where none is named.")
]

#: What a worker does at once.
Slots = Annotated[int, typer.Option(min=1, metavar="N", help="Visits at once, each in a process of its own.")]

#: Output for scripts.
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def known_sites(folders: str | None) -> dict[str, Site]:
    """The bundled sites and those of `folders`, by name. Raises SiteError."""
    return load_sites(folder for folder in site_folders(folders) if folder.is_dir() or folders)


def site_named(name: str, sites: dict[str, Site]) -> Site:
    """The site of that name. Raises SettingsError naming those there are."""
    if name not in sites:
        known = ", ".join(sorted(sites)) or "none"
        raise SettingsError(
            f"there is no site {name!r} (known: {known}) — see `broadsheet sites`, or name its folder with --sites"
        )
    return sites[name]
