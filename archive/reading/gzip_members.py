"""The decoded bytes of a record file as a stream that knows where gzip members begin."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from isal import isal_zlib

from archive.block import Block
from archive.errors import DamagedError
from archive.reading.buffer import MAX_SHORT_MEMBER, FileBuffer, Member

#: Bytes read from the file at a time by default: larger buffers are allocated again each time.
AHEAD = 1 << 17

#: Most compressed bytes of a member passed to the inflater at once.
MAX_WINDOW = 1 << 18

#: Compressed bytes passed at first, while nothing is known about the length of members.
FIRST_WINDOW = 1 << 12

#: Most bytes inflated at a time: bounds the memory a bomb can take.
STEP = 1 << 22

#: Most empty lines skipped between two records, in bytes.
MAX_BLANK = 1 << 16

#: Bytes that an empty gzip member counts as towards `MAX_BLANK`.
EMPTY_MEMBER = 64

GZIP_MAGIC = b"\x1f\x8b"
_BLANK = b"\r\n"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_ENDINGS = re.compile(rb"\r\n\r\n|\n\n|\r\n|\n|")

# An inflater that has reached the end of its member.
_ENDED = isal_zlib.decompressobj(31)
_ENDED.decompress(isal_zlib.compress(b"", 0, 31))


class MemberCutShortError(DamagedError):
    """The file ends within a gzip member."""


def open_stream(file: BinaryIO, name: str, *, start: int = 0, ahead: int = AHEAD) -> "MemberStream":
    """Return a stream over `file`, which is positioned at `start`; a GzipStream if it continues with a gzip member.

    `ahead` bytes of the file are read at a time.
    """
    buffer = FileBuffer(file, start, ahead)
    if start == 0 and buffer.peek(3) == _BYTE_ORDER_MARK:
        buffer.consume(3)
    kind = GzipStream if buffer.peek(2) == GZIP_MAGIC else MemberStream
    return kind(buffer, name)


class MemberStream:
    """The bytes of an uncompressed file, in which every record counts as a member of its own.

    `at_member_start` is true if the next record is the first of its member.
    """

    def __init__(self, buffer: FileBuffer, name: str) -> None:
        self.name = name
        self._buffer = buffer
        self._ready = b""
        self.at_member_start = True

    def record_offset(self) -> int:
        """Return the file offset at which the record that begins here can be read."""
        return self.offset()

    def offset(self) -> int:
        """Return the file offset up to which bytes have been consumed."""
        return self._buffer.offset - len(self._ready)

    def whole_members(self) -> Iterator[Member]:
        """Yield and consume members as long as they are short enough to be inflated whole."""
        return iter(())

    def unread(self, member: Member) -> None:
        """Put back the member yielded last, so that it is streamed. Call `whole_members` again for those after it."""
        self._ready = member[0]

    def _read_more(self) -> bytes:
        """Return the next decoded bytes; empty at the end of the member."""
        piece = self._buffer.peek(AHEAD)
        self._buffer.consume(len(piece))
        return piece

    def _enter_next_member(self) -> bool:
        """Go to the next member. False at the end of the file."""
        return False

    def _fill(self) -> bool:
        piece = self._read_more()
        self._ready += piece
        return bool(piece)

    def find_record(self) -> int | None:
        """Skip empty lines and return the offset of the record that begins after them; ``None`` at the end of the file.

        Raises DamagedError past `MAX_BLANK` bytes of empty lines.
        """
        skipped = 0
        while True:
            before = len(self._ready)
            self._ready = self._ready.lstrip(_BLANK)
            skipped += before - len(self._ready)
            if self._ready:
                return self.record_offset()
            if skipped > MAX_BLANK:
                raise DamagedError(f"more than {MAX_BLANK} bytes of empty lines", file=self.name, offset=self.offset())
            if not self._fill():
                if not self._enter_next_member():
                    return None
                skipped += EMPTY_MEMBER

    def peek_line(self, limit: int) -> bytes:
        """Return the line that begins here with its line feed, cut off at about `limit` bytes."""
        while (end := self._ready.find(b"\n")) < 0 and len(self._ready) < limit and self._fill():
            pass
        return self._ready[: end + 1] if end >= 0 else self._ready[:limit]

    def take_line(self) -> bytes:
        """Return and consume the line that `peek_line` returned."""
        line, _, self._ready = self._ready.partition(b"\n")
        return line + b"\n"

    def take_until(self, end: re.Pattern[bytes], limit: int) -> bytes | None:
        """Return and consume the bytes through the first match of `end`; ``None`` without one within `limit`."""
        while not (match := end.search(self._ready)):
            if len(self._ready) > limit or not self._fill():
                return None
        head, self._ready = self._ready[: match.end()], self._ready[match.end() :]
        return head

    def read_into(self, block: Block, size: int) -> int:
        """Move `size` bytes to `block`. Return the number of bytes that the member lacks."""
        while size:
            if not self._ready and not self._fill():
                return size
            piece, self._ready = self._ready[:size], self._ready[size:]
            block.append(piece)
            size -= len(piece)
        return 0

    def end_record(self) -> int:
        """Skip the empty lines that end a record, and the end of its member. Return the offset where the record ends.

        In an uncompressed file the empty lines are not part of the record.
        """
        end = self.offset()
        while len(self._ready) < 4 and self._fill():
            pass
        ending = _ENDINGS.match(self._ready)
        self._ready = self._ready[ending.end() if ending else 0 :]
        return end


class GzipStream(MemberStream):
    """The decoded bytes of a gzipped file, in which each record usually is a member of its own."""

    def __init__(self, buffer: FileBuffer, name: str) -> None:
        super().__init__(buffer, name)
        self._window = self._last = FIRST_WINDOW
        self._start_member()

    def _start_member(self) -> None:
        self._member = self._buffer.offset
        self._inflater = isal_zlib.decompressobj(31)
        self._broken: DamagedError | None = None
        self.at_member_start = True

    def record_offset(self) -> int:
        return self._member

    def offset(self) -> int:
        return self._buffer.offset

    def whole_members(self) -> Iterator[Member]:
        while not self._ready:
            if self._window <= MAX_SHORT_MEMBER and (self._inflater.eof or self._buffer.offset == self._member):
                self._inflater = _ENDED
                yield from self._buffer.short_members()
            out = self._read_whole_member()
            if out is None:
                return
            yield out, self._member, self._buffer.offset - self._member

    def unread(self, member: Member) -> None:
        super().unread(member)
        _, self._member, _ = member

    def _read_whole_member(self) -> bytes | None:
        """Inflate and consume the member that begins here; ``None`` if it is too long or none begins here."""
        window = self._buffer.peek(self._window)
        if self._inflater.eof:
            if not self._enter_next_member():
                return None
            if window[:2] != GZIP_MAGIC:
                window = self._buffer.peek(self._window)
        elif self._buffer.offset != self._member:
            return None
        out = self._inflate(window)
        if not self._inflater.eof:
            pieces, size = [out], len(out)
            try:
                while not self._inflater.eof and size < STEP:
                    pieces.append(self._read_more())
                    size += len(pieces[-1])
            except DamagedError as error:
                self._broken = error  # raised after the records before it have been read
            out = b"".join(pieces)
            if not self._inflater.eof:
                self._ready = out
                return None
        # The next member is probably as long as this one or the one before. One window of that size means one call and
        # little left to copy.
        length = (self._buffer.offset - self._member) * 5 // 4 + 512
        self._window = min(length if length > self._last else self._last, MAX_WINDOW)
        self._last = length
        return out

    def read_into(self, block: Block, size: int) -> int:
        missing = super().read_into(block, size)
        # Some writers flush between a record's head and its block, which then continues in the next member.
        while missing and self._inflater.eof and self._enter_next_member():
            if self._fill() and self._ready.startswith(b"WARC/"):
                return missing
            missing = super().read_into(block, missing)
        return missing

    def _read_more(self) -> bytes:
        if self._broken is not None:
            raise self._broken
        out = b""
        while not out and not self._inflater.eof:
            window = self._buffer.peek(self._window)
            self._window = min(4 * self._window, MAX_WINDOW)
            out = self._inflate(window)
            if not window and not out and not self._inflater.eof:
                raise MemberCutShortError("gzip member is cut short", file=self.name, offset=self._member)
        return out

    def _inflate(self, window: bytes) -> bytes:
        """Inflate the file's next bytes, given as `window`, and consume those that were used."""
        inflater = self._inflater
        try:
            out = inflater.decompress(window, STEP)
        except isal_zlib.error as error:  # type: ignore[misc]
            raise DamagedError(f"broken gzip member: {error}", file=self.name, offset=self._member) from error
        unused = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
        self._buffer.consume(len(window) - len(unused))
        return out

    def _enter_next_member(self) -> bool:
        following = self._buffer.peek(2)
        if following[:1] in (b"\r", b"\n"):
            self._skip_empty_lines()
            following = self._buffer.peek(2)
        if not following:
            return False
        if following != GZIP_MAGIC[: len(following)]:
            what = f"expected a gzip member, found {following!r}"
            raise DamagedError(what, file=self.name, offset=self._buffer.offset)
        self._start_member()
        return True

    def _skip_empty_lines(self) -> None:
        """Skip what some writers put between gzip members."""
        while piece := self._buffer.peek(AHEAD):
            rest = len(piece.lstrip(_BLANK))
            self._buffer.consume(len(piece) - rest)
            if rest:
                return

    def end_record(self) -> int:
        super().end_record()
        blank = 0
        while not self._ready.lstrip(_BLANK):
            blank += len(self._ready)
            self._ready = b""
            if blank > MAX_BLANK:
                raise DamagedError(f"more than {MAX_BLANK} bytes of empty lines", file=self.name, offset=self._member)
            if not self._fill():
                break
        self._ready = self._ready.lstrip(_BLANK)
        self.at_member_start = not self._ready
        return self.offset()
