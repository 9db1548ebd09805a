"""Decompresses whole files, gzip or Zstandard, into temporary files of limited size."""

import tempfile
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from isal import isal_zlib

from archive.errors import DamagedError
from archive.reading.gzip_members import GZIP_MAGIC
from archive.reading.zstd_frames import decompress_frames

#: Most bytes a compressed file may expand to: `MAX_RATIO` times its size plus `SPARE`. Text compresses to a
#: tenth of its size, a decompression bomb to a thousandth.
MAX_RATIO = 100
SPARE = 64 << 20

TOO_LARGE = "expands far beyond the size of any real file"

_PIECE = 1 << 20

_OnDamage = Callable[[DamagedError], None]


def decompress(file: BinaryIO, name: str, on_damage: _OnDamage) -> BinaryIO:
    """Decompress a gzip or Zstandard `file` into a temporary file, as far as possible. `on_damage` gets the damage.

    A dictionary in a first skippable frame applies to all frames, as in ``.warc.zst`` (IIPC, WARC with Zstandard).
    """
    plain = temporary_file()
    budget = MAX_RATIO * file.seek(0, 2) + SPARE
    file.seek(0)
    is_gzip = file.read(2) == GZIP_MAGIC
    file.seek(0)
    try:
        if not is_gzip:
            decompress_frames(file, name, plain, on_damage, budget)
        for piece in _inflate(file) if is_gzip else ():
            budget -= len(piece)
            if budget < 0:
                raise DamagedError(TOO_LARGE, file=name, offset=file.tell())
            plain.write(piece)
    except (isal_zlib.error, EOFError) as error:  # type: ignore[misc]
        on_damage(DamagedError(f"cannot be unpacked any further: {error}", file=name, offset=file.tell()))
    except DamagedError as error:
        on_damage(error)
        plain.truncate(0)
    plain.flush()
    plain.seek(0)
    return plain


# Bytes that writers put between gzip members.
_BETWEEN_MEMBERS = b"\0\r\n"


def _inflate(file: BinaryIO) -> Iterator[bytes]:
    """Yield the content of gzip members; what is between them is yielded as it is: plain records, or junk."""
    inflate, is_inside = isal_zlib.decompressobj(31), False
    while piece := file.read(_PIECE):
        while piece := piece if is_inside else piece.lstrip(_BETWEEN_MEMBERS):
            if not is_inside and not piece.startswith(GZIP_MAGIC):
                plain, magic, behind = piece.partition(GZIP_MAGIC)
                yield plain
                piece = magic + behind
                continue
            is_inside = True
            yield inflate.decompress(piece, _PIECE)
            piece = inflate.unconsumed_tail
            if inflate.eof:
                piece, inflate, is_inside = inflate.unused_data, isal_zlib.decompressobj(31), False
    if is_inside:
        raise EOFError("gzip member is cut short")


def temporary_file() -> BinaryIO:
    """Return an open temporary file without a name."""
    return cast(BinaryIO, tempfile.TemporaryFile(prefix="broadsheet-"))
