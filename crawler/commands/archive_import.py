"""``broadsheet archive import``: the files of other crawlers taken into the archive."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from archive import ArchiveError, Collection
from archive.collection import Indexed
from crawler.commands import options
from crawler.commands.data import DataFolder
from crawler.commands.outcome import DONE, FAILED
from crawler.commands.tables import print_table, progress

app = typer.Typer()


@app.command("import")
def import_files(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="WARC, ARC or WACZ files.")],
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> int:
    """Copy the records of other crawlers' files into the archive. Exit 1 when some of them could not be read.

    The files stay as they are. What is in the archive already is not copied again.
    """
    folder = DataFolder(data)
    folder.make()
    taken: list[Indexed] = []
    failed = False
    with Collection(folder.root) as collection:
        for path in progress(files, "files", len(files)):
            try:
                taken.extend(collection.import_file(path))
            except ArchiveError as error:
                print(f"broadsheet: {error}", file=sys.stderr)
                failed = True
    for one in taken:
        for damage in one.imported.damage:
            print(f"broadsheet: left out: {damage}", file=sys.stderr)
            failed = True
    if as_json:
        print(json.dumps([_as_dict(one) for one in taken], ensure_ascii=False))
    elif taken:
        print_table("Imported", ["source", "records", "captures", "file"], map(_row, taken), numbers=None)
    return FAILED if failed else DONE


def _row(one: Indexed) -> tuple[str, ...]:
    found = one.imported
    records = str(found.records) if found.is_new or found.file is None else "here already"
    return found.source, records, str(one.captures), found.file or "—"


def _as_dict(one: Indexed) -> dict[str, Any]:
    found = one.imported
    damage = [{"file": error.file, "offset": error.offset, "what": error.what} for error in found.damage]
    return {
        "source": found.source,
        "file": found.file,
        "new": found.is_new,
        "records": found.records,
        "captures": one.captures,
        "damage": damage,
    }
