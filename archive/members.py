"""The bytes of a record file as a stream that knows where gzip members begin."""

import re
from typing import BinaryIO

from isal import isal_zlib

from archive.block import Block
from archive.errors import DamagedError

#: Bytes read from the file at a time. Small, because what follows a member is copied once for every member in it.
PIECE = 1 << 15

#: Bytes inflated at a time: what a bomb can cost in memory.
STEP = 1 << 20

_GZIP_MAGIC = b"\x1f\x8b"
_MEND = "`broadsheet archive repair` cuts the file after its last whole record"


def open_stream(file: BinaryIO, name: str, *, start: int = 0, length: int | None = None) -> "MemberStream":
    """A stream over `file`, which stands at `start`, of at most `length` bytes; gzipped or not by its first bytes."""
    raw = _Raw(file, start, length)
    kind = GzipStream if raw.peek(2) == _GZIP_MAGIC else MemberStream
    return kind(raw, name)


class _Raw:
    """The file's bytes with their offset: what was read and not used can be put back."""

    def __init__(self, file: BinaryIO, start: int, length: int | None) -> None:
        self._file = file
        self._left = length
        self._ahead = b""
        self.offset = start

    def read(self) -> bytes:
        """The next piece; empty at the end."""
        piece, self._ahead = self._ahead, b""
        if not piece:
            piece = self._file.read(PIECE if self._left is None else min(PIECE, self._left))
            if self._left is not None:
                self._left -= len(piece)
        self.offset += len(piece)
        return piece

    def put_back(self, data: bytes) -> None:
        self._ahead = data + self._ahead
        self.offset -= len(data)

    def peek(self, size: int) -> bytes:
        data = self.read()
        self.put_back(data)
        return data[:size]


class MemberStream:
    """The decoded bytes of an uncompressed file; every record stands for a member of its own."""

    def __init__(self, raw: _Raw, name: str) -> None:
        self.name = name
        self._raw = raw
        self._ready = b""
        self.at_member_start = True

    def record_offset(self) -> int:
        """The file offset by which the record that begins here is found."""
        return self.offset()

    def offset(self) -> int:
        """The file offset up to which bytes have been used."""
        return self._raw.offset - len(self._ready)

    def _more(self) -> bytes:
        """The next decoded bytes; empty at the end of the member."""
        return self._raw.read()

    def _next_member(self) -> bool:
        """Go to the next member. False at the end of the file."""
        return False

    def _fill(self) -> bool:
        piece = self._more()
        self._ready += piece
        return bool(piece)

    def skip_blank_lines(self) -> bool:
        """Go past empty lines to where a record begins. False at the end of the file."""
        while True:
            self._ready = self._ready.lstrip(b"\r\n")
            if self._ready:
                return True
            if not self._fill() and not self._next_member():
                return False

    def peek_line(self, limit: int) -> bytes:
        """The line that begins here with its line feed, at most about `limit` bytes of it."""
        while (end := self._ready.find(b"\n")) < 0 and len(self._ready) < limit and self._fill():
            pass
        return self._ready[: end + 1] if end >= 0 else self._ready[:limit]

    def take_line(self) -> bytes:
        """The line `peek_line` gave, used up."""
        line, _, self._ready = self._ready.partition(b"\n")
        return line + b"\n"

    def take_until(self, end: re.Pattern[bytes], limit: int) -> bytes | None:
        """The bytes up to and with the first match of `end`; ``None`` when there is none within `limit`."""
        while not (match := end.search(self._ready)):
            if len(self._ready) > limit or not self._fill():
                return None
        head, self._ready = self._ready[: match.end()], self._ready[match.end() :]
        return head

    def read_into(self, block: Block, size: int) -> int:
        """Move `size` bytes to `block`. How many of them are missing from the member."""
        while size:
            if not self._ready and not self._fill():
                return size
            piece, self._ready = self._ready[:size], self._ready[size:]
            block.append(piece)
            size -= len(piece)
        return 0

    def end_record(self) -> None:
        """Go past the empty lines that end a record, and past the end of its member."""
        while len(self._ready) < 4 and self._fill():
            pass
        for ending in (b"\r\n\r\n", b"\n\n", b"\r\n", b"\n"):
            if self._ready.startswith(ending):
                self._ready = self._ready[len(ending) :]
                return


class GzipStream(MemberStream):
    """The decoded bytes of a gzipped file: as a rule each record is a member of its own."""

    def __init__(self, raw: _Raw, name: str) -> None:
        super().__init__(raw, name)
        self._start_member()

    def _start_member(self) -> None:
        self._member = self._raw.offset
        self._inflate = isal_zlib.decompressobj(31)
        self.at_member_start = True

    def record_offset(self) -> int:
        return self._member

    def offset(self) -> int:
        return self._raw.offset

    def _more(self) -> bytes:
        out = b""
        while not out and not self._inflate.eof:
            piece = self._inflate.unconsumed_tail or self._raw.read()
            if not piece:
                raise DamagedError("gzip member is cut short", file=self.name, offset=self._member, mend=_MEND)
            try:
                out = self._inflate.decompress(piece, STEP)
            except isal_zlib.error as error:  # type: ignore[misc]
                raise DamagedError(f"broken gzip member: {error}", file=self.name, offset=self._member) from error
            if self._inflate.eof and self._inflate.unused_data:
                self._raw.put_back(self._inflate.unused_data)
        return out

    def _next_member(self) -> bool:
        following = self._raw.peek(2)
        if not following:
            return False
        if following != _GZIP_MAGIC[: len(following)]:
            raise DamagedError(
                f"no gzip member begins here but {following!r}", file=self.name, offset=self._raw.offset, mend=_MEND
            )
        self._start_member()
        return True

    def end_record(self) -> None:
        super().end_record()
        while not self._ready.strip(b"\r\n") and self._fill():
            pass
        self._ready = self._ready.lstrip(b"\r\n")
        self.at_member_start = not self._ready
