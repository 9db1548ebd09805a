"""``broadsheet archive``: look up captures; check, repair and index the WARC files."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.filesize import decimal

from archive import ArchiveError, Capture, Collection, IndexEntry
from archive.errors import IndexAccessError
from archive.storage import missing_file, storage_of
from archive.summary import discard_counts, summarize
from archive.verify import REPAIR_HINT, VerifyFinding
from crawler.commands import (
    archive_completeness,
    archive_export,
    archive_handover,
    archive_import,
    archive_offload,
    archive_prune,
    archive_signing,
    archive_trust,
    options,
)
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED, CommandError, SettingsError
from crawler.commands.output import print_json, print_problem, print_text
from crawler.commands.tables import print_fields, print_table, show_progress
from crawler.commands.times import format_time, parse_time

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Look up captures; check, repair, export and index the WARC files."
)
app.add_typer(archive_import.app)
app.add_typer(archive_export.app)
app.add_typer(archive_handover.app)
app.add_typer(archive_offload.app)
app.add_typer(archive_trust.app)
app.add_typer(archive_prune.app)
app.add_typer(archive_signing.app)
app.add_typer(archive_completeness.app)


class ResponsePart(StrEnum):
    """The part of a response that is printed."""

    RAW = "raw"
    HEADERS = "headers"
    BODY = "body"


@app.command()
def lookup(
    url: Annotated[str, typer.Argument(metavar="URL", help="A captured URL.")],
    at: Annotated[str | None, typer.Option(metavar="TIME", help="Choose the capture closest to this time.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Print the response exactly as received.")] = False,
    headers: Annotated[
        bool, typer.Option("--headers", help="Print the status line and headers of the response.")
    ] = False,
    body: Annotated[bool, typer.Option("--body", help="Print the body of the response, decoded.")] = False,
    bucket: archive_offload.Bucket = None,
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> int:
    """List the captures of a URL, or print one of them: the latest, or the one closest to a time.

    A part of one that cannot be read is printed from the nearest that can; then the exit code is 1.
    """
    part = _selected_part(raw=raw, headers=headers, body=body)
    when = parse_time("--at", at) if at else datetime.max.replace(tzinfo=UTC)
    with _open_collection(data, bucket) as collection:
        if part:
            return _print_part(collection, url, when, part)
        entries = [_find_closest(collection, url, when)] if at else collection.index.captures(url)
        if not entries:
            raise _no_capture_error(collection, url, when)
        if as_json:
            print_json([_entry_as_dict(entry) for entry in entries])
        else:
            print_table(
                url, ["captured (UTC)", "status", "type", "bytes", "file", "offset", "record"], map(_row, entries)
            )
    return DONE


@app.command()
def stats(
    bucket: archive_offload.Bucket = None, data: options.Data = options.DATA, as_json: options.Json = False
) -> None:
    """Count files, bytes, and captures by status and host."""
    with _open_collection(data, bucket) as collection:
        summary = summarize(collection.index, progress=lambda files: show_progress(files, "files", len(files)))
        sizes = [file.size for file in collection.storage.files()]
        sizes += [path.stat().st_size for path in collection.warc_folder.glob("*.warc.gz.open")]
    counts: dict[str, Any] = {
        "files": len(sizes),
        "bytes": sum(sizes),
        "captures": summary.captures,
        "first": summary.first.isoformat() if summary.first else None,
        "last": summary.last.isoformat() if summary.last else None,
        "statuses": dict(sorted(summary.statuses.items())),
        "hosts": dict(summary.hosts.most_common()),
    }
    if as_json:
        print_json(counts)
        return
    shown = {**counts, "bytes": decimal(counts["bytes"])}
    shown |= {
        key: ", ".join(f"{name} {number}" for name, number in counts[key].items()) for key in ("statuses", "hosts")
    }
    print_fields((name, str(value) if value not in (None, "") else "—") for name, value in shown.items())


@app.command()
def verify(
    trust: Annotated[
        bool,
        typer.Option("--trust", help="Also compare every file with the manifest, the chain and its timestamp."),
    ] = False,
    roots: archive_trust.Roots = None,
    bucket: archive_offload.Bucket = None,
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> int:
    """Check every record, digest and request-response pair, and compare the index with the files; exit 1 on errors.

    With --trust, files are named too of which nothing is known before some day: imported, repaired or older ones.
    """
    with _open_collection(data, bucket) as collection:
        findings = list(show_progress(collection.verify(), "findings", None))
        files = sum(1 for _ in collection.storage.files())
        trusted = archive_trust.check_trust(collection, roots) if trust else None
    findings += trusted[0].findings if trusted else []
    if as_json:
        rows = [_finding_as_dict(finding) for finding in findings]
        more = archive_trust.trust_as_dict(*trusted, has_roots=roots is not None) if trusted else {}
        print_json({"findings": rows, **more} if trusted else rows)
        return FAILED if findings else DONE
    if findings:
        cells = [(f.file, "" if f.offset is None else str(f.offset), f.record_id, f.what, f.hint) for f in findings]
        print_table("Findings", ["file", "offset", "record", "problem", "fix"], cells)
    else:
        print_text(f"{files} files checked, no errors")
    if trusted:
        archive_trust.print_trust(*trusted, has_roots=roots is not None)
    return FAILED if findings else DONE


@app.command()
def repair(data: options.Data = options.DATA, as_json: options.Json = False) -> int:
    """Move damaged bytes of WARC files to files beside them and index what is intact; close files left open by crawls.

    Every file is read. Intact records keep their places, except where several share one gzip member: then the original
    is kept beside the new file. Exit 1 if a file is missing or cannot be repaired.
    """
    problems: list[ArchiveError] = []
    with _open_collection(data) as collection:
        found = collection.repair(
            problems.append, progress=lambda files: show_progress(files, "files", len(files), shown=not as_json)
        )
        repairs = list(found)
    if as_json:
        print_json([asdict(repair) for repair in repairs], default=str)
    elif repairs:
        rows = [(r.file or "—", str(r.cut_at), str(r.cut_bytes), str(r.kept_aside or ""), r.damage) for r in repairs]
        print_table("Repaired", ["file", "cut at offset", "bytes cut", "kept in", "damage"], rows)
    else:
        print_text("nothing to repair")
    return _report_problems(problems)


@app.command()
def index(
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the index to FILE as sorted CDXJ instead of rebuilding it."),
    ] = None,
    forget: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Remove the lost WARC file NAME from the index instead of rebuilding it."),
    ] = None,
    bucket: archive_offload.Bucket = None,
    data: options.Data = options.DATA,
) -> int:
    """Rebuild the index from the WARC files, or write it to a file as CDXJ.

    Damaged places are named and skipped. Exit 1 if there are any, or if a file in the index is missing.
    """
    with _open_collection(data, bucket) as collection:
        for name in forget or ():
            print_text(f"{name}: {collection.forget(name)} captures removed from the index")
        if forget:
            return DONE
        if out is not None:
            try:
                with out.open("w", encoding="utf-8", newline="\n") as file:
                    print_text(f"{collection.index.export_cdxj(file)} captures written to {out}")
            except OSError as error:
                raise CommandError(
                    f"{out} cannot be written ({error.strerror}) — choose another file with --out"
                ) from error
            return DONE
        discard_counts(collection.index)
        files = [file.name for file in collection.storage.files()]
        captures = 0
        problems: list[ArchiveError] = []
        for name in show_progress(files, "files", len(files)):
            try:
                captures += collection.reindex(name, on_damage=problems.append)
            except IndexAccessError:
                raise
            except ArchiveError as error:
                problems.append(error)
        damaged = len({problem.file for problem in problems})
        problems += [missing_file(collection.warc_folder / name) for name in collection.find_missing_files()]
    print_text(f"{captures} captures in {len(files)} files" + (f", {damaged} of them damaged" if damaged else ""))
    return _report_problems(problems)


def _report_problems(problems: Iterable[ArchiveError]) -> int:
    """Print each problem as a line on stderr. Return the exit code."""
    code = DONE
    for problem in problems:
        hint = "" if problem.hint else f"; {REPAIR_HINT}"
        print_problem(f"{problem}{hint}")
        code = FAILED
    return code


@contextmanager
def _open_collection(data: Path, bucket: str | None = None) -> Iterator[Collection]:
    folder = DataFolder(data)
    folder.require()  # do not create a mistyped folder
    with Collection(folder.root, storage=storage_of(folder.warc, bucket)) as collection:
        yield collection


def _finding_as_dict(finding: VerifyFinding) -> dict[str, Any]:
    """Return the finding for ``--json``, whose keys are stable."""
    row = asdict(finding)
    return row | {"mend": row.pop("hint")}


def _selected_part(**options: bool) -> ResponsePart | None:
    chosen = [ResponsePart(name) for name, wanted in options.items() if wanted]
    if len(chosen) > 1:
        raise SettingsError(f"--{chosen[0]} and --{chosen[1]} exclude each other — give only one")
    return chosen[0] if chosen else None


def _find_closest(collection: Collection, url: str, when: datetime) -> IndexEntry:
    entry = collection.index.closest(url, when)
    if entry is None:
        raise _no_capture_error(collection, url, when)
    return entry


def _print_part(collection: Collection, url: str, when: datetime, part: ResponsePart) -> int:
    """Print a part of the readable capture closest to `when`. Return 1 if a closer one cannot be read."""
    problems: list[ArchiveError] = []
    found = collection.load_nearest(url, when, problems.append)
    if found is None:
        raise _no_capture_error(collection, url, when)
    for problem in problems:
        print_problem(f"{problem}; printed the capture of {found[0].date:%Y-%m-%d %H:%M:%S} UTC")
    sys.stdout.buffer.write(_read_part(found[1], part))
    return FAILED if problems else DONE


def _no_capture_error(collection: Collection, url: str, when: datetime) -> CommandError:
    if removal := collection.removals.find(url, when):
        return CommandError(f"no capture of {url} — {removal.text}")
    return CommandError(f"no capture of {url} — check that the URL is complete, with http:// and path")


def _read_part(capture: Capture, part: ResponsePart) -> bytes:
    if part is ResponsePart.BODY:
        return capture.body()
    return bytes(capture.response) if part is ResponsePart.RAW else capture.response.read(0, capture.head.length)


def _row(entry: IndexEntry) -> tuple[str, ...]:
    size, offset = str(entry.length), str(entry.offset)
    return (
        format_time(entry.date),
        str(entry.status or ""),
        entry.mime or "",
        size,
        entry.file,
        offset,
        entry.record_id,
    )


def _entry_as_dict(entry: IndexEntry) -> dict[str, Any]:
    return {**asdict(entry), "date": entry.date.isoformat()}
