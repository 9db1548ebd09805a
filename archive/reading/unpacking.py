"""Unpacks a file from elsewhere into files of records: a WARC or ARC file, compressed as a whole, or a WACZ package."""

import hashlib
import io
import re
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from isal import isal_zlib

from archive.errors import ArchiveError, DamagedError
from archive.reading.gzip_members import GZIP_MAGIC
from archive.reading.record_file import find_next_record
from archive.reading.wacz_manifest import MANIFEST, ZIP_METHODS, read_digests
from archive.reading.zstd_frames import decompress_frames, is_zstd

#: Most bytes a compressed file may expand to: `MAX_RATIO` times its size plus `SPARE`. Text compresses to a
#: tenth of its size, a decompression bomb to a thousandth.
MAX_RATIO = 100
SPARE = 64 << 20

#: Longest central directory of a WACZ that is read, in bytes: some 100,000 names.
MAX_DIRECTORY = 8 << 20

_PIECE = 1 << 20
_TOO_LARGE = "expands far beyond the size of any real file"
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_RECORD_FILES = re.compile(r"archive/[^/\\]+\.(?:w?arc)(?:\.(?:gz|zst))?", re.IGNORECASE)
_UNPACK_HINT = "unpack it and import the WARC files in it"
# Compressed bytes inflated at a time. Damage loses the output of one such piece.
_SMALL = 1 << 12

_OnDamage = Callable[[DamagedError], None]


@dataclass(slots=True)
class UnpackedFile:
    """One file of records: its name, an open file with its bytes, and the damage found while unpacking it.

    `is_suspect` is true if its bytes do not match the package's digest. Then only records that match their own digest
    may be used; if `is_damaged`, because the package's checksum is wrong too, also those in gzip members, which have
    checksums.
    """

    name: str
    file: BinaryIO
    damage: list[DamagedError] = field(default_factory=list)
    is_suspect: bool = False
    is_damaged: bool = False


def is_packed(source: Path) -> bool:
    """True if the file is a package or Zstandard-compressed, so that its records cannot be read by offset.

    Raises ArchiveError if it cannot be read.
    """
    try:
        with source.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ArchiveError(f"cannot open: {error.strerror}", file=source) from error
    return magic in _ZIP_MAGIC or is_zstd(magic)


def unpack_files(source: Path) -> Iterator[UnpackedFile]:
    """Yield the files of records in `source`; the caller closes each. Raises ArchiveError if it has none."""
    try:
        file = source.open("rb")
        magic = file.read(4)
        file.seek(0)
    except OSError as error:
        raise ArchiveError(f"cannot open: {error.strerror}", file=source) from error
    if magic in _ZIP_MAGIC:
        try:
            with file:
                yield from _unpack_package(file, source)
        except _DirectoryMissingError as error:
            yield _scan_package(source, error)
    elif is_zstd(magic):
        damage: list[DamagedError] = []
        with file, decompress(file, source.name, damage.append) as plain:
            yield UnpackedFile(source.name, plain, damage)
    else:
        yield UnpackedFile(source.name, file)


def _unpack_package(file: BinaryIO, source: Path) -> Iterator[UnpackedFile]:
    """Yield the WARC files of a WACZ as temporary files: a name in the package never becomes a path on the disk."""
    _check_directory(file, source)
    try:
        package = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DamagedError(f"cannot be read as a package: {error}", file=source) from error
    if any(entry.header_offset < 0 for entry in package.infolist()):
        raise DamagedError(
            "cannot be read as a package: its directory has offsets before the start of the file", file=source
        )
    entries = [entry for entry in package.infolist() if entry.filename.lower().startswith("archive/")]
    entries = [entry for entry in entries if not entry.is_dir()]
    if not entries:
        raise ArchiveError("not a WACZ: the ZIP file has no WARC files in archive/", file=source, hint=_UNPACK_HINT)
    digests, manifest_error = read_digests(package)
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        name = f"{source.name}!/{entry.filename}"
        problem = _find_problem(entry, overlaps=entry.header_offset < end)
        end = max(end, entry.header_offset + entry.compress_size)
        unpacked = UnpackedFile(name, _temporary_file())
        if manifest_error:  # reported once, with the first file
            unpacked.damage.append(DamagedError(manifest_error, file=source))
            manifest_error = ""
        if problem:
            unpacked.damage.append(DamagedError(problem, file=name, offset=entry.header_offset, hint=_UNPACK_HINT))
        else:
            _copy_out(file, entry, unpacked)
            _check_digest(unpacked, entry, digests.get(entry.filename))
            _decompress_in_package(unpacked)
        yield unpacked


class _DirectoryMissingError(DamagedError):
    """A package is cut short, so that the directory at its end is missing."""


def _scan_package(source: Path, error: DamagedError) -> UnpackedFile:
    """Return the package as one file: the records in it can be found without its directory.

    Raises the `error` if there are no records.
    """
    file = source.open("rb")
    if find_next_record(file, 0) is None:
        file.close()
        raise error
    file.seek(0)
    return UnpackedFile(source.name, file, [error])


def _check_directory(file: BinaryIO, source: Path) -> None:
    """Raise DamagedError for a directory so long that parsing it would fill the memory (APPNOTE, section 4.3)."""
    size = file.seek(0, 2)
    file.seek(max(0, size - (1 << 16) - 22))
    tail = file.read()
    end_record = tail.rfind(b"PK\x05\x06")
    if end_record < 0:
        what = "cannot be read as a package: the directory at its end is missing"
        raise _DirectoryMissingError(what, file=source, hint="its records are searched for; obtain the package again")
    length = int.from_bytes(tail[end_record + 12 : end_record + 16], "little")
    zip64 = tail.rfind(b"PK\x06\x06")
    if length == 0xFFFFFFFF and zip64 >= 0:
        length = int.from_bytes(tail[zip64 + 40 : zip64 + 48], "little")
    if length > MAX_DIRECTORY:
        raise DamagedError(f"its directory is longer than {MAX_DIRECTORY} bytes", file=source)
    file.seek(0)


def _find_problem(entry: zipfile.ZipInfo, *, overlaps: bool) -> str:
    """Return the reason an entry is not read; empty if it is."""
    if not _RECORD_FILES.fullmatch(entry.filename):
        return f"{entry.filename!r} is not a valid name for a WARC file in a package"
    if entry.flag_bits & 1:
        return "is encrypted"
    if entry.compress_type not in ZIP_METHODS:
        return "is neither stored nor deflated"
    if overlaps:
        return "overlaps another file of the package"
    return ""


def _copy_out(file: BinaryIO, entry: zipfile.ZipInfo, unpacked: UnpackedFile) -> None:
    """Copy the entry to the temporary file, up to the size limit. Errors are added to the file's damage.

    Not with `zipfile`, which drops what it has read of an entry with a wrong checksum.
    """
    budget = MAX_RATIO * entry.compress_size + SPARE
    checksum, problem = 0, ""
    try:
        for piece in _read_entry(file, entry):
            budget -= len(piece)
            if budget < 0:
                unpacked.file.seek(0)
                unpacked.file.truncate()
                problem = _TOO_LARGE
                break
            checksum = zlib.crc32(piece, checksum)
            unpacked.file.write(piece)
        else:
            unpacked.is_damaged = checksum != entry.CRC
            problem = "damaged in the package: the checksum is wrong" if unpacked.is_damaged else ""
    except (EOFError, zlib.error) as error:
        unpacked.is_damaged = True
        problem = f"damaged in the package: {error}"
    if problem:
        unpacked.damage.append(DamagedError(problem, file=unpacked.name, offset=entry.header_offset))
    unpacked.file.flush()


def _read_entry(file: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the content of a stored or deflated entry (APPNOTE, section 4.3.7).

    Raises EOFError if it is cut short, zlib.error for data that cannot be inflated.
    """
    file.seek(entry.header_offset)
    head = file.read(30)
    if not head.startswith(_ZIP_MAGIC[0]) or len(head) < 30:
        raise EOFError("no file begins there")
    file.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), 1)
    inflate = zlib.decompressobj(-15) if entry.compress_type == zipfile.ZIP_DEFLATED else None
    left = entry.compress_size
    while left:
        piece = file.read(min(left, _PIECE if inflate is None else _SMALL))
        if not piece:
            raise EOFError("it is cut short")
        left -= len(piece)
        yield piece if inflate is None else inflate.decompress(piece)
    if inflate is not None:
        yield inflate.flush()
        if not inflate.eof:
            raise EOFError("it is cut short")


def _check_digest(unpacked: UnpackedFile, entry: zipfile.ZipInfo, stated: str | None) -> None:
    """Mark the file as suspect if its digest is not the one in the manifest."""
    unpacked.file.seek(0)
    found = hashlib.file_digest(cast(io.BufferedRandom, unpacked.file), "sha256").hexdigest()
    unpacked.file.seek(0)
    if stated is not None and stated != found:
        unpacked.is_suspect = True
        what = f"has sha256:{found}, but {MANIFEST} states sha256:{stated[:64]}"
        hint = "only records that match their own digest or checksum are taken; obtain the package again"
        unpacked.damage.append(DamagedError(what, file=unpacked.name, offset=entry.header_offset, hint=hint))


def _decompress_in_package(unpacked: UnpackedFile) -> None:
    """Replace a Zstandard file of a package by its content."""
    if is_zstd(unpacked.file.read(4)):
        with unpacked.file as packed:
            unpacked.file = decompress(packed, unpacked.name, unpacked.damage.append)
    unpacked.file.seek(0)


def decompress(file: BinaryIO, name: str, on_damage: _OnDamage) -> BinaryIO:
    """Decompress a gzip or Zstandard `file` into a temporary file, as far as possible. `on_damage` gets the damage.

    A dictionary in a first skippable frame applies to all frames, as in ``.warc.zst`` (IIPC, WARC with Zstandard).
    """
    plain = _temporary_file()
    budget = MAX_RATIO * file.seek(0, 2) + SPARE
    file.seek(0)
    is_gzip = file.read(2) == GZIP_MAGIC
    file.seek(0)
    try:
        if not is_gzip:
            decompress_frames(file, name, plain, on_damage, budget)
        for piece in _inflate(file) if is_gzip else ():
            budget -= len(piece)
            if budget < 0:
                raise DamagedError(_TOO_LARGE, file=name, offset=file.tell())
            plain.write(piece)
    except (isal_zlib.error, EOFError) as error:  # type: ignore[misc]
        on_damage(DamagedError(f"cannot be unpacked any further: {error}", file=name, offset=file.tell()))
    except DamagedError as error:
        on_damage(error)
        plain.truncate(0)
    plain.flush()
    plain.seek(0)
    return plain


# Bytes that writers put between gzip members.
_BETWEEN_MEMBERS = b"\0\r\n"


def _inflate(file: BinaryIO) -> Iterator[bytes]:
    inflate, is_inside = isal_zlib.decompressobj(31), False
    while piece := file.read(_PIECE):
        while piece := piece if is_inside else piece.lstrip(_BETWEEN_MEMBERS):
            is_inside = True
            yield inflate.decompress(piece, _PIECE)
            piece = inflate.unconsumed_tail
            if inflate.eof:
                piece, inflate, is_inside = inflate.unused_data, isal_zlib.decompressobj(31), False
    if is_inside:
        raise EOFError("gzip member is cut short")


def _temporary_file() -> BinaryIO:
    return cast(BinaryIO, tempfile.TemporaryFile(prefix="broadsheet-"))
