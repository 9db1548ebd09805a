"""``broadsheet site``: add a portal, check how one reads."""

import typer

from crawler.commands import site_add, site_check

app = typer.Typer(no_args_is_help=True, help="Add a portal by looking at it; check how one reads.")
app.add_typer(site_add.app)
app.add_typer(site_check.app)
