"""The bytes of a file seen through a window; short gzip members in it are inflated in one step."""

from collections.abc import Iterator
from typing import BinaryIO

import deflate
from isal import isal_zlib

#: What a gzip member inflates to, its offset in the file and its length there.
Member = tuple[bytes, int, int]

#: Longest member whose end is looked for, in bytes: further on looking costs what is gained.
MOST = 1 << 14

#: Most that is inflated in one step, in bytes.
MOST_INFLATED = 1 << 22

# libdeflate inflates in half of isal's time, but its tables cost more than they save below this.
_LIBDEFLATE_FROM = 700

# A member without name, comment or checksum in its header (RFC 1952, section 2.3.1), and one that has no time either.
_BARE = b"\x1f\x8b\x08\x00"
_USUAL = _BARE + b"\x00\x00\x00\x00"

# Header, trailer and least content.
_LEAST = 20


class FileBuffer:
    """The file's bytes with their offset, read `ahead` at a time and used up from the front."""

    def __init__(self, file: BinaryIO, start: int, ahead: int) -> None:
        self._file = file
        self._ahead = ahead
        self._buffer = b""
        self._at = 0
        self.offset = start

    def next(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the file's end."""
        self._hold(size)
        return self._buffer[self._at : self._at + size]

    def use(self, size: int) -> None:
        """Go `size` bytes on, at most what was last seen."""
        self._at += size
        self.offset += size

    def _hold(self, size: int) -> None:
        while len(self._buffer) - self._at < size:
            piece = self._file.read(max(size, self._ahead))
            if not piece:
                break
            self._buffer = self._buffer[self._at :] + piece
            self._at = 0

    def short_members(self) -> Iterator[Member]:
        """The gzip members from here on, each used up when it is given, up to one that must be read with more care.

        A member's end is taken to be where the next of the usual kind begins. Neither library says how much it used of
        what it was given, but both found the length of what they made written where they met the end: when it is what
        the last four bytes say, and these stand nowhere else, the end is there.
        """
        while True:
            self._hold(MOST)
            data, start = self._buffer, self._at
            last = len(data) - MOST
            if not data.startswith(_BARE, start):
                return
            while (end := data.find(_USUAL, start + _LEAST, start + MOST)) > 0:
                member = data[start:end]
                written = member[-4:]
                size = int.from_bytes(written, "little")
                if not 0 < size <= MOST_INFLATED or member.rfind(written, 0, -1) >= 0:
                    return
                try:
                    if len(member) < _LIBDEFLATE_FROM:
                        out: bytes = isal_zlib.decompress(member, 31, size)
                    else:
                        out = bytes(deflate.gzip_decompress(member, size))
                except (deflate.DeflateError, isal_zlib.error):  # type: ignore[misc]
                    return
                if len(out) != size:
                    return
                length, offset = end - start, self.offset
                self._at, self.offset = end, offset + length
                yield out, offset, length
                start = end
                if start > last:
                    break
            else:
                return
