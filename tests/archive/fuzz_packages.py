"""Generator of almost valid WACZ packages: names, manifests, digests and ZIP directories with plausible changes."""

import hashlib
import io
import json
import random
import struct
import warnings
import zipfile
from collections.abc import Iterable

FILE = "archive/a.warc.gz"
NAMES = (
    FILE,
    FILE,
    "archive/b.warc",
    "archive/../b.warc",
    "archive/../../etc/b.warc.gz",
    "archive//c.warc",
    "archive/",
    "archive/d.txt",
    "/archive/e.warc",
    "C:\\archive\\f.warc",
    "archive\\g.warc.gz",
    "ARCHIVE/H.ARC.GZ",
    "archive/新闻.warc.gz",
    "archive/i\n.warc",
    "archive/%2e%2e.warc",
    "archive/" + "j" * 300 + ".warc.gz",
    "pages/pages.jsonl",
    "datapackage.json",
    "",
)
ODD_VALUES = (
    None,
    0,
    -1,
    True,
    1e308,
    "",
    "sha256:",
    "sha256:" + "0" * 64,
    "SHA256:x",
    "md5:0",
    [],
    {},
    [[]],
    "é" * 99,
)
ODD_TEXTS = (
    b"",
    b"{",
    b"null",
    b"[]",
    b'{"resources": 1}',
    b'{"resources": [1, null, [], "x"]}',
    b"[" * 50_000,
    b'{"a":' * 20_000,
    b"9" * 5000,
    b"NaN",
    b"\xff\xfe{\x00}\x00",
    b'\xef\xbb\xbf{"resources": []}',
    b'{"resources": [{"path": "\\ud800", "hash": "sha256:\\u0000"}]}',
)
# (offset, size) of the fields of a central directory header and of the end of central directory record (APPNOTE,
# sections 4.3.12 and 4.3.16).
ENTRY_FIELDS = ((6, 2), (8, 2), (10, 2), (16, 4), (20, 4), (24, 4), (28, 2), (30, 2), (32, 2), (38, 4), (42, 4))
END_FIELDS = ((4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2))


def package(chance: random.Random, data: bytes) -> bytes:
    """Return a ZIP file that is a WACZ, or almost one, with `data` in it at least once."""
    names = [FILE, *chance.choices(NAMES, k=chance.choice((0, 0, 1, 3)))]
    manifest = manifest_of(chance, names, data)
    digested = chance.choice((manifest, manifest, b"another"))
    manifest_digest = {"path": "datapackage.json", "hash": f"sha256:{hashlib.sha256(digested).hexdigest()}"}
    out = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(out, "w") as file:  # duplicate names
        for name in names:
            content = data if chance.random() < 0.8 else data[chance.randrange(len(data)) :]
            file.writestr(name or "x", content, chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)))
        file.writestr("datapackage.json", manifest)
        file.writestr("datapackage-digest.json", text_of(chance, changed(chance, manifest_digest)))
    written = out.getvalue()
    return written if chance.random() < 0.5 else other_directory(chance, written)


def manifest_of(chance: random.Random, names: Iterable[str], data: bytes) -> bytes:
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    resources = [changed(chance, {"name": "a", "path": name, "hash": digest, "bytes": len(data)}) for name in names]
    return text_of(chance, changed(chance, {"profile": "data-package", "resources": resources}))


def changed(chance: random.Random, value: dict[str, object]) -> object:
    """Return the object unchanged, or with one member replaced, deleted or moved."""
    way = chance.randrange(8)
    name = chance.choice(list(value))
    if way == 0:
        return value | {name: chance.choice(ODD_VALUES)}
    if way == 1:
        return {other: one for other, one in value.items() if other != name}
    if way == 2:
        return chance.choice(([value], {name: value}, value[name]))
    if way == 3:
        return value | {name: str(value[name]).upper()}
    return value


def text_of(chance: random.Random, value: object) -> bytes:
    written = json.dumps(value).encode(chance.choice(("utf-8", "utf-8", "utf-8", "utf-16")))
    return written if chance.random() < 0.8 else chance.choice(ODD_TEXTS)


def other_directory(chance: random.Random, written: bytes) -> bytes:
    """Return the package with some fields of its directory changed."""
    data = bytearray(written)
    for _ in range(chance.randint(1, 3)):
        magic, fields = chance.choice(((b"PK\x01\x02", ENTRY_FIELDS), (b"PK\x05\x06", END_FIELDS)))
        starts = [at for at in range(len(data) - 46) if data.startswith(magic, at)] or [max(0, len(data) - 22)]
        start, (at, size) = chance.choice(starts), chance.choice(fields)
        old = int.from_bytes(data[start + at : start + at + size], "little")
        new = chance.choice((0, 1, old + 1, old - 1, old ^ 1 << chance.randrange(8 * size), (1 << 8 * size) - 1))
        data[start + at : start + at + size] = (new % (1 << 8 * size)).to_bytes(size, "little")
    if chance.random() < 0.2:  # ZIP64 end record and its locator (APPNOTE, sections 4.3.14 and 4.3.15)
        numbers = [chance.choice((0, 1, 46, len(data), 1 << 40, (1 << 64) - 1)) for _ in range(4)]
        end_record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, *numbers)
        locator = struct.pack("<IIQI", 0x07064B50, 0, chance.choice((len(data) - 22, len(data), 0, 1 << 63)), 1)
        data[-22:-22] = end_record + locator
    return bytes(data)
