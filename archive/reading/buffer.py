"""Read-ahead buffer over a file, which inflates short gzip members in one step."""

from collections.abc import Iterator
from typing import BinaryIO

import deflate
from isal import isal_zlib

#: The content of a gzip member, its offset in the file and its compressed length there.
Member = tuple[bytes, int, int]

#: Longest member inflated in one step, in bytes: for longer ones the search for the end costs more than it saves.
MAX_SHORT_MEMBER = 1 << 14

#: Most bytes inflated in one step.
MAX_INFLATED = 1 << 22

# libdeflate takes half of isal's time, but its tables cost more than they save below this length.
_LIBDEFLATE_FROM = 700

# The header of a member without name, comment or checksum (RFC 1952, section 2.3.1), and of one without time as well.
_BARE = b"\x1f\x8b\x08\x00"
_USUAL = _BARE + b"\x00\x00\x00\x00"

# Header, trailer and the shortest content.
_MIN_MEMBER = 20


class FileBuffer:
    """The bytes of a file from `start` on, read `ahead` bytes at a time and consumed from the front.

    `offset` is the file offset of the next byte.
    """

    def __init__(self, file: BinaryIO, start: int, ahead: int) -> None:
        self._file = file
        self._ahead = ahead
        self._buffer = b""
        self._at = 0
        self.offset = start

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes; fewer only at the end of the file."""
        self._fill(size)
        return self._buffer[self._at : self._at + size]

    def consume(self, size: int) -> None:
        """Advance by `size` bytes, which must have been peeked at."""
        self._at += size
        self.offset += size

    def _fill(self, size: int) -> None:
        while len(self._buffer) - self._at < size:
            piece = self._file.read(max(size, self._ahead))
            if not piece:
                break
            self._buffer = self._buffer[self._at :] + piece
            self._at = 0

    def short_members(self) -> Iterator[Member]:
        """Yield and consume gzip members up to the first that must be streamed.

        A member is assumed to end where the next one with the usual header begins. Neither library says how much of its
        input it used, but both verified the length in the four bytes at which they found the end. So if the content has
        the length that the last four bytes state, and those four bytes occur nowhere else, the assumption holds.
        """
        while True:
            self._fill(MAX_SHORT_MEMBER)
            data, start = self._buffer, self._at
            last = len(data) - MAX_SHORT_MEMBER
            if not data.startswith(_BARE, start):
                return
            while (end := data.find(_USUAL, start + _MIN_MEMBER, start + MAX_SHORT_MEMBER)) > 0:
                member = data[start:end]
                stated = member[-4:]
                size = int.from_bytes(stated, "little")
                if not 0 < size <= MAX_INFLATED or member.rfind(stated, 0, -1) >= 0:
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
