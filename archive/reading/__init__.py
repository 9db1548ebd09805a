"""Reads records from WARC and ARC files; no other package does.

Calls go one way: pairs -> record files -> record parser -> gzip members -> buffer. A record's HTTP head is parsed once,
by `Record.http_head`, and passed on.
"""

from archive.reading.gzip_members import GZIP_MAGIC
from archive.reading.pairs import (
    CAPTURE_TYPES,
    INDEXED_TYPES,
    RecordPair,
    is_indexed,
    is_page,
    pair_at,
    pair_records,
    read_pairs,
)
from archive.reading.record_file import OnDamage, Source, open_source, read_records
from archive.reading.record_head import MAX_RECORD_HEAD
from archive.reading.record_parser import record_at

__all__ = [
    "CAPTURE_TYPES",
    "GZIP_MAGIC",
    "INDEXED_TYPES",
    "MAX_RECORD_HEAD",
    "OnDamage",
    "RecordPair",
    "Source",
    "is_indexed",
    "is_page",
    "open_source",
    "pair_at",
    "pair_records",
    "read_pairs",
    "read_records",
    "record_at",
]
