"""The bytes of a record file as a stream that knows where gzip members begin."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from isal import isal_zlib

from archive.block import Block
from archive.errors import DamagedError
from archive.reading.buffer import MOST, FileBuffer, Member

#: Bytes read from the file at a time, as a rule: larger buffers are new memory each.
AHEAD = 1 << 17

#: Longest window of a member.
MAX_WINDOW = 1 << 18

#: Bytes of a member looked at first where nothing is known of the members before it.
FIRST_WINDOW = 1 << 12

#: Bytes inflated at a time: what a bomb can cost in memory.
STEP = 1 << 22

#: Most empty lines, in bytes, that are passed over between two records.
MAX_BLANK = 1 << 16

#: What an empty gzip member counts for as empty lines.
EMPTY_MEMBER = 64

GZIP_MAGIC = b"\x1f\x8b"
_HINT = "`broadsheet archive repair` cuts the file after its last whole record"
_BLANK = b"\r\n"
_ENDINGS = re.compile(rb"\r\n\r\n|\n\n|\r\n|\n|")

# Stands for the inflating of a member that has been read to its end.
_ENDED = isal_zlib.decompressobj(31)
_ENDED.decompress(isal_zlib.compress(b"", 0, 31))


def open_stream(file: BinaryIO, name: str, *, start: int = 0, ahead: int = AHEAD) -> "MemberStream":
    """A stream over `file`, which stands at `start`, read `ahead` bytes at a time; gzipped if it begins so."""
    raw = FileBuffer(file, start, ahead)
    kind = GzipStream if raw.next(2) == GZIP_MAGIC else MemberStream
    return kind(raw, name)


class MemberStream:
    """The decoded bytes of an uncompressed file; every record stands for a member of its own."""

    def __init__(self, raw: FileBuffer, name: str) -> None:
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

    def whole_members(self) -> Iterator[Member]:
        """The members from here on, each used up when it is given, as far as none must be streamed."""
        return iter(())

    def unread(self, member: Member) -> None:
        """Put back the member given last, to be streamed; ask anew for those after it."""
        self._ready = member[0]

    def _more(self) -> bytes:
        """The next decoded bytes; empty at the end of the member."""
        piece = self._raw.next(AHEAD)
        self._raw.use(len(piece))
        return piece

    def _next_member(self) -> bool:
        """Go to the next member. False at the end of the file."""
        return False

    def _fill(self) -> bool:
        piece = self._more()
        self._ready += piece
        return bool(piece)

    def skip_blank_lines(self) -> bool:
        """Go past empty lines to where a record begins. False at the end of the file."""
        skipped = 0
        while True:
            before = len(self._ready)
            self._ready = self._ready.lstrip(_BLANK)
            skipped += before - len(self._ready)
            if self._ready:
                return True
            if skipped > MAX_BLANK:
                raise DamagedError(f"more than {MAX_BLANK} bytes of empty lines", file=self.name, offset=self.offset())
            if not self._fill():
                if not self._next_member():
                    return False
                skipped += EMPTY_MEMBER

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

    def end_record(self) -> int:
        """Go past the empty lines that end a record, and past the end of its member. The offset where it ends: the
        empty lines between records that share no member count for neither.
        """
        end = self.offset()
        while len(self._ready) < 4 and self._fill():
            pass
        ending = _ENDINGS.match(self._ready)
        self._ready = self._ready[ending.end() if ending else 0 :]
        return end


class GzipStream(MemberStream):
    """The decoded bytes of a gzipped file: as a rule each record is a member of its own."""

    def __init__(self, raw: FileBuffer, name: str) -> None:
        super().__init__(raw, name)
        self._window = self._last = FIRST_WINDOW
        self._start_member()

    def _start_member(self) -> None:
        self._member = self._raw.offset
        self._inflate = isal_zlib.decompressobj(31)
        self._broken: DamagedError | None = None
        self.at_member_start = True

    def record_offset(self) -> int:
        return self._member

    def offset(self) -> int:
        return self._raw.offset

    def whole_members(self) -> Iterator[Member]:
        while not self._ready:
            if self._window <= MOST and (self._inflate.eof or self._raw.offset == self._member):
                self._inflate = _ENDED
                yield from self._raw.short_members()
            out = self._whole_member()
            if out is None:
                return
            yield out, self._member, self._raw.offset - self._member

    def unread(self, member: Member) -> None:
        super().unread(member)
        _, self._member, _ = member

    def _whole_member(self) -> bytes | None:
        """What the member that begins here inflates to, used up; ``None`` when it is long or none begins here."""
        window = self._raw.next(self._window)
        if self._inflate.eof:
            if window[:2] != GZIP_MAGIC and not self._next_member():
                return None
            self._start_member()
        elif self._raw.offset != self._member:
            return None
        out = self._inflated(window)
        if not self._inflate.eof:
            pieces, size = [out], len(out)
            try:
                while not self._inflate.eof and size < STEP:
                    pieces.append(self._more())
                    size += len(pieces[-1])
            except DamagedError as error:
                self._broken = error  # told when the records before it have been read
            out = b"".join(pieces)
            if not self._inflate.eof:
                self._ready = out
                return None
        # The next member is likely as long as this one or the one before: one window, one call, little left to copy.
        length = (self._raw.offset - self._member) * 5 // 4 + 512
        self._window = min(length if length > self._last else self._last, MAX_WINDOW)
        self._last = length
        return out

    def read_into(self, block: Block, size: int) -> int:
        missing = super().read_into(block, size)
        # Some writers flush between a record's head and its block: it goes on in the next member.
        while missing and self._inflate.eof and self._next_member():
            if self._fill() and self._ready.startswith(b"WARC/"):
                return missing
            missing = super().read_into(block, missing)
        return missing

    def _more(self) -> bytes:
        if self._broken is not None:
            raise self._broken
        out = b""
        while not out and not self._inflate.eof:
            window = self._raw.next(self._window)
            self._window = min(4 * self._window, MAX_WINDOW)
            out = self._inflated(window)
            if not window and not out and not self._inflate.eof:
                raise DamagedError("gzip member is cut short", file=self.name, offset=self._member, hint=_HINT)
        return out

    def _inflated(self, window: bytes) -> bytes:
        """What the file's next bytes, which `window` holds, inflate to; those that were taken are used up."""
        inflate = self._inflate
        try:
            out = inflate.decompress(window, STEP)
        except isal_zlib.error as error:  # type: ignore[misc]
            raise DamagedError(f"broken gzip member: {error}", file=self.name, offset=self._member) from error
        self._raw.use(len(window) - len(inflate.unused_data if inflate.eof else inflate.unconsumed_tail))
        return out

    def _next_member(self) -> bool:
        following = self._raw.next(2)
        if not following:
            return False
        if following != GZIP_MAGIC[: len(following)]:
            raise DamagedError(
                f"no gzip member begins here but {following!r}", file=self.name, offset=self._raw.offset, hint=_HINT
            )
        self._start_member()
        return True

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
