"""An append-only byte buffer that moves to a temporary file when it grows."""

import tempfile
from collections.abc import Iterator
from typing import IO

#: Most bytes a block keeps in memory; a longer one moves to a temporary file.
SPILL_AT = 1 << 20

#: Bytes per piece of `chunks`.
CHUNK = 1 << 16


class Block:
    """The bytes of one message: in memory if short, in an unnamed temporary file if long.

    Memory use is bounded whatever a server sends: reading a 500 MB response takes one chunk at a time.
    """

    __slots__ = ("_file", "_memory", "_size", "_spill_at")

    def __init__(self, data: bytes = b"", *, spill_at: int = SPILL_AT) -> None:
        self._memory: bytes | bytearray = data
        self._file: IO[bytes] | None = None
        self._size = len(data)
        self._spill_at = spill_at

    def append(self, data: bytes) -> None:
        """Append `data`. Raises OSError if the temporary file cannot be written."""
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
        """Return `size` bytes from `start`, or all that follow if `size` is negative."""
        if self._file is None:
            if start == 0 and (size < 0 or size >= self._size):
                return bytes(self._memory)
            return bytes(self._memory[start:] if size < 0 else self._memory[start : start + size])
        self._file.seek(start)
        return self._file.read(size)

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        """Yield the bytes from `start` on, in chunks."""
        if self._file is None and start == 0 and self._size <= self._spill_at:
            if self._size:
                yield bytes(self._memory)
            return
        position = start
        while piece := self.read(position, CHUNK):
            position += len(piece)
            yield piece

    def pieces(self, start: int = 0) -> Iterator[bytes | memoryview]:
        """Yield the bytes from `start` on, not copied if in memory. Use them before the next `append`."""
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
        """Release the memory or the temporary file. The block is empty afterwards."""
        if self._file is not None:
            self._file.close()
        self._file, self._memory, self._size = None, b"", 0
