"""``broadsheet archive``: the WARC files and their index."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.filesize import decimal

from archive import ArchiveError, Capture, Collection, IndexEntry
from archive.storage import storage_of
from archive.summary import forget, summarize
from crawler.commands import archive_import, archive_storage, archive_wacz, options
from crawler.commands.data import DataFolder
from crawler.commands.outcome import DONE, FAILED, CommandError, SettingsError
from crawler.commands.tables import print_fields, print_table, progress
from crawler.commands.times import moment, readable

app = typer.Typer(no_args_is_help=True, help="Look into, check and index the WARC files.")
app.add_typer(archive_import.app)
app.add_typer(archive_wacz.app)
app.add_typer(archive_storage.app)


class Part(StrEnum):
    """What of a capture's response is printed."""

    RAW = "raw"
    HEADERS = "headers"
    BODY = "body"


@app.command()
def lookup(
    url: Annotated[str, typer.Argument(metavar="URL", help="A captured URL.")],
    at: Annotated[str | None, typer.Option(metavar="TIME", help="The capture closest to this time.")] = None,
    raw: Annotated[bool, typer.Option("--raw", help="Print the response as it came off the wire.")] = False,
    headers: Annotated[bool, typer.Option("--headers", help="Print its status line and headers.")] = False,
    body: Annotated[bool, typer.Option("--body", help="Print its content, decoded.")] = False,
    bucket: archive_storage.Bucket = None,
    data: options.Data = options.DATA,
    as_json: options.Json = False,
) -> None:
    """List the captures of a URL, or print one: the latest, or the closest to a time."""
    part = _chosen(raw=raw, headers=headers, body=body)
    when = moment("--at", at) if at else datetime.max.replace(tzinfo=UTC)
    with _collection(data, bucket) as collection:
        entries = collection.index.captures(url) if not (at or part) else [_closest(collection, url, when)]
        if not entries:
            raise _not_captured(url)
        if part:
            sys.stdout.buffer.write(_bytes(collection.load(entries[0]), part))
        elif as_json:
            print(json.dumps([_entry(entry) for entry in entries], ensure_ascii=False))
        else:
            print_table(
                url, ["captured (UTC)", "status", "type", "bytes", "file", "at byte", "record"], map(_row, entries)
            )


@app.command()
def stats(
    bucket: archive_storage.Bucket = None, data: options.Data = options.DATA, as_json: options.Json = False
) -> None:
    """Count files, bytes and captures, by status and host."""
    with _collection(data, bucket) as collection:
        whole = summarize(collection.index, progress=lambda files: progress(files, "files counted", len(files)))
        sizes = [file.size for file in collection.storage.files()]
        sizes += [path.stat().st_size for path in collection.warc_folder.glob("*.warc.gz.open")]
    counts: dict[str, Any] = {
        "files": len(sizes),
        "bytes": sum(sizes),
        "captures": whole.captures,
        "first": whole.first.isoformat() if whole.first else None,
        "last": whole.last.isoformat() if whole.last else None,
        "statuses": dict(sorted(whole.statuses.items())),
        "hosts": dict(whole.hosts.most_common()),
    }
    if as_json:
        print(json.dumps(counts, ensure_ascii=False))
        return
    shown = {**counts, "bytes": decimal(counts["bytes"])}
    shown |= {
        key: ", ".join(f"{name} {number}" for name, number in counts[key].items()) for key in ("statuses", "hosts")
    }
    print_fields((name, str(value) if value not in (None, "") else "—") for name, value in shown.items())


@app.command()
def verify(
    bucket: archive_storage.Bucket = None, data: options.Data = options.DATA, as_json: options.Json = False
) -> int:
    """Check every record, digest and pair, and the index against the files. Exit 1 when something is wrong."""
    with _collection(data, bucket) as collection:
        findings = list(progress(collection.verify(), "findings", None))
        number = sum(1 for _ in collection.storage.files())
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    elif findings:
        rows = [(f.file, "" if f.offset is None else str(f.offset), f.record_id, f.what, f.mend) for f in findings]
        print_table("Findings", ["file", "at byte", "record", "what", "mend"], rows)
    else:
        print(f"{number} files, nothing wrong")
    return FAILED if findings else DONE


@app.command()
def repair(data: options.Data = options.DATA, as_json: options.Json = False) -> None:
    """Close the files of crawls that died, after their last whole record; what is cut off is kept beside them."""
    with _collection(data) as collection:
        repairs = collection.recover()
    if as_json:
        print(json.dumps([asdict(repair) for repair in repairs], ensure_ascii=False, default=str))
    elif repairs:
        rows = [(r.file or "—", str(r.cut_at), str(r.cut_bytes), str(r.kept_aside or ""), r.damage) for r in repairs]
        print_table("Repaired", ["file", "cut at byte", "bytes cut", "kept in", "damage"], rows)
    else:
        print("nothing to repair")


@app.command()
def index(
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the index as sorted CDXJ, rebuild nothing.")
    ] = None,
    bucket: archive_storage.Bucket = None,
    data: options.Data = options.DATA,
) -> int:
    """Rebuild the index from the files, or write it out as CDXJ."""
    with _collection(data, bucket) as collection:
        if out is not None:
            try:
                with out.open("w", encoding="utf-8", newline="\n") as file:
                    print(f"{collection.index.export_cdxj(file)} captures in {out}")
            except OSError as error:
                raise CommandError(f"{out} cannot be written ({error.strerror}) — name another file") from error
            return DONE
        forget(collection.index)
        files = [file.name for file in collection.storage.files()]
        captures = failed = 0
        for name in progress(files, "files", len(files)):
            try:
                captures += collection.reindex(name)
            except ArchiveError as error:
                print(f"broadsheet: {error}", file=sys.stderr)
                failed += 1
    print(f"{captures} captures in {len(files) - failed} files" + (f", {failed} unreadable" if failed else ""))
    return FAILED if failed else DONE


@contextmanager
def _collection(data: Path, bucket: str | None = None) -> Iterator[Collection]:
    folder = DataFolder(data)
    folder.require()  # a mistyped folder must not be made
    with Collection(folder.root, storage=storage_of(folder.warc, bucket)) as collection:
        yield collection


def _chosen(**parts: bool) -> Part | None:
    chosen = [Part(name) for name, wanted in parts.items() if wanted]
    if len(chosen) > 1:
        raise SettingsError(f"--{chosen[0]} and --{chosen[1]} exclude each other — give one")
    return chosen[0] if chosen else None


def _closest(collection: Collection, url: str, when: datetime) -> IndexEntry:
    entry = collection.index.closest(url, when)
    if entry is None:
        raise _not_captured(url)
    return entry


def _not_captured(url: str) -> CommandError:
    return CommandError(f"{url} was never captured — is the URL whole, with http:// and path?")


def _bytes(capture: Capture, part: Part) -> bytes:
    if part is Part.BODY:
        return capture.body()
    return bytes(capture.response) if part is Part.RAW else capture.response.read(0, capture.head.length)


def _row(entry: IndexEntry) -> tuple[str, ...]:
    size, offset = str(entry.length), str(entry.offset)
    return (readable(entry.date), str(entry.status or ""), entry.mime or "", size, entry.file, offset, entry.record_id)


def _entry(entry: IndexEntry) -> dict[str, Any]:
    return {**asdict(entry), "date": entry.date.isoformat()}
