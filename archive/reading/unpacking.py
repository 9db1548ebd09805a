"""Unpacks a file from elsewhere into files of records: a WARC or ARC file, compressed as a whole, or a package."""

from collections.abc import Iterator
from pathlib import Path

from archive.errors import ArchiveError, DamagedError
from archive.reading.decompression import decompress, temporary_file
from archive.reading.multi_wacz import is_manifest, read_manifest, sha256_of
from archive.reading.packages import ZIP_MAGIC, UnpackedFile, unpack_package
from archive.reading.zstd_frames import is_zstd


def is_packed(source: Path) -> bool:
    """True if the file is a package or Zstandard-compressed, so that its records cannot be read by offset.

    Raises ArchiveError if it cannot be read.
    """
    try:
        with source.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ArchiveError(f"cannot open: {error.strerror}", file=source) from error
    return magic in ZIP_MAGIC or is_zstd(magic) or is_manifest(source, magic)


def unpack_files(source: Path) -> Iterator[UnpackedFile]:
    """Yield the files of records in `source`; the caller closes each. Raises ArchiveError if it has none."""
    try:
        file = source.open("rb")
        magic = file.read(4)
        file.seek(0)
    except OSError as error:
        raise ArchiveError(f"cannot open: {error.strerror}", file=source) from error
    if magic in ZIP_MAGIC:
        with file:
            yield from unpack_package(file, source)
    elif is_zstd(magic):
        damage: list[DamagedError] = []
        with file, decompress(file, source.name, damage.append) as plain:
            yield UnpackedFile(source.name, plain, damage)
    elif is_manifest(source, magic):
        file.close()
        yield from _unpack_named(source)
    else:
        yield UnpackedFile(source.name, file)


def _unpack_named(manifest: Path) -> Iterator[UnpackedFile]:
    """Yield the files of records in the packages that a manifest names. Those that cannot be opened are damage."""
    for named in read_manifest(manifest):
        name = f"{manifest.name}!/{named.path.name}"
        damage: list[DamagedError] = []
        try:
            if is_manifest(named.path, b"{"):
                raise ArchiveError("is not a package", file=named.path)
            if named.sha256 and named.sha256 != sha256_of(named.path):
                what = f"has another SHA-256 than {manifest.name} states"
                damage.append(DamagedError(what, file=named.path, hint="obtain it again; what can be read is read"))
            for unpacked in unpack_files(named.path):
                unpacked.damage[:0], damage = damage, []
                unpacked.name = f"{manifest.name}!/{unpacked.name}"
                yield unpacked
        except ArchiveError as error:
            damage.append(DamagedError(error.what, file=named.path, hint=error.hint))
        if damage:
            yield UnpackedFile(name, temporary_file(), damage)
