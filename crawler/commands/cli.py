"""The command-line application. Lists the verbs; imports a verb's module only when it is called."""

import importlib
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from crawler import __version__

#: Verb -> its line in `broadsheet --help`, so that help does not import the modules.
VERBS = {
    "demo": "Crawl the bundled sample portals, rebuild their items offline and compare.",
    "crawl": "Crawl sites now; store captures and articles.",
    "schedule": "Plan and run the visits of sites; pause, resume or trigger them.",
    "worker": "Run planned visits on this machine.",
    "sites": "List the known sites and the number of stored articles.",
    "site": "Write a site file for a portal; check that a site's articles are read correctly; show its alarms.",
    "reextract": "Rebuild the items from the archive, without network access.",
    "cluster": "Start the scheduler and the workers of a Dask cluster for bulk work.",
    "items": "Show, search, compare and export the stored articles.",
    "archive": "Look up captures; check, repair, export and index the WARC files.",
    "serve": "Show sites, articles, versions and captures in a browser.",
    "politeness": "Report how portals were treated; apply their opt-outs; release held hosts.",
    "doctor": "Check the installation, settings, disk, database and clock.",
}


class VerbGroup(TyperGroup):
    """Lists the verbs from `VERBS`; imports a verb's module when it is called."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = {name: TyperCommand(name, help=line) for name, line in VERBS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        module = importlib.import_module(f"crawler.commands.{name}")
        command = typer.main.get_command(module.app)
        command.name = name
        return name, command, rest


app = typer.Typer(cls=VerbGroup, add_completion=False, no_args_is_help=True)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"broadsheet {__version__}")
        raise typer.Exit


@app.callback()
def broadsheet(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A polite news crawler and archiver."""
