"""Finds an imported file whose records another file of the archive has: the same crawl, compressed in another way."""

import hashlib
from collections.abc import Callable
from typing import BinaryIO

from archive.errors import ArchiveError
from archive.index import Index
from archive.indexing import entry_of_record
from archive.reading import CAPTURE_TYPES, is_page, read_records
from archive.record import Record

#: Opens a file of the archive by its name.
Open = Callable[[str], BinaryIO]


def find_duplicate(file: str, index: Index, open_file: Open) -> str | None:
    """Return the indexed file that has every record of `file`, which is not indexed yet; ``None`` without one.

    It costs one look-up unless the first capture of `file` is in the index. Then both files are read.
    """
    for name in _files_with_first_capture(file, index, open_file):
        try:
            if _read_identities(file, open_file) <= _read_identities(name, open_file):
                return name
        except ArchiveError:  # the other file is damaged or missing
            continue
    return None


def _files_with_first_capture(file: str, index: Index, open_file: Open) -> list[str]:
    """Return the other files that have the first capture of `file`, by URL, time and payload."""
    with open_file(file) as source:
        for record in read_records(source, name=file):
            if record.type in CAPTURE_TYPES and is_page(record.url) and record.date is not None:
                entry = entry_of_record(record)
                same = [one for one in index.captures_at(entry.url, entry.date) if one.digest == entry.digest]
                return sorted({one.file for one in same} - {file})
    return []


def _read_identities(file: str, open_file: Open) -> set[tuple[str, str, str, bytes]]:
    """Return what identifies each record: ids differ between two conversions of an ARC file."""
    identities = set()
    with open_file(file) as source:
        for record in read_records(source, name=file):
            if record.type != "warcinfo":
                identities.add(_identify(record))
            record.block.close()
    return identities


def _identify(record: Record) -> tuple[str, str, str, bytes]:
    digest = hashlib.sha256()
    for piece in record.block.pieces():
        digest.update(piece)
    return record.type, record.url, record.get("WARC-Date") or "", digest.digest()
