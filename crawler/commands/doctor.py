"""``broadsheet doctor``: check the installation."""

from typing import Annotated

import typer

from crawler.commands import options
from crawler.commands.data_folder import DataFolder
from crawler.commands.doctor_checks import Level, Setup, run_checks
from crawler.commands.exit_codes import DONE, FAILED
from crawler.commands.output import print_json
from crawler.commands.tables import print_table

app = typer.Typer(add_completion=False)


@app.command()
def doctor(
    folders: options.Sites = None,
    contact: Annotated[str | None, typer.Option(envvar="BROADSHEET_CONTACT", hidden=True)] = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Check the installation, settings, disk, database and clock; exit 1 if a crawl could not run."""
    results = list(run_checks(Setup(DataFolder(data, database), folders, contact)))
    if as_json:
        print_json([result.as_dict() for result in results])
    else:
        rows = [(result.check, str(result.level), result.found, result.fix) for result in results]
        print_table("Broadsheet", ["check", "result", "found", "fix"], rows)
    return FAILED if any(result.level is Level.FAILED for result in results) else DONE
