"""Unpacks packages: WACZ, ZIP files of WARC files, and packages in packages."""

import hashlib
import io
import lzma
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from archive.errors import ArchiveError, DamagedError
from archive.reading.decompression import MAX_RATIO, SPARE, TOO_LARGE, decompress, temporary_file
from archive.reading.record_file import find_next_record
from archive.reading.wacz_manifest import MANIFEST, normalize_path, read_digests
from archive.reading.zstd_frames import is_zstd

#: Longest central directory of a package that is read, in bytes: some 100,000 names.
MAX_DIRECTORY = 8 << 20
#: Packages in packages that are read: a multi-WACZ has one level.
MAX_NESTED = 1

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_RECORD_FILE = re.compile(r"[^/]+\.w?arc(?:\.(?:gz|zst))?", re.IGNORECASE)
_PACKAGE = re.compile(r"[^/]+\.(?:wacz|zip)", re.IGNORECASE)
_UNPACK_HINT = "unpack it and import the WARC files in it"
_WRONG_FILE_HINT = "check that it is the right file"

# Compression methods that are read here, and those left to `zipfile`, which loses more of a damaged file.
_OWN_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OTHER_METHODS = (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2)
# Largest dictionary of LZMA, in bytes. It is in the memory.
_MAX_DICTIONARY = 64 << 20
# Errors of `zipfile` and its decompressors for damaged data.
_ZIP_ERRORS = (zipfile.BadZipFile, lzma.LZMAError, zlib.error, EOFError, OSError, ValueError, RuntimeError)

_PIECE = 1 << 20
# Compressed bytes inflated at a time. Damage loses the output of one such piece.
_SMALL = 1 << 12


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


def unpack_package(file: BinaryIO, source: Path | str, nested: int = 0) -> Iterator[UnpackedFile]:
    """Yield the WARC files of a package as temporary files: a name in the package never becomes a path on the disk.

    `source` is its path, or its name in the package around it; `nested` counts those. If its directory is missing
    because the package is cut short, the package itself is yielded: its records can be found without it. Raises
    ArchiveError if there are no records.
    """
    try:
        yield from _unpack_entries(file, source, nested)
    except _DirectoryMissingError as error:
        if find_next_record(file, 0) is None:
            raise
        file.seek(0)
        copy = temporary_file()
        shutil.copyfileobj(file, copy, _PIECE)
        copy.seek(0)
        yield UnpackedFile(_name_of(source), copy, [error])


def _name_of(source: Path | str) -> str:
    return source if isinstance(source, str) else source.name


def _unpack_entries(file: BinaryIO, source: Path | str, nested: int) -> Iterator[UnpackedFile]:
    package = _open_package(file, source)
    entries = [entry for entry in package.infolist() if not entry.is_dir() and _may_hold_records(_path_of(entry))]
    if not entries:
        raise ArchiveError("not a WACZ: the ZIP file has no WARC files", file=source, hint=_WRONG_FILE_HINT)
    manifest = min(filter(_is_manifest, package.namelist()), key=len, default=MANIFEST)
    top = normalize_path(manifest).removesuffix(MANIFEST)
    digests, manifest_error = read_digests(package, manifest)
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        name, path = f"{_name_of(source)}!/{entry.filename}", _path_of(entry)
        problem = _find_problem(entry, path, overlaps=entry.header_offset < end)
        end = max(end, entry.header_offset + entry.compress_size)
        unpacked = UnpackedFile(name, temporary_file())
        if manifest_error:  # reported once, with the first file
            unpacked.damage.append(DamagedError(manifest_error, file=source))
            manifest_error = ""
        if problem:
            unpacked.damage.append(DamagedError(problem, file=name, offset=entry.header_offset, hint=_UNPACK_HINT))
            yield unpacked
            continue
        _copy_out(file, package, entry, unpacked)
        _check_digest(unpacked, entry, digests.get(path.removeprefix(top)))
        if _PACKAGE.fullmatch(path.rpartition("/")[2]):
            yield from _unpack_nested(unpacked, nested)
        else:
            _decompress_in_package(unpacked)
            yield unpacked


def _open_package(file: BinaryIO, source: Path | str) -> zipfile.ZipFile:
    """Open a package. Raises DamagedError if it cannot be read, or its directory is not sound."""
    _check_directory(file, source)
    try:
        package = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DamagedError(f"cannot be read as a package: {error}", file=source) from error
    if any(entry.header_offset < 0 for entry in package.infolist()):
        what = "cannot be read as a package: its directory has offsets before the start of the file"
        raise DamagedError(what, file=source)
    return package


def _unpack_nested(inner: UnpackedFile, nested: int) -> Iterator[UnpackedFile]:
    """Yield the files of a package in a package. One that cannot be read is yielded empty, with the error."""
    error: DamagedError | None = None
    if nested >= MAX_NESTED:
        error = DamagedError("is a package in a package in a package", file=inner.name, hint=_UNPACK_HINT)
    else:
        try:
            for unpacked in unpack_package(inner.file, inner.name, nested + 1):
                unpacked.damage[:0], inner.damage = inner.damage, []
                unpacked.is_suspect, unpacked.is_damaged = (
                    unpacked.is_suspect or inner.is_suspect,
                    unpacked.is_damaged or inner.is_damaged,
                )
                yield unpacked
        except DamagedError as damage:
            error = damage
        except ArchiveError as other:
            error = DamagedError(other.what, file=inner.name, hint=_UNPACK_HINT)
    inner.file.close()
    if error is not None:
        yield UnpackedFile(inner.name, temporary_file(), [*inner.damage, error])


def _path_of(entry: zipfile.ZipInfo) -> str:
    return normalize_path(entry.filename)


def _is_manifest(name: str) -> bool:
    return normalize_path(name).rpartition("/")[2] == MANIFEST


def _may_hold_records(path: str) -> bool:
    """True for a WARC file or package in any folder, and for whatever is in ``archive/``, where WACZ has them."""
    name = path.rpartition("/")[2]
    is_in_archive = path.lower().startswith("archive/")
    return is_in_archive or bool(_RECORD_FILE.fullmatch(name) or _PACKAGE.fullmatch(name))


class _DirectoryMissingError(DamagedError):
    """A package is cut short, so that the directory at its end is missing."""


def _check_directory(file: BinaryIO, source: Path | str) -> None:
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


def _find_problem(entry: zipfile.ZipInfo, path: str, *, overlaps: bool) -> str:
    """Return the reason an entry is not read; empty if it is."""
    *folders, name = path.split("/")
    if ".." in folders or not (_RECORD_FILE.fullmatch(name) or _PACKAGE.fullmatch(name)):
        return f"{entry.filename!r} is not a valid name for a WARC file in a package"
    if entry.flag_bits & 1:
        return "is encrypted"
    if entry.compress_type not in (*_OWN_METHODS, *_OTHER_METHODS):
        return "is compressed by a method that is not read"
    if overlaps:
        return "overlaps another file of the package"
    return ""


def _copy_out(file: BinaryIO, package: zipfile.ZipFile, entry: zipfile.ZipInfo, unpacked: UnpackedFile) -> None:
    """Copy the entry to the temporary file, up to the size limit. Errors are added to the file's damage."""
    budget = MAX_RATIO * entry.compress_size + SPARE
    checksum, problem = 0, ""
    try:
        is_own = entry.compress_type in _OWN_METHODS
        for piece in _read_entry(file, entry) if is_own else _read_other(file, package, entry):
            budget -= len(piece)
            if budget < 0:
                unpacked.file.seek(0)
                unpacked.file.truncate()
                problem = TOO_LARGE
                break
            checksum = zlib.crc32(piece, checksum)
            unpacked.file.write(piece)
        else:
            unpacked.is_damaged = checksum != entry.CRC
            problem = "damaged in the package: the checksum is wrong" if unpacked.is_damaged else ""
    except _ZIP_ERRORS as error:
        unpacked.is_damaged = True
        problem = f"damaged in the package: {error}"
    if problem:
        unpacked.damage.append(DamagedError(problem, file=unpacked.name, offset=entry.header_offset))
    unpacked.file.flush()


def _read_entry(file: BinaryIO, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the content of a stored or deflated entry (APPNOTE, section 4.3.7).

    Not with `zipfile`, which drops what it has read of an entry with a wrong checksum. Raises EOFError if it is cut
    short, zlib.error for data that cannot be inflated.
    """
    _seek_content(file, entry)
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


def _read_other(file: BinaryIO, package: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield the content of an entry that `zipfile` decompresses. Raises one of `_ZIP_ERRORS`."""
    if entry.compress_type == zipfile.ZIP_LZMA:
        _seek_content(file, entry)
        properties = file.read(9)  # APPNOTE, section 5.8.8: version, size of the properties, lc/lp/pb, dictionary
        if int.from_bytes(properties[5:9], "little") > _MAX_DICTIONARY:
            raise EOFError("it needs too much memory")
    with package.open(entry) as content:
        while piece := content.read(_SMALL):
            yield piece


def _seek_content(file: BinaryIO, entry: zipfile.ZipInfo) -> None:
    file.seek(entry.header_offset)
    head = file.read(30)
    if not head.startswith(ZIP_MAGIC[0]) or len(head) < 30:
        raise EOFError("no file begins there")
    file.seek(int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little"), 1)


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
