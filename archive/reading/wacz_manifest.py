"""Reads the manifest of a WACZ: the digests it states for its files (WACZ 1.1.1, section 4; Data Package)."""

import json
import zipfile
import zlib
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

#: Longest manifest that is read, in bytes: some 30,000 files.
MAX_MANIFEST = 8 << 20

#: Compression methods allowed in a WACZ (WACZ 1.1.1, section Zip Compression). With any other, Python may raise errors
#: of many kinds.
ZIP_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

MANIFEST, MANIFEST_DIGEST = "datapackage.json", "datapackage-digest.json"


def read_digests(package: zipfile.ZipFile, name: str = MANIFEST) -> tuple[dict[str, str], str]:
    """Return the stated SHA-256 of each file by path, hexadecimal, and what is wrong with the manifest, else empty.

    `name` is the manifest's; the paths are relative to its folder. Without a readable manifest there are no digests.
    """
    manifest, manifest_digest = _read(package, name), _read(package, name.replace(MANIFEST, MANIFEST_DIGEST))
    resources = _json_member(manifest, "resources")
    digests = {
        normalize_path(path): value.removeprefix("sha256:").lower()
        for resource in (resources if isinstance(resources, list) else ())
        if isinstance(path := _member(resource, "path"), str)
        and isinstance(value := _member(resource, "hash"), str)
        and value.startswith("sha256:")
    }
    stated = _json_member(manifest_digest, "hash")
    found = f"sha256:{sha256(manifest).hexdigest()}"
    if isinstance(stated, str) and stated.startswith("sha256:") and stated.lower() != found:
        return digests, f"{MANIFEST} has {found}, but {MANIFEST_DIGEST} states {stated[:80]}"
    return digests, ""


def normalize_path(name: str) -> str:
    """Return the path of a file in a package as it should be: with slashes, and without ``./`` at its start."""
    return name.replace("\\", "/").removeprefix("./")


def _read(package: zipfile.ZipFile, name: str) -> bytes:
    """Return the file's bytes, up to `MAX_MANIFEST`; empty if it is missing or cannot be read."""
    try:
        entry = package.getinfo(name)
        if entry.compress_type not in ZIP_METHODS:
            return b""
        with package.open(entry) as file:
            return file.read(MAX_MANIFEST)
    except (KeyError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error):
        return b""


def _json_member(data: bytes, name: str) -> Any:
    """Return a member of the JSON object in `data`; ``None`` if it is not valid JSON or has no such member."""
    try:
        return _member(json.loads(data), name)
    except (ValueError, RecursionError):
        return None


def _member(value: object, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None
