"""Writes what remains of a WARC file: the kept records byte for byte, after a warcinfo record about the removal."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from archive.block import Block
from archive.capture_records import new_record_id
from archive.digest import Bytes, sha1_label
from archive.errors import DamagedError, UnreachableError
from archive.gzip_writer import deflate_in_pieces
from archive.reading import read_records
from archive.record import Record, bare_uri, format_date, record_head
from archive.retention.policy import RecordPlace
from archive.trust.manifest import FileDigest

_PRUNED = re.compile(r"(.+?)(?:\.pruned-(\d+))?\.warc\.gz")
_PIECE = 1 << 20


def name_of_remains(name: str) -> str:
    """Return the name for what remains of the file `name`. Its records have other offsets, so it is another file."""
    match = _PRUNED.fullmatch(name)
    assert match, "closed files have this suffix"
    return f"{match[1]}.pruned-{int(match[2] or 0) + 1}.warc.gz"


def read_places(path: Path) -> list[RecordPlace]:
    """Return the place of every record of the file. Raises DamagedError if one cannot be read or copied by itself."""
    places = []
    for record in read_records(path):
        if not record.at_member_start:
            raise UnreachableError("follows another record in its gzip member", file=path, offset=record.offset)
        places.append(_place_of(record))
        record.block.close()
    if places and (end := places[-1].offset + places[-1].length) != path.stat().st_size:
        raise DamagedError("has bytes after its last record", file=path, offset=end)
    return places


def _place_of(record: Record) -> RecordPlace:
    names = ["WARC-Concurrent-To"] if record.type == "revisit" else ["WARC-Concurrent-To", "WARC-Refers-To"]
    refers_to = frozenset(bare_uri(value) for name in names if (value := record.get(name)))
    return RecordPlace(record.offset, record.length, record.type, record.id, record.url, record.date, refers_to)


def write_remains(
    source: BinaryIO, target: BinaryIO, name: str, was: FileDigest, kept: Iterable[RecordPlace], reason: str
) -> None:
    """Write the records `kept` of `source`, which was `was`, to `target`, the future file `name`."""
    for piece in _warcinfo(name, was, reason):
        target.write(piece)
    for place in kept:
        source.seek(place.offset)
        left = place.length
        while left and (data := source.read(min(_PIECE, left))):
            target.write(data)
            left -= len(data)


def _warcinfo(name: str, was: FileDigest, reason: str) -> Iterator[Bytes]:
    """Yield the member of the record that says what the file was before, and why captures were removed."""
    text = (
        "software: Broadsheet\r\nformat: WARC File Format 1.1\r\n"
        f"description: pruned from {was.name}, {was.size} bytes, sha256:{was.sha256}; removed captures: {reason}\r\n"
    )
    block = Block(text.encode())
    fields = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", f"<{new_record_id()}>"),
        ("WARC-Date", format_date(datetime.now(UTC).replace(microsecond=0))),
        ("WARC-Filename", name),
        ("WARC-Block-Digest", sha1_label(block.chunks())),
        ("Content-Type", "application/warc-fields"),
        ("Content-Length", str(len(block))),
    ]
    yield from deflate_in_pieces(record_head(fields), block)
