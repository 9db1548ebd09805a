"""Unpacks a file from elsewhere into files of records: a WARC or ARC file, compressed as a whole, or a package."""

from collections.abc import Iterator
from pathlib import Path

from archive.errors import ArchiveError, DamagedError
from archive.reading.decompression import decompress
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
    return magic in ZIP_MAGIC or is_zstd(magic)


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
    else:
        yield UnpackedFile(source.name, file)
