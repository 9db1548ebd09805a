"""``broadsheet doctor``: is everything in order?"""

import json
from dataclasses import asdict
from typing import Annotated

import typer

from crawler.commands import options
from crawler.commands.checks import Level, Setup, run_checks
from crawler.commands.data import DataFolder
from crawler.commands.outcome import DONE, FAILED
from crawler.commands.tables import print_table

app = typer.Typer()


@app.command()
def doctor(
    folders: options.Sites = None,
    contact: Annotated[str | None, typer.Option(envvar="BROADSHEET_CONTACT", hidden=True)] = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Check the installation, settings, disk, database and clock. Exit 1 when a crawl could not be run."""
    findings = list(run_checks(Setup(DataFolder(data, database), folders, contact)))
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        rows = [(f.check, str(f.level), f.what, f.mend) for f in findings]
        print_table("Broadsheet", ["check", "", "found", "mend"], rows)
    return FAILED if any(finding.level is Level.FAILED for finding in findings) else DONE
