"""The command-line application: lists the verbs, and imports a verb's module only when it is called."""

import importlib
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from crawler import __version__

#: Every verb and what `broadsheet --help` says of it, so that help need not load them.
VERBS = {
    "demo": "Crawl the bundled sample portals, rebuild their items offline and compare.",
    "crawl": "Crawl sites now.",
    "schedule": "Plan the visits of sites, run them and steer them.",
    "worker": "Run planned visits on this machine.",
    "sites": "List the sites and what is stored of them.",
    "site": "Add a portal by looking at it; check how one reads.",
    "reextract": "Rebuild the items from the archive, without network.",
    "items": "Show, trace and export the stored articles.",
    "archive": "Look into, check and index the WARC files.",
    "serve": "Show what is stored in a browser: search, articles, versions, replay.",
    "politeness": "Show how portals were treated; apply what they have asked for since.",
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
