"""Requests timestamps for the closed files of an archive, keeps them beside the manifest, and checks them."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from archive.errors import ArchiveError, WriteError
from archive.storage import Storage
from archive.trust.check import COPY_HINT, TrustReport
from archive.trust.manifest import TIMESTAMP_SUFFIX, FileDigest, Manifest, digest_of, last_entries
from archive.trust.timestamps import (
    Timestamp,
    TimestampError,
    check_timestamp,
    parse_timestamp,
    request_timestamp,
)
from archive.warc_file import sync_folder

#: Failures in a row after which an authority is not asked again.
MAX_FAILURES = 3

CA_HINT = "check that --ca names the roots of the authority that was asked"


@dataclass(frozen=True, slots=True)
class StampResult:
    """The result for one file: its timestamp, or the error that the authority's answer led to."""

    file: str
    timestamp: Timestamp | None
    error: ArchiveError | None = None


def find_unstamped(storage: Storage, manifest: Manifest) -> list[FileDigest]:
    """Return the closed files without a timestamp of their present digest.

    The digest is that of the manifest. Only files that it does not know are read.
    """
    last = last_entries(manifest.entries())
    unstamped = []
    for stored in storage.files():
        entry = last.get(stored.name)
        digest = entry.digest if entry is not None else None
        if digest is None or digest.name != stored.name:
            with storage.open(stored.name) as file:
                digest = digest_of(stored.name, file)
        if _stamped_digest(_path(manifest, stored.name)) != digest.sha256:
            unstamped.append(digest)
    return unstamped


def stamp_files(
    manifest: Manifest, files: Sequence[FileDigest], authority: str, roots: Sequence[x509.Certificate]
) -> Iterator[StampResult]:
    """Request a timestamp for each of `files` and keep it. Yield a result for each file that was asked for.

    After `MAX_FAILURES` in a row no more are requested. Raises WriteError if the disk refuses.
    """
    failures = 0
    for file in files:
        try:
            timestamp, answer = request_timestamp(authority, file.sha256, roots)
        except TimestampError as error:
            failures += 1
            yield StampResult(file.name, None, error)
            if failures == MAX_FAILURES:
                return
            continue
        failures = 0
        _save(_path(manifest, file.name), answer)
        yield StampResult(file.name, timestamp)


def check_stamps(report: TrustReport, manifest: Manifest, roots: Sequence[x509.Certificate]) -> dict[str, Timestamp]:
    """Check the timestamps of the files in `report` and add what is wrong to it. Return the valid ones by file.

    Without `roots` it is unknown who signed them.
    """
    valid: dict[str, Timestamp] = {}
    for name, digest in report.digests.items():
        path = _path(manifest, name)
        if not path.exists():
            continue
        try:
            answer = path.read_bytes()
            if parse_timestamp(answer).sha256 in report.past.get(name, set()) - {digest.sha256}:
                report.unknown.setdefault(name, "its timestamp is of an earlier state of it")
                continue
            valid[name] = check_timestamp(answer, digest.sha256, roots)
        except TimestampError as error:
            report.add(name, error.what, CA_HINT if roots else COPY_HINT)
        except OSError as error:
            report.add(name, f"its timestamp cannot be read: {error.strerror}", COPY_HINT)
    return valid


def _path(manifest: Manifest, name: str) -> Path:
    return manifest.folder / (name + TIMESTAMP_SUFFIX)


def _stamped_digest(path: Path) -> str | None:
    """Return the SHA-256 that the timestamp at `path` is for; ``None`` without a readable one."""
    try:
        return parse_timestamp(path.read_bytes()).sha256
    except (OSError, TimestampError):
        return None


def _save(path: Path, answer: bytes) -> None:
    """Save an answer. A timestamp of an earlier state of the file is kept under the name of its digest."""
    try:
        if (earlier := _stamped_digest(path)) is not None:
            name = path.name.removesuffix(TIMESTAMP_SUFFIX)
            path.rename(path.with_name(f"{name}.{earlier[:16]}{TIMESTAMP_SUFFIX}"))
        draft = path.with_name(path.name + ".part")
        with draft.open("wb") as file:
            file.write(answer)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise WriteError(f"cannot write: {error.strerror}", file=path) from error
