"""Decoding of content codings: gzip, deflate, br and zstd (RFC 9110, section 8.4.1), with a limit against bombs."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from itertools import chain
from typing import cast

import brotli  # type: ignore[import-untyped]
from backports import zstd
from isal import isal_zlib

from archive.errors import ArchiveError, TooLargeError

#: Default limit of a decoded body, in bytes.
MAX_BODY = 256 << 20

#: Decoded bytes requested per step: the most a bomb can produce before the limit is checked.
STEP = 1 << 20


class CodingError(ArchiveError):
    """The entity has an unsupported content coding."""


# Takes encoded bytes; yields decoded pieces of about `STEP` bytes at most.
_Step = Callable[[bytes], Iterator[bytes]]
_Decoder = Callable[[Iterable[bytes]], Iterator[bytes]]


def decode(pieces: Iterable[bytes], codings: Sequence[str], *, limit: int = MAX_BODY) -> bytes:
    """Return the joined `pieces` decoded from their content `codings` (in header order; the last is decoded first).

    Lenient, as browsers are: an entity that is not in the coding its head claims is returned unchanged, and a truncated
    one is decoded as far as possible. Raises CodingError for an unsupported coding, TooLargeError past `limit` bytes.
    """
    for coding in reversed(codings):
        if coding in ("identity", "", "none", "utf-8"):
            continue
        decoder = _DECODERS.get(coding.removeprefix("x-"))
        if decoder is None:
            raise CodingError(f"unknown content coding {coding!r}", hint="read the payload, still encoded, instead")
        pieces = decoder(pieces)
    out = BytesIO()
    for piece in pieces:
        if out.tell() + len(piece) > limit:
            raise TooLargeError(f"decoded body is larger than {limit} bytes", hint="raise the limit to read it")
        out.write(piece)
    return out.getvalue()


def _make_decoder(make: Callable[[], _Step], broken: type[Exception]) -> _Decoder:
    """Return the decoder of one coding. Input that fails before it produced any output passes through unchanged."""

    def decoder(pieces: Iterable[bytes]) -> Iterator[bytes]:
        step, source, held, started = make(), iter(pieces), b"", False
        for piece in source:
            try:
                for out in step(piece):
                    started = started or bool(out)
                    yield out
            except broken:
                if not started:
                    yield held + piece
                    yield from source
                return
            if not started:
                held += piece

    return decoder


def _inflate(wbits: int) -> _Step:
    decoder = isal_zlib.decompressobj(wbits)

    def step(piece: bytes) -> Iterator[bytes]:
        nonlocal decoder
        while piece:
            yield decoder.decompress(piece, STEP)
            piece = decoder.unconsumed_tail
            if decoder.eof:
                piece, decoder = decoder.unused_data, isal_zlib.decompressobj(wbits)

    return step


def _decode_brotli() -> _Step:
    decoder = brotli.Decompressor()

    def step(piece: bytes) -> Iterator[bytes]:
        yield decoder.process(piece, output_buffer_limit=STEP)
        while not decoder.can_accept_more_data():
            yield decoder.process(b"", output_buffer_limit=STEP)

    return step


def _decode_zstd() -> _Step:
    decoder = zstd.ZstdDecompressor()

    def step(piece: bytes) -> Iterator[bytes]:
        nonlocal decoder
        while piece or not decoder.needs_input:
            yield decoder.decompress(piece, STEP)
            piece = b""
            if decoder.eof:
                piece, decoder = decoder.unused_data, zstd.ZstdDecompressor()

    return step


_ISAL_ERROR = cast("type[Exception]", isal_zlib.error)
_zlib = _make_decoder(lambda: _inflate(15), _ISAL_ERROR)
_raw_deflate = _make_decoder(lambda: _inflate(-15), _ISAL_ERROR)


def _deflate(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Decode ``deflate``, which means zlib; some servers omit the zlib header (RFC 9110, section 8.4.1.2)."""
    source, first = iter(pieces), b""
    while len(first) < 2 and (piece := next(source, b"")):
        first += piece
    has_zlib_header = len(first) > 1 and first[0] & 0x0F == 8 and int.from_bytes(first[:2], "big") % 31 == 0
    return (_zlib if has_zlib_header else _raw_deflate)(chain([first], source))


_DECODERS: dict[str, _Decoder] = {
    "gzip": _make_decoder(lambda: _inflate(31), _ISAL_ERROR),
    "deflate": _deflate,
    "br": _make_decoder(_decode_brotli, brotli.error),
    "zstd": _make_decoder(_decode_zstd, zstd.ZstdError),
}
