"""Checks the closed files of an archive against the manifest and the chain in their warcinfo records."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from archive.errors import ArchiveError
from archive.offload import Receipt
from archive.reading import read_records
from archive.storage import Storage
from archive.trust.manifest import (
    FileDigest,
    FileEvent,
    Manifest,
    ManifestEntry,
    ManifestHead,
    digest_of,
    last_entries,
    parse_chain_fields,
)
from archive.verify import VerifyFinding
from archive.warc_file import OPEN_SUFFIX

COPY_HINT = "restore the file from a copy"
MANIFEST_HINT = "restore the folder manifest/ from a copy"
UNNOTED_HINT = "check it; then the next crawl or `broadsheet archive repair` notes it"

#: Most records at the start of a file that are looked at for the chain. A pruned file has two warcinfo records.
_MAX_HEADERS = 4

#: Gets the names of the files and yields them one by one, to show progress.
Progress = Callable[[list[str]], Iterable[str]]


@dataclass(slots=True)
class TrustReport:
    """The result of a check.

    `findings` is what is wrong. `unknown` has what cannot be known about a file, by name. `chained` is the number of
    files that are as the manifest states. `digests` has all files as they are, `past` every SHA-256 that the manifest
    states for a name.
    """

    findings: list[VerifyFinding] = field(default_factory=list)
    unknown: dict[str, str] = field(default_factory=dict)
    chained: int = 0
    digests: dict[str, FileDigest] = field(default_factory=dict)
    past: dict[str, set[str]] = field(default_factory=dict)

    def add(self, file: str, what: str, hint: str) -> None:
        """Add something that is wrong with `file`."""
        self.findings.append(VerifyFinding(file, None, "", what, hint))


@dataclass(frozen=True, slots=True)
class ChainLink:
    """The chain in the warcinfo record of `file`: the files and the line of the manifest that it names."""

    file: str
    written_at: datetime
    named: list[FileDigest]
    head: ManifestHead | None


def check_chain(
    storage: Storage, manifest: Manifest, folder: Path, moved: Mapping[str, Receipt], progress: Progress = iter
) -> TrustReport:
    """Compare every closed file of `storage` with the manifest, and the manifest with the chain in the files.

    `folder` has the files that are being written, `moved` the files that were moved to a bucket.
    """
    report = TrustReport()
    entries: list[ManifestEntry] = []
    for line in manifest.lines():
        if isinstance(line, ManifestEntry):
            entries.append(line)
        else:
            report.add(manifest.path.name, line, MANIFEST_HINT)
    for entry in entries:
        for digest in (entry.digest, entry.was):
            if digest is not None:
                report.past.setdefault(digest.name, set()).add(digest.sha256)
    anchors = _read_files(storage, report, progress)
    last = last_entries(entries or _entries_of(anchors))
    _check_anchors(manifest.path.name, entries, anchors, report)
    for name in sorted({*last, *report.digests}):
        if name in report.digests:
            _check_present(report.digests[name], last.get(name), last, report)
        else:
            _check_absent(name, last[name], report, moved.get(name), is_open=(folder / (name + OPEN_SUFFIX)).exists())
    return report


def _read_files(storage: Storage, report: TrustReport, progress: Progress) -> list[ChainLink]:
    """Compute the digest of every file. Return the chain in their warcinfo records."""
    anchors: list[ChainLink] = []
    for name in progress([stored.name for stored in storage.files()]):
        try:
            with storage.open(name) as file:
                report.digests[name] = digest_of(name, file)
                anchors += _read_anchors(name, file)
        except ArchiveError as error:
            report.add(name, error.what, error.hint)
    return anchors


def _read_anchors(name: str, file: BinaryIO) -> list[ChainLink]:
    """Return the chain in the warcinfo records at the start of the file, which may be damaged."""
    file.seek(0)
    anchors = []
    for record in islice(read_records(file, name=name, on_damage=lambda error: None), _MAX_HEADERS):
        if record.type != "warcinfo":
            break
        named, head = parse_chain_fields(bytes(record.block))
        if named or head:
            anchors.append(ChainLink(name, record.date or datetime.now(UTC), named, head))
    return anchors


def _entries_of(anchors: Iterable[ChainLink]) -> list[ManifestEntry]:
    """Return what the chain alone states about files, for an archive whose manifest is lost."""
    return [
        ManifestEntry(FileEvent.CLOSED, one.name, anchor.written_at, one) for anchor in anchors for one in anchor.named
    ]


def _check_anchors(path: str, entries: list[ManifestEntry], anchors: list[ChainLink], report: TrustReport) -> None:
    if anchors and not entries:
        what = f"the manifest is missing, but {len(anchors)} files name it"
        report.add(path, what, MANIFEST_HINT)
        return
    lines = {entry.line: entry.sha256 for entry in entries}
    for anchor in anchors:
        head = anchor.head
        if head is not None and head.line not in lines:
            report.add(path, f"line {head.line} is missing, which {anchor.file} names", MANIFEST_HINT)
        elif head is not None and lines[head.line] != head.sha256:
            report.add(path, f"line {head.line} is not the one that {anchor.file} names", MANIFEST_HINT)
        for one in anchor.named:
            if one.sha256 not in report.past.get(one.name, ()):
                what = f"the manifest has another digest of it than the warcinfo record of {anchor.file}"
                report.add(one.name, what, MANIFEST_HINT)


def _check_present(
    found: FileDigest, entry: ManifestEntry | None, last: Mapping[str, ManifestEntry], report: TrustReport
) -> None:
    name = found.name
    if entry is None:
        report.unknown[name] = "not in the manifest: from before it, or added by hand"
        return
    day = f"{entry.at:%Y-%m-%d %H:%M:%S} UTC"
    expected = entry.digest if entry.digest is not None and entry.digest.name == name else None
    if expected is None and entry.event is FileEvent.FORGOTTEN and found.sha256 in report.past.get(name, ()):
        report.chained += 1  # it was lost, and restored later
    elif expected is None and entry.event is FileEvent.OPENED:
        report.add(name, f"begun on {day}; its closing is not in the manifest", UNNOTED_HINT)
    elif expected is None:
        report.add(name, f"{entry.event} on {day}, but it is there", "delete it if it is a copy")
    elif found != expected:
        report.add(name, _describe_change(found, expected, last, day), COPY_HINT)
    else:
        report.chained += 1
        if entry.event is FileEvent.IMPORTED:
            report.unknown[name] = f"imported on {day}; nothing is known of it before"
        elif entry.note and entry.event in (FileEvent.REPAIRED, FileEvent.CLOSED):
            report.unknown[name] = f"{entry.event} on {day} ({entry.note}); nothing is known of it before"


def _describe_change(found: FileDigest, expected: FileDigest, last: Mapping[str, ManifestEntry], day: str) -> str:
    for entry in last.values():
        if entry.digest is not None and entry.digest.sha256 == found.sha256:
            return f"has the content of {entry.digest.name} instead of its own"
    if found.size != expected.size:
        return f"has {found.size} bytes instead of the {expected.size} it had on {day}"
    return f"its bytes were changed since {day}"


def _check_absent(
    name: str, entry: ManifestEntry, report: TrustReport, receipt: Receipt | None, *, is_open: bool
) -> None:
    is_gone = entry.event in (FileEvent.PRUNED, FileEvent.FORGOTTEN, FileEvent.DISCARDED) and entry.name == name
    if is_gone or is_open or any(finding.file == name for finding in report.findings):
        return
    day = f"{entry.at:%Y-%m-%d %H:%M:%S} UTC"
    if receipt is not None:
        report.unknown[name] = f"moved to {receipt.url}: use --storage {receipt.url}"
    elif entry.event is FileEvent.OPENED:
        report.unknown[name] = f"begun on {day} and never closed"
    else:
        report.add(name, f"is missing; the manifest has it since {day}", COPY_HINT)
