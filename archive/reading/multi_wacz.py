"""Reads the manifest of a multi-WACZ that names WACZ files beside it (Browsertrix; WACZ 1.1.1 does not describe it)."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from archive.errors import ArchiveError, DamagedError
from archive.reading.wacz_manifest import MAX_MANIFEST

#: The profile of the manifest of a multi-WACZ.
PROFILE = "multi-wacz-package"

_HINT = "import the WACZ files themselves"


@dataclass(frozen=True, slots=True)
class NamedPackage:
    """A WACZ file that a manifest names: its path, and its SHA-256 in hexadecimal (empty if it is not stated)."""

    path: Path
    sha256: str


def is_manifest(path: Path, start: bytes) -> bool:
    """True if the file at `path`, which begins with `start`, can be the manifest of a multi-WACZ."""
    return path.suffix.lower() == ".json" and start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal. Raises ArchiveError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ArchiveError(f"cannot open: {error.strerror}", file=path) from error


def read_manifest(path: Path) -> Iterator[NamedPackage]:
    """Yield the packages that the manifest at `path` names, in the folder of the manifest or below.

    Raises ArchiveError if it is not the manifest of a multi-WACZ, or names a file elsewhere: nothing is downloaded.
    """
    try:
        with path.open("rb") as file:
            manifest = json.loads(file.read(MAX_MANIFEST))
        is_multi = manifest["profile"] == PROFILE
        resources = [(str(one.get("path") or one["name"]), str(one.get("hash") or "")) for one in manifest["resources"]]
    except OSError as error:
        raise ArchiveError(f"cannot open: {error.strerror}", file=path) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedError("is not the manifest of a multi-WACZ", file=path, hint=_HINT) from error
    if not is_multi or not resources:
        raise ArchiveError(f"is not a manifest with the profile {PROFILE}", file=path, hint=_HINT)
    for name, digest in resources:
        parts = PurePosixPath(name.replace("\\", "/"))
        if "://" in name or parts.is_absolute() or ".." in parts.parts:
            what = f"names {name[:200]!r}, which is not in its folder"
            raise ArchiveError(what, file=path, hint="put the WACZ file beside it and correct its path")
        yield NamedPackage(path.parent / parts, digest.removeprefix("sha256:").lower())
