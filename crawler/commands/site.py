"""``broadsheet site``: write and check site files."""

import typer

from crawler.commands import site_add, site_alarms, site_check

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Write a site file for a portal; check that a site's articles are read correctly; show its alarms.",
)
app.add_typer(site_add.app)
app.add_typer(site_check.app)
app.add_typer(site_alarms.app)
