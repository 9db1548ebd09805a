"""A CDXJ index cut into gzip members of some hundred lines, with a short index of its own over them (ZipNum).

What pywb, cdxj-indexer and wabac.js read: a look-up finds its member in the short index and inflates that one alone.
"""

import io
import json
from hashlib import sha256
from typing import BinaryIO, TextIO

from isal import isal_zlib

#: Lines in a member, as cdxj-indexer has them.
LINES = 300

#: isal's level for the members: an index is read more often than written.
LEVEL = 3


class ZipNumWriter(io.TextIOBase):
    """Takes sorted CDXJ lines, one to each `write`; gives members to `data` and their places to `places`.

    `data_name` is what the short index calls the file of members. Each place names the member's first key and time,
    its offset and length in bytes, and its SHA-256. `close` writes the last member; the two files stay open.
    """

    def __init__(self, data: BinaryIO, places: TextIO, *, data_name: str, lines: int = LINES) -> None:
        self._data = data
        self._places = places
        self._lines = lines
        self._pending: list[str] = []
        self._offset = 0
        head = json.dumps({"format": "cdxj-gzip-1.0", "filename": data_name})
        places.write(f"!meta 0 {head}\n")

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, line: str) -> int:
        """Take one line with its line feed."""
        self._pending.append(line)
        if len(self._pending) == self._lines:
            self._end_member()
        return len(line)

    def _end_member(self) -> None:
        member = isal_zlib.compress("".join(self._pending).encode(), LEVEL, 31)
        place = {"offset": self._offset, "length": len(member), "digest": f"sha256:{sha256(member).hexdigest()}"}
        key = self._pending[0].partition("{")[0].rstrip()
        self._places.write(f"{key} {json.dumps(place)}\n")
        self._data.write(member)
        self._offset += len(member)
        self._pending.clear()

    def close(self) -> None:
        """Write the last member."""
        if not self.closed and self._pending:
            self._end_member()
        super().close()
