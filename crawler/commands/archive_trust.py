"""``broadsheet archive timestamp``, and the part of ``archive verify`` about long-term trust."""

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from archive import Collection
from archive.storage import storage_of
from archive.trust.check import TrustReport
from archive.trust.stamping import StampResult, check_stamps, find_unstamped, stamp_files
from archive.trust.timestamps import Timestamp, load_roots
from crawler.commands import options
from crawler.commands.archive_offload import Bucket
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED, SettingsError
from crawler.commands.output import print_json, print_problem, print_text
from crawler.commands.tables import print_table, show_progress
from crawler.commands.times import format_time

app = typer.Typer(add_completion=False)

#: The option that names the time-stamping authority.
Authority = Annotated[
    str | None,
    typer.Option("--tsa", envvar="BROADSHEET_TSA", metavar="URL", help="The time-stamping authority (RFC 3161)."),
]

#: The option that names the certificates of a time-stamping authority.
Roots = Annotated[
    Path | None,
    typer.Option(
        "--ca",
        envvar="BROADSHEET_TSA_CA",
        metavar="FILE",
        help="PEM file of the roots that the certificates of the time-stamping authority must lead to.",
    ),
]


@app.command("timestamp")
def timestamp_files(
    authority: Authority = None,
    roots: Roots = None,
    pause: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Pause between two requests.")] = 1.0,
    bucket: Bucket = None,
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> int:
    """Get a timestamp for each closed WARC file without one: proof that the file existed. Only its SHA-256 is sent.

    It is kept as manifest/NAME.tsr; `openssl ts -verify -data NAME -in NAME.tsr -CAfile FILE` reads it. Exit 1 if the
    authority refuses one or answers with a wrong one.
    """
    if not authority:
        raise SettingsError("no time-stamping authority given — use --tsa URL or set BROADSHEET_TSA")
    folder = DataFolder(data)
    folder.require()
    certificates = load_roots(roots) if roots else []
    results: list[StampResult] = []
    with Collection(folder.root, storage=storage_of(folder.warc, bucket)) as collection:
        files = find_unstamped(collection.storage, collection.manifest)
        stamped = stamp_files(collection.manifest, files, authority, certificates)
        for result in show_progress(stamped, "files", len(files)):
            results.append(result)
            if len(results) < len(files):
                time.sleep(pause)
    for result in results:
        if result.error:
            print_problem(f"{result.file}: {result.error}")
    if left := len(files) - len(results):
        print_problem(f"{left} files were not tried after these errors; run the command again")
    if as_json:
        print_json([_as_dict(result) for result in results])
    else:
        done = [(one.file, format_time(one.timestamp.at), one.timestamp.sha256) for one in results if one.timestamp]
        if done:
            print_table(authority, ["file", "time (UTC)", "SHA-256"], done)
        elif not files:
            print_text("every closed file has a timestamp")
    return FAILED if left or any(result.error for result in results) else DONE


def _as_dict(result: StampResult) -> dict[str, Any]:
    stamp = result.timestamp
    found = {"time": stamp.at.isoformat(), "sha256": stamp.sha256} if stamp else {"error": str(result.error)}
    return {"file": result.file, **found}


def check_trust(collection: Collection, roots: Path | None) -> tuple[TrustReport, dict[str, Timestamp]]:
    """Compare the files with the manifest, the chain and their timestamps. Return the valid timestamps too."""
    certificates = load_roots(roots) if roots else []
    report = collection.check_trust(lambda files: show_progress(files, "files", len(files)))
    return report, check_stamps(report, collection.manifest, certificates)


def trust_as_dict(report: TrustReport, stamps: dict[str, Timestamp], *, has_roots: bool) -> dict[str, Any]:
    """Return the parts of a report that are no findings, for ``--json``."""
    return {
        "files": len(report.digests),
        "chained": report.chained,
        "timestamps": {name: stamp.at.isoformat() for name, stamp in stamps.items()},
        "signers_checked": has_roots,
        "unknown": report.unknown,
    }


def print_trust(report: TrustReport, stamps: dict[str, Timestamp], *, has_roots: bool) -> None:
    """Print how many files are as the manifest states, how many have timestamps, and what is unknown."""
    signers = "" if has_roots or not stamps else "; who signed them is not known without --ca FILE"
    files = len(report.digests)
    print_text(f"{report.chained} of {files} files are as the manifest states, {len(stamps)} have a timestamp{signers}")
    if report.unknown:
        print_table("Unknown", ["file", "what"], sorted(report.unknown.items()))
