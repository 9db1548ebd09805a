"""What a file handed in holds: one file of records, or a WACZ package of several; packed whole or not."""

import hashlib
import io
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from backports import zstd
from isal import isal_zlib

from archive.errors import ArchiveError, DamagedError
from archive.package_manifest import MANIFEST, METHODS, stated_digests
from archive.reading.gzip_members import GZIP_MAGIC

#: Most a packed file may grow to: this many times its size and `SPARE` bytes. Text packs to a tenth, a bomb to a
#: thousandth.
MAX_RATIO = 100
SPARE = 64 << 20

#: Longest directory of a WACZ that is read, in bytes: some 100,000 names.
MAX_DIRECTORY = 8 << 20

_PIECE = 1 << 20
_ZIP_MAGIC = b"PK\x03\x04"
_ZSTD_MAGICS = (b"\x28\xb5\x2f\xfd", b"\x5d\x2a\x4d\x18")
_RECORD_FILES = re.compile(r"archive/[^/\\]+\.(?:w?arc)(?:\.gz)?", re.IGNORECASE)

_OnDamage = Callable[[DamagedError], None]


@dataclass(slots=True)
class UnpackedFile:
    """One file of records: its name, its bytes in a file of the system, and what was wrong on the way to them.

    `suspect` are bytes that are not those its package says it has: only what proves itself is to be believed.
    """

    name: str
    file: BinaryIO
    damage: list[DamagedError] = field(default_factory=list)
    suspect: bool = False


def is_packed(source: Path) -> bool:
    """Is the file a package, or packed so that no record has an offset? Raises ArchiveError when it cannot be read."""
    try:
        with source.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ArchiveError(f"cannot open: {error.strerror}", file=source) from error
    return magic == _ZIP_MAGIC or magic in _ZSTD_MAGICS


def unpack_files(source: Path) -> Iterator[UnpackedFile]:
    """The files of records in `source`; the caller closes each. Raises ArchiveError when there is none in it."""
    try:
        file = source.open("rb")
        magic = file.read(4)
        file.seek(0)
    except OSError as error:
        raise ArchiveError(f"cannot open: {error.strerror}", file=source) from error
    if magic == _ZIP_MAGIC:
        with file:
            yield from _parts_of_package(file, source)
    elif magic in _ZSTD_MAGICS:
        damage: list[DamagedError] = []
        with file, decompressed(file, source.name, damage.append) as plain:
            yield UnpackedFile(source.name, plain, damage)
    else:
        yield UnpackedFile(source.name, file)


def _parts_of_package(file: BinaryIO, source: Path) -> Iterator[UnpackedFile]:
    """Each WARC file of a WACZ, copied out of it: a name in the package never becomes a name on the disk."""
    _check_directory(file, source)
    try:
        package = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DamagedError(f"cannot be read as a package: {error}", file=source) from error
    if any(entry.header_offset < 0 for entry in package.infolist()):
        raise DamagedError("cannot be read as a package: its directory names places before its beginning", file=source)
    entries = [entry for entry in package.infolist() if entry.filename.lower().startswith("archive/")]
    entries = [entry for entry in entries if not entry.is_dir()]
    if not entries:
        raise ArchiveError("a ZIP file without WARC files in archive/ is no WACZ", file=source)
    digests, trouble = stated_digests(package)
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        name = f"{source.name}!/{entry.filename}"
        problem = _problem(entry, overlaps=entry.header_offset < end)
        end = max(end, entry.header_offset + entry.compress_size)
        part = UnpackedFile(name, _temporary())
        if trouble:
            part.damage.append(DamagedError(trouble, file=source))
            trouble = ""
        if problem:
            part.damage.append(DamagedError(problem, file=name, offset=entry.header_offset))
        else:
            _copy_out(package, entry, part)
            _compare(part, entry, digests.get(entry.filename))
        yield part


def _check_directory(file: BinaryIO, source: Path) -> None:
    """A directory of millions of names would fill the memory before one could be looked at (APPNOTE, section 4.3)."""
    size = file.seek(0, 2)
    file.seek(max(0, size - (1 << 16) - 22))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    length = int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0
    zip64 = tail.rfind(b"PK\x06\x06")
    if length == 0xFFFFFFFF and zip64 >= 0:
        length = int.from_bytes(tail[zip64 + 40 : zip64 + 48], "little")
    if length > MAX_DIRECTORY:
        raise DamagedError(f"its directory is longer than {MAX_DIRECTORY} bytes", file=source)
    file.seek(0)


def _problem(entry: zipfile.ZipInfo, *, overlaps: bool) -> str:
    """Why an entry is not read; empty when it is."""
    if not _RECORD_FILES.fullmatch(entry.filename):
        return f"{entry.filename!r} is no name of a WARC file in a package"
    if entry.flag_bits & 1:
        return "is encrypted"
    if entry.compress_type not in METHODS:
        return "is neither stored nor deflated"
    if overlaps:
        return "overlaps another file of the package"
    return ""


def _copy_out(package: zipfile.ZipFile, entry: zipfile.ZipInfo, part: UnpackedFile) -> None:
    room = MAX_RATIO * entry.compress_size + SPARE
    try:
        with package.open(entry) as packed:
            while piece := packed.read(_PIECE):
                room -= len(piece)
                if room < 0:
                    raise DamagedError("grows beyond all measure", file=part.name, offset=entry.header_offset)
                part.file.write(piece)
    except DamagedError as error:
        part.damage.append(error)
        part.file.truncate(0)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, zlib.error) as error:
        part.damage.append(DamagedError(f"damaged in the package: {error}", file=part.name, offset=entry.header_offset))
    part.file.flush()


def _compare(part: UnpackedFile, entry: zipfile.ZipInfo, stated: str | None) -> None:
    """See whether the file is the one the manifest means."""
    part.file.seek(0)
    found = hashlib.file_digest(cast(io.BufferedRandom, part.file), "sha256").hexdigest()
    part.file.seek(0)
    if stated is not None and stated != found:
        part.suspect = True
        what = f"has sha256:{found}, {MANIFEST} says sha256:{stated[:64]}"
        hint = "only records whose own digest fits are taken; ask for the package again"
        part.damage.append(DamagedError(what, file=part.name, offset=entry.header_offset, hint=hint))


@contextmanager
def decompressed(file: BinaryIO, name: str, on_damage: _OnDamage) -> Iterator[BinaryIO]:
    """The bytes of a gzip or Zstandard `file` in a temporary file, as far as they can be had; else `on_damage` is told.

    A dictionary in a first skippable frame is used for all others, as ``.warc.zst`` has it (IIPC, WARC with Zstandard).
    """
    with _temporary() as plain:
        room = MAX_RATIO * file.seek(0, 2) + SPARE
        file.seek(0)
        magic = file.read(2)
        file.seek(0)
        try:
            for piece in _inflated(file) if magic == GZIP_MAGIC else _decoded(file):
                room -= len(piece)
                if room < 0:
                    raise DamagedError("grows beyond all measure", file=name, offset=file.tell())
                plain.write(piece)
        except (isal_zlib.error, zstd.ZstdError, EOFError) as error:  # type: ignore[misc]
            on_damage(DamagedError(f"cannot be unpacked any further: {error}", file=name, offset=file.tell()))
        except DamagedError as error:
            on_damage(error)
            plain.truncate(0)
        plain.flush()
        plain.seek(0)
        yield plain


def _inflated(file: BinaryIO) -> Iterator[bytes]:
    inflate, within = isal_zlib.decompressobj(31), False
    while piece := file.read(_PIECE):
        while piece:
            within = True
            yield inflate.decompress(piece, _PIECE)
            piece = inflate.unconsumed_tail
            if inflate.eof:
                piece, inflate, within = inflate.unused_data, isal_zlib.decompressobj(31), False
    if within:
        raise EOFError("gzip member is cut short")


def _decoded(file: BinaryIO) -> Iterator[bytes]:
    dictionary = _dictionary(file)
    decoder, within = zstd.ZstdDecompressor(dictionary), False
    while piece := file.read(_PIECE):
        while piece or (within and not decoder.needs_input):
            within = True
            yield decoder.decompress(piece, _PIECE)
            piece = b""
            if decoder.eof:
                piece, decoder, within = decoder.unused_data, zstd.ZstdDecompressor(dictionary), False
    if within:
        raise EOFError("Zstandard frame is cut short")


def _dictionary(file: BinaryIO) -> zstd.ZstdDict | None:
    head = file.read(8)
    size = int.from_bytes(head[4:], "little")
    if head[:4] != _ZSTD_MAGICS[1] or size > SPARE:
        file.seek(0)
        return None
    data = file.read(size)
    if data.startswith(_ZSTD_MAGICS[0]):
        data = zstd.ZstdDecompressor().decompress(data, SPARE)
    return zstd.ZstdDict(data)


def _temporary() -> BinaryIO:
    return cast(BinaryIO, tempfile.TemporaryFile(prefix="broadsheet-"))
