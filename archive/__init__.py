"""The archive: stores captures in WARC files exactly as received, and finds them by URL and time.

A library of bytes, records and time, independent of the crawler.
"""

from archive.block import Block
from archive.capture import Capture, Location, Truncation
from archive.cdxj import IndexEntry
from archive.collection import Collection
from archive.errors import ArchiveError
from archive.index import Index
from archive.revisit import Dedup
from archive.warc_file import Sync
from archive.warc_reader import read_captures
from archive.warc_writer import WarcWriter

__all__ = [
    "ArchiveError",
    "Block",
    "Capture",
    "Collection",
    "Dedup",
    "Index",
    "IndexEntry",
    "Location",
    "Sync",
    "Truncation",
    "WarcWriter",
    "read_captures",
]
