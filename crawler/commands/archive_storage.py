"""``broadsheet archive offload``: closed WARC files moved to a bucket."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.filesize import decimal

from archive.offload import FILE_NAME, Ledger, Move, movable, offload
from crawler.commands import options
from crawler.commands.data import DataFolder
from crawler.commands.outcome import SettingsError
from crawler.commands.tables import print_table, progress

app = typer.Typer()

#: The bucket that closed files are moved to and read from.
Bucket = Annotated[
    str | None,
    typer.Option(
        "--storage",
        envvar="BROADSHEET_STORAGE",
        metavar="URL",
        help="s3://bucket/folder; server and keys by AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID and so on.",
    ),
]


@app.command("offload")
def offload_files(
    bucket: Bucket = None,
    keep_local: Annotated[
        bool, typer.Option("--keep-local/--drop-local", help="Keep the files here, or remove what is surely there.")
    ] = True,
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> None:
    """Upload closed WARC files to a bucket, compare checksums, and only then, if told, remove them here."""
    if not bucket:
        raise SettingsError("no bucket is named — give --storage s3://bucket/folder or set BROADSHEET_STORAGE")
    from archive import Index
    from archive.storage.s3 import S3Storage

    folder = DataFolder(data)
    folder.require()
    remote = S3Storage.at(bucket)
    with Index(folder.index) as index:
        here = movable(folder.warc, index)
    moved = offload(folder.warc, here, remote, Ledger(folder.index / FILE_NAME), keep_local=keep_local)
    moves = list(progress(moved, "files", len(here)))
    if as_json:
        print(json.dumps([asdict(move) for move in moves], ensure_ascii=False))
    elif moves:
        print_table(remote.url, ["file", "bytes", "SHA-256", "uploaded", "removed here"], map(_row, moves))
    else:
        print("no closed file lies here")


def _row(move: Move) -> tuple[str, ...]:
    receipt = move.receipt
    told = ("now" if move.uploaded else "before", "yes" if move.dropped else "no")
    return (receipt.name, decimal(receipt.size), receipt.sha256[:16], *told)
