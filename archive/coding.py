"""Content codings undone: gzip, deflate, br and zstd (RFC 9110, section 8.4.1), with a limit against bombs."""

from collections.abc import Callable, Iterable, Iterator, Sequence

import brotli  # type: ignore[import-untyped]
from backports import zstd
from isal import isal_zlib

from archive.errors import ArchiveError, TooLargeError

#: Largest decoded body given when the caller names no limit, in bytes.
MAX_BODY = 256 << 20

#: Decoded bytes asked of a decoder at a time: what a bomb can cost before the limit is seen.
STEP = 1 << 20


class CodingError(ArchiveError):
    """The entity names a content coding that is not known here."""


# One coding's incremental decoder: encoded pieces in, decoded pieces of about `STEP` bytes at most out.
_Decoder = Callable[[Iterable[bytes]], Iterator[bytes]]


def decode(pieces: Iterable[bytes], codings: Sequence[str], *, limit: int = MAX_BODY) -> bytes:
    """`pieces` joined with their content `codings` (as the header lists them) undone, last first.

    Lenient as browsers and archives must be: an entity that is not in the coding its head claims is given as it is, and
    a cut one as far as it goes. Raises CodingError for a coding not known here, TooLargeError past `limit` bytes.
    """
    for coding in reversed(codings):
        if coding in ("identity", "", "none", "utf-8"):
            continue
        decoder = _DECODERS.get(coding.removeprefix("x-"))
        if decoder is None:
            raise CodingError(f"unknown content coding {coding!r}", mend="read the payload, still encoded, instead")
        pieces = decoder(pieces)
    out = bytearray()
    for piece in pieces:
        out += piece
        if len(out) > limit:
            raise TooLargeError(f"decoded body is larger than {limit} bytes", mend="raise the limit to read it")
    return bytes(out)


def _inflated(wbits: int) -> _Decoder:
    def decoder(pieces: Iterable[bytes]) -> Iterator[bytes]:
        inflate, started = isal_zlib.decompressobj(wbits), False
        for piece in pieces:
            while piece:
                try:
                    out = inflate.decompress(piece, STEP)
                except isal_zlib.error:  # type: ignore[misc]
                    if not started:
                        yield piece
                        yield from pieces
                    return
                started = True
                yield out
                piece = inflate.unconsumed_tail
                if inflate.eof:
                    piece = inflate.unused_data
                    inflate = isal_zlib.decompressobj(wbits)

    return decoder


def _deflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """``deflate`` means zlib; some servers send it without the zlib head (RFC 9110, section 8.4.1.2)."""
    rest = iter(pieces)
    first = next(rest, b"")
    zlib_head = len(first) > 1 and first[0] & 0x0F == 8 and int.from_bytes(first[:2], "big") % 31 == 0

    def again() -> Iterator[bytes]:
        yield first
        yield from rest

    return _inflated(15 if zlib_head else -15)(again())


def _unbrotli(pieces: Iterable[bytes]) -> Iterator[bytes]:
    decoder, started, source = brotli.Decompressor(), False, iter(pieces)
    for piece in source:
        try:
            yield decoder.process(piece, output_buffer_limit=STEP)
            started = True
            while not decoder.can_accept_more_data():
                yield decoder.process(b"", output_buffer_limit=STEP)
        except brotli.error:
            if not started:
                yield piece
                yield from source
            return


def _unzstd(pieces: Iterable[bytes]) -> Iterator[bytes]:
    decoder, started, source = zstd.ZstdDecompressor(), False, iter(pieces)
    for piece in source:
        try:
            while piece or not decoder.needs_input:
                yield decoder.decompress(piece, STEP)
                started, piece = True, b""
                if decoder.eof:
                    piece, decoder = decoder.unused_data, zstd.ZstdDecompressor()
        except zstd.ZstdError:
            if not started:
                yield piece
                yield from source
            return


_DECODERS: dict[str, _Decoder] = {
    "gzip": _inflated(31),
    "deflate": _deflated,
    "br": _unbrotli,
    "zstd": _unzstd,
}
