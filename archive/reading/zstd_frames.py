"""Decompresses a file of Zstandard frames, such as ``.warc.zst`` (IIPC, WARC with Zstandard compression).

Usually each record is a frame of its own, so a damaged frame is left out and reading continues with the next.
"""

from collections.abc import Callable
from typing import BinaryIO

from backports import zstd

from archive.errors import DamagedError

FRAME_MAGIC = b"\x28\xb5\x2f\xfd"

#: Most damaged frames skipped in one file.
MAX_DAMAGE = 1000

#: Longest dictionary, in bytes.
MAX_DICTIONARY = 64 << 20

_PIECE = 1 << 20
_SKIPPABLE = b"\x2a\x4d\x18"  # after one byte from 0x50 to 0x5F
_DICTIONARY_FRAME = b"\x5d" + _SKIPPABLE
_DICTIONARY_MAGIC = b"\x37\xa4\x30\xec"


def is_zstd(magic: bytes) -> bool:
    """True if a file that begins with these four bytes is Zstandard-compressed."""
    return magic == FRAME_MAGIC or (len(magic) == 4 and 0x50 <= magic[0] <= 0x5F and magic[1:] == _SKIPPABLE)


def decompress_frames(
    file: BinaryIO, name: str, target: BinaryIO, on_damage: Callable[[DamagedError], None], budget: int
) -> None:
    """Write the content of all frames in `file` to `target`; `on_damage` gets each frame that is damaged.

    Of a damaged frame without another one behind it, the content before the damage is kept. Raises DamagedError if the
    content is longer than `budget` bytes.
    """
    start: int | None
    dictionary, start = _read_dictionary(file, name, on_damage)
    damaged = 0
    while start is not None:
        try:
            _copy_frames(file, start, target, dictionary, name, budget)
            return
        except _FrameError as error:
            on_damage(DamagedError(f"cannot be unpacked: {error.why}", file=name, offset=error.start))
            damaged += 1
            start = _find_frame(file, error.start + 1)
            if start is not None:
                target.seek(error.begin)
                target.truncate()
            if damaged == MAX_DAMAGE and start is not None:
                on_damage(DamagedError("too many damaged frames, reading stopped", file=name, offset=start))
                return


class _FrameError(Exception):
    """A frame that begins at offset `start` of the file is damaged; its content begins at `begin` of the target."""

    def __init__(self, why: str, start: int, begin: int) -> None:
        self.why, self.start, self.begin = why, start, begin
        super().__init__(why)


def _copy_frames(
    file: BinaryIO, start: int, target: BinaryIO, dictionary: zstd.ZstdDict | None, name: str, budget: int
) -> None:
    """Copy the content of the frames from offset `start` on. Raises _FrameError at the first that is damaged."""
    file.seek(start)
    decoder, begin = zstd.ZstdDecompressor(dictionary), target.tell()
    is_inside = False
    while piece := file.read(_PIECE):
        while piece or (is_inside and not decoder.needs_input):
            is_inside = True
            try:
                target.write(decoder.decompress(piece, _PIECE))
            except zstd.ZstdError as error:
                raise _FrameError(str(error), start, begin) from error
            if target.tell() > budget:
                raise DamagedError("expands far beyond the size of any real file", file=name, offset=start)
            piece = b""
            if decoder.eof:
                piece = decoder.unused_data
                start, begin = file.tell() - len(piece), target.tell()
                decoder, is_inside = zstd.ZstdDecompressor(dictionary), False
    if is_inside:
        raise _FrameError("the frame is cut short", start, begin)


def _find_frame(file: BinaryIO, start: int) -> int | None:
    """Return the offset of the next place that looks like a frame; ``None`` without one."""
    file.seek(start)
    overlap = b""
    while piece := file.read(_PIECE):
        at = (overlap + piece).find(FRAME_MAGIC)
        if at >= 0:
            return start - len(overlap) + at
        start += len(piece)
        overlap = piece[-3:]
    return None


def _read_dictionary(
    file: BinaryIO, name: str, on_damage: Callable[[DamagedError], None]
) -> tuple[zstd.ZstdDict | None, int]:
    """Return the dictionary in the first frames, ``None`` without one, and the offset of the first frame of data."""
    start = 0
    while True:
        file.seek(start)
        head = file.read(8)
        size = int.from_bytes(head[4:], "little")
        if len(head) < 8 or head[:4] == FRAME_MAGIC or not is_zstd(head[:4]):
            return None, start
        start += 8 + size
        if head[:4] != _DICTIONARY_FRAME or size > MAX_DICTIONARY:
            continue
        data = file.read(size)
        try:
            if data.startswith(FRAME_MAGIC):
                data = zstd.ZstdDecompressor().decompress(data, MAX_DICTIONARY)
            dictionary = zstd.ZstdDict(data, is_raw=not data.startswith(_DICTIONARY_MAGIC))
            zstd.ZstdDecompressor(dictionary)  # checks it
            return dictionary, start
        except (zstd.ZstdError, ValueError) as error:
            on_damage(DamagedError(f"invalid dictionary: {error}", file=name, offset=0))
            return None, start
