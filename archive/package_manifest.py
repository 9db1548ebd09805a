"""What the manifest of a WACZ says of the files in it (WACZ 1.1.1, section 4; Frictionless Data Package)."""

import json
import zipfile
import zlib
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

#: Longest manifest read, in bytes: some 30,000 files.
MAX_MANIFEST = 8 << 20

#: How a file may be packed (WACZ 1.1.1, section Zip Compression). Of others Python raises errors of many kinds.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

MANIFEST, SEAL = "datapackage.json", "datapackage-digest.json"


def stated_digests(package: zipfile.ZipFile) -> tuple[dict[str, str], str]:
    """The SHA-256 of each file by its path, hexadecimal, and what is wrong with the manifest itself; empty when nothing
    is. A package without a manifest, or with one that cannot be read, states nothing.
    """
    written, seal = _read(package, MANIFEST), _read(package, SEAL)
    resources = _member(written, "resources")
    digests = {
        path: value.removeprefix("sha256:").lower()
        for one in (resources if isinstance(resources, list) else ())
        if isinstance(path := _given(one, "path"), str)
        and isinstance(value := _given(one, "hash"), str)
        and value.startswith("sha256:")
    }
    stated = _member(seal, "hash")
    found = f"sha256:{sha256(written).hexdigest()}"
    if isinstance(stated, str) and stated.startswith("sha256:") and stated.lower() != found:
        return digests, f"{MANIFEST} has {found}, {SEAL} says {stated[:80]}"
    return digests, ""


def _read(package: zipfile.ZipFile, name: str) -> bytes:
    try:
        entry = package.getinfo(name)
        if entry.compress_type not in METHODS:
            return b""
        with package.open(entry) as file:
            return file.read(MAX_MANIFEST)
    except (KeyError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error):
        return b""


def _member(data: bytes, name: str) -> Any:
    try:
        return _given(json.loads(data), name)
    except (ValueError, RecursionError):
        return None


def _given(value: object, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None
