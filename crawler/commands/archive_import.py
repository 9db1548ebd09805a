"""``broadsheet archive import``: copy the records of other crawlers' files into the archive."""

import glob
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from archive import ArchiveError, Collection
from archive.collection import IndexedImport
from crawler.bulk.sources import ARCHIVE_NAME
from crawler.commands import options
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED
from crawler.commands.import_progress import ImportProgress, ShownProgress
from crawler.commands.output import print_json, print_problem
from crawler.commands.tables import print_table

app = typer.Typer(add_completion=False)


@app.command("import")
def import_files(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="WARC, ARC or WACZ files, folders of them, or patterns such as '*.gz'."),
    ],
    recursive: Annotated[
        bool, typer.Option("--recursive", "-r", help="Also import the files in subfolders of folders.")
    ] = False,
    extract: Annotated[
        bool, typer.Option("--extract", help="Then rebuild and store the articles, as `broadsheet reextract` does.")
    ] = False,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> int:
    """Copy the records of WARC, ARC and WACZ files into the archive; exit 1 if some cannot be read.

    The files are not changed. Files imported before are not read again; their damage is named again. After an
    interruption, the same command goes on with the first file that is not imported.
    """
    folder = DataFolder(data, database)
    folder.create()
    problems: list[str] = []
    imported = _import_all(_find_files(paths, folder, problems, recursive=recursive), folder, problems)
    for problem in problems:
        print_problem(f"{problem}")
    if imported and not as_json:
        print_table("Imported", ["source", "records", "captures", "file"], map(_row, imported))
    code = FAILED if problems else DONE
    rows = [_as_dict(one) for one in imported]
    if not extract:
        if as_json:
            print_json(rows)
        return code
    from crawler.commands.reextract import extract_imported, print_rebuilt  # slow to import

    rebuilt = extract_imported(folder, folders)
    if as_json:
        print_json({"imported": rows, "rebuilt": rebuilt.as_dict()})
    return max(code, print_rebuilt(rebuilt, as_json=as_json))


def _find_files(paths: list[Path], folder: DataFolder, problems: list[str], *, recursive: bool) -> list[Path]:
    """Return the files to import: those named, and those in folders and of patterns that have the suffix of an archive.

    A line is added to `problems` for each path without any.
    """
    files: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            entries = path.rglob("*") if recursive else path.iterdir()
            found = sorted(entry for entry in entries if ARCHIVE_NAME.search(entry.name) and entry.is_file())
        elif path.exists() or not glob.has_magic(str(path)):
            found = [path]
        else:
            found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True)) if Path(name).is_file()]
        if not found:
            hint = "" if recursive or not path.is_dir() else "; use -r for subfolders"
            problems.append(f"{path}: no WARC, ARC or WACZ files{hint}")
        for file in found:
            if os.path.realpath(folder.warc) in map(str, Path(os.path.realpath(file)).parents):
                problems.append(f"{file}: is in this archive already; `broadsheet archive index` indexes it")
            else:
                files[file] = None
    return list(files)


def _import_all(files: list[Path], folder: DataFolder, problems: list[str]) -> list[IndexedImport]:
    """Import the files, and add a line to `problems` for everything that is not in the archive or index afterwards."""
    imported: list[IndexedImport] = []
    progress = ImportProgress({path: path.stat().st_size if path.exists() else 0 for path in files})
    with Collection(folder.root) as collection, ShownProgress(progress) as shown:
        for number, path in enumerate(files):
            found: list[IndexedImport] = []
            try:
                found.extend(collection.import_file(path, shown.move))
            except ArchiveError as error:
                problems.append(str(error))
            except KeyboardInterrupt:
                print_problem(f"stopped after {number} of {len(files)} files; the same command goes on with {path}")
                raise
            imported += found
            progress.finish(path, is_new=any(one.imported.is_new for one in found))
    for one in imported:
        problems += [f"skipped damaged data: {damage}" for damage in one.imported.damage]
        problems += [f"imported but not in the index: {damage}" for damage in one.not_indexed]
    return imported


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
