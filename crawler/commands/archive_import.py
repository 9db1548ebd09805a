"""``broadsheet archive import``: copy the records of other crawlers' files into the archive."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from archive import ArchiveError, Collection
from archive.collection import IndexedImport
from crawler.commands import options
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED
from crawler.commands.tables import print_table, show_progress

app = typer.Typer(add_completion=False)


@app.command("import")
def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The WARC, ARC or WACZ files to import.")],
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> int:
    """Copy the records of WARC, ARC and WACZ files into the archive; exit 1 if some cannot be read.

    The files are not changed. Files imported before are skipped.
    """
    folder = DataFolder(data)
    folder.create()
    imported: list[IndexedImport] = []
    failed = False
    with Collection(folder.root) as collection:
        for path in show_progress(files, "files", len(files)):
            try:
                imported.extend(collection.import_file(path))
            except ArchiveError as error:
                print(f"broadsheet: {error}", file=sys.stderr)
                failed = True
    for one in imported:
        for damage in one.imported.damage:
            print(f"broadsheet: skipped damaged data: {damage}", file=sys.stderr)
            failed = True
        for damage in one.not_indexed:
            print(f"broadsheet: imported but not in the index: {damage}", file=sys.stderr)
            failed = True
    if as_json:
        print(json.dumps([_as_dict(one) for one in imported], ensure_ascii=False))
    elif imported:
        print_table("Imported", ["source", "records", "captures", "file"], map(_row, imported))
    return FAILED if failed else DONE


def _row(one: IndexedImport) -> tuple[str, ...]:
    result = one.imported
    records = str(result.records) if result.is_new or result.file is None else "imported before"
    return result.source, records, str(one.captures), result.file or "—"


def _as_dict(one: IndexedImport) -> dict[str, Any]:
    result = one.imported
    damage = [
        {"file": error.file, "offset": error.offset, "what": error.what} for error in (*result.damage, *one.not_indexed)
    ]
    return {
        "source": result.source,
        "file": result.file,
        "new": result.is_new,
        "records": result.records,
        "captures": one.captures,
        "damage": damage,
    }
