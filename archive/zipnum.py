"""Writer of ZipNum: a CDXJ index in gzip members of some hundred lines, with a short secondary index over them.

The format of pywb, cdxj-indexer and wabac.js: a look-up finds its member in the short index and inflates only that.
"""

import io
import json
from hashlib import sha256
from typing import BinaryIO, TextIO

from isal import isal_zlib

#: Lines per member, as in cdxj-indexer.
LINES = 300

#: isal's level for the members: an index is read more often than written.
LEVEL = 3


class ZipNumWriter(io.TextIOBase):
    """Text file that takes sorted CDXJ lines, one per `write`. Writes members to `data` and their index to `places`.

    `data_name` is the name of the members' file in the short index. Each line there has the member's first key and
    time, its offset and length in bytes, and its SHA-256. `close` writes the last member; the two files stay open.
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
        """Return True."""
        return True

    def write(self, line: str) -> int:
        """Add one line, which must include its line feed. Return its length."""
        self._pending.append(line)
        if len(self._pending) == self._lines:
            self._write_member()
        return len(line)

    def _write_member(self) -> None:
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
            self._write_member()
        super().close()
