"""An append-only run of bytes that moves to a temporary file when it grows."""

import tempfile
from collections.abc import Iterator
from typing import IO

#: Bytes a block keeps in memory before it moves to a temporary file.
SPILL_AT = 1 << 20

CHUNK = 1 << 16


class Block:
    """Bytes of one message: short ones in memory, long ones in an unnamed temporary file.

    Memory stays flat whatever a server sends: a 500 MB answer costs one chunk at a time.
    """

    __slots__ = ("_file", "_size")

    def __init__(self, data: bytes = b"", *, spill_at: int = SPILL_AT) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(max_size=spill_at)  # noqa: SIM115
        self._size = 0
        if data:
            self.append(data)

    def append(self, data: bytes) -> None:
        """Add `data` at the end. Raises OSError when the temporary file cannot take it."""
        self._file.seek(0, 2)
        self._file.write(data)
        self._size += len(data)

    def __len__(self) -> int:
        return self._size

    def read(self, start: int = 0, size: int = -1) -> bytes:
        """`size` bytes from `start` (all that follow when negative)."""
        self._file.seek(start)
        return self._file.read(size)

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """The bytes from `start` on, a chunk at a time."""
        position = start
        while piece := self.read(position, CHUNK):
            position += len(piece)
            yield piece

    def __bytes__(self) -> bytes:
        return self.read()

    def close(self) -> None:
        """Give back the memory or the temporary file."""
        self._file.close()
