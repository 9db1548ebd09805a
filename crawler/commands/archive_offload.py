"""``broadsheet archive offload``: move closed WARC files to a bucket."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.filesize import decimal

from archive.offload import RECEIPTS_FILE, Move, Receipts, find_movable, offload
from crawler.commands import options
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import SettingsError
from crawler.commands.output import print_json, print_text
from crawler.commands.tables import print_table, show_progress

app = typer.Typer(add_completion=False)

#: The option that names the bucket for closed WARC files.
Bucket = Annotated[
    str | None,
    typer.Option(
        "--storage",
        envvar="BROADSHEET_STORAGE",
        metavar="URL",
        help="Bucket for closed WARC files, s3://bucket/folder; AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID etc. apply.",
    ),
]


@app.command("offload")
def offload_files(
    bucket: Bucket = None,
    keep_local: Annotated[
        bool,
        typer.Option(
            "--keep-local/--drop-local", help="Keep the local files, or delete each after its copy has been compared."
        ),
    ] = True,
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> None:
    """Upload closed WARC files to a bucket and compare checksums; with --drop-local, then delete the local files."""
    if not bucket:
        raise SettingsError("no bucket given — use --storage s3://bucket/folder or set BROADSHEET_STORAGE")
    from archive import Index
    from archive.storage.s3 import S3Storage

    folder = DataFolder(data)
    folder.require()
    remote = S3Storage.at(bucket)
    with Index(folder.index) as index:
        files = find_movable(folder.warc, index)
    moves = offload(folder.warc, files, remote, Receipts(folder.index / RECEIPTS_FILE), keep_local=keep_local)
    done = list(show_progress(moves, "files", len(files)))
    if as_json:
        print_json([asdict(move) for move in done])
    elif done:
        print_table(remote.url, ["file", "bytes", "SHA-256", "uploaded", "deleted here"], map(_row, done))
    else:
        print_text("no closed files to upload")


def _row(move: Move) -> tuple[str, ...]:
    receipt = move.receipt
    uploaded, deleted = "now" if move.uploaded else "before", "yes" if move.dropped else "no"
    return receipt.name, decimal(receipt.size), receipt.sha256[:16], uploaded, deleted
