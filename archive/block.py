"""An append-only run of bytes that moves to a temporary file when it grows."""

import tempfile
from collections.abc import Iterator
from typing import IO

#: Bytes a block keeps in memory before it moves to a temporary file.
SPILL_AT = 1 << 20

#: Bytes `chunks` gives at a time.
CHUNK = 1 << 16


class Block:
    """Bytes of one message: short ones in memory, long ones in an unnamed temporary file.

    Memory stays flat whatever a server sends: a 500 MB answer costs one chunk at a time.
    """

    __slots__ = ("_file", "_memory", "_size", "_spill_at")

    def __init__(self, data: bytes = b"", *, spill_at: int = SPILL_AT) -> None:
        self._memory: bytes | bytearray = data
        self._file: IO[bytes] | None = None
        self._size = len(data)
        self._spill_at = spill_at

    def append(self, data: bytes) -> None:
        """Add `data` at the end. Raises OSError when the temporary file cannot take it."""
        if self._file is None and self._size + len(data) > self._spill_at:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115
            self._file.write(self._memory)
            self._memory = b""
        if self._file is not None:
            self._file.seek(0, 2)
            self._file.write(data)
        elif isinstance(self._memory, bytearray):
            self._memory += data
        else:
            self._memory = bytearray(self._memory + data) if self._memory else data
        self._size += len(data)

    def __len__(self) -> int:
        return self._size

    def read(self, start: int = 0, size: int = -1) -> bytes:
        """`size` bytes from `start` (all that follow when negative)."""
        if self._file is None:
            if start == 0 and (size < 0 or size >= self._size):
                return bytes(self._memory)
            return bytes(self._memory[start:] if size < 0 else self._memory[start : start + size])
        self._file.seek(start)
        return self._file.read(size)

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """The bytes from `start` on, a chunk at a time."""
        if self._file is None and start == 0 and self._size <= self._spill_at:
            if self._size:
                yield bytes(self._memory)
            return
        position = start
        while piece := self.read(position, CHUNK):
            position += len(piece)
            yield piece

    def pieces(self, start: int = 0) -> Iterator[bytes | memoryview]:
        """The bytes from `start` on, those in memory not copied: to be hashed or written before the next `append`."""
        if self._file is not None:
            yield from self.chunks(start)
        elif start < self._size:
            yield memoryview(self._memory)[start:]

    def __bytes__(self) -> bytes:
        return self.read()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Block):
            return NotImplemented
        return len(self) == len(other) and all(
            self.read(at, CHUNK) == other.read(at, CHUNK) for at in range(0, len(self), CHUNK)
        )

    __hash__ = None  # type: ignore[assignment]

    def close(self) -> None:
        """Give back the memory or the temporary file; the block is empty afterwards."""
        if self._file is not None:
            self._file.close()
        self._file, self._memory, self._size = None, b"", 0
