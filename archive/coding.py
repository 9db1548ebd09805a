"""Decoding of content codings: gzip, deflate, br and zstd (RFC 9110, section 8.4.1), with a limit against bombs.

The one decoder for crawls, rebuilt items, imports, replay and lookups. It is lenient, as browsers are, because servers
and archives often state another coding than the body has: Common Crawl's news files of before May 2019, for example,
have the received header over a plain body.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO
from itertools import chain
from typing import cast

import brotli  # type: ignore[import-untyped]
from backports import zstd
from isal import isal_zlib

from archive.errors import TooLargeError
from archive.media import is_textual, looks_like_html, may_be_html

#: Default limit of a decoded body, in bytes.
MAX_BODY = 256 << 20

#: Decoded bytes requested per step: the most a bomb can produce before the limit is checked.
STEP = 1 << 20

#: Most codings undone that the head does not state.
MAX_UNSTATED = 3

_GZIP_MAGIC, _ZSTD_MAGIC = b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"
# Control characters, which are in all coded bodies and in no text except UTF-16.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_LOOK = 512
# Most coded bytes kept to decode a damaged body up to the damage, and the size of the pieces in which that is done.
_MAX_HELD, _SMALL = 4 << 20, 64

# Takes encoded bytes; yields decoded pieces of about `STEP` bytes at most.
_Step = Callable[[bytes], Iterator[bytes]]
_Decoder = Callable[[Iterable[bytes]], Iterator[bytes]]
# Returns the content of a complete stream of at most the given size; None for anything else.
_Complete = Callable[[bytes, int], bytes | None]


def decode(
    pieces: Iterable[bytes], codings: Sequence[str], content_type: bytes | str | None = None, *, limit: int = MAX_BODY
) -> bytes:
    """Return the joined `pieces` decoded from their content `codings` (in header order; the last is decoded first).

    A body that is not in the stated coding is returned unchanged, a truncated or damaged one is decoded as far as
    possible, and unknown codings are ignored. If the body is text by its `content_type`, codings that are not stated
    are undone too. Raises TooLargeError past `limit` bytes.
    """
    for coding in reversed(codings):
        decoder = _DECODERS.get(coding.partition(";")[0].strip().lower().removeprefix("x-"))
        if decoder is not None:
            pieces = decoder(pieces)
    body = _join(pieces, limit)
    for _ in range(MAX_UNSTATED):
        plain = _undo_unstated(body, content_type, limit)
        if plain is None:
            break
        body = plain
    return body


def _join(pieces: Iterable[bytes], limit: int) -> bytes:
    out = BytesIO()
    for piece in pieces:
        if out.tell() + len(piece) > limit:
            raise TooLargeError(f"decoded body is larger than {limit} bytes", hint="raise the limit to read it")
        out.write(piece)
    return out.getvalue()


def _undo_unstated(body: bytes, content_type: bytes | str | None, limit: int) -> bytes | None:
    """Return a text decoded from a coding that the head does not state; ``None`` if it has none."""
    if not body or _looks_plain(body):
        return None
    is_text = is_textual(content_type)
    if not (is_text or may_be_html(content_type)):
        return None
    if body.startswith((_GZIP_MAGIC, _ZSTD_MAGIC)):
        decoder = _DECODERS["gzip" if body.startswith(_GZIP_MAGIC) else "zstd"]
        plain = _join(decoder((body,)), limit)
        return plain if plain != body and (is_text or looks_like_html(plain)) else None
    for complete in (_inflate_all, _unbrotli_all):
        plain = complete(body, limit) or b""
        if plain and _looks_plain(plain) and (is_text or looks_like_html(plain)):
            return plain
    return None


def _looks_plain(body: bytes) -> bool:
    """True if the body begins as text does. A coded one practically never does."""
    return _CONTROL.search(body, 0, _LOOK) is None


def _inflate_all(body: bytes, limit: int) -> bytes | None:
    """Return the content of a complete zlib stream; ``None`` for anything else."""
    return _inflate_raw_all(body, limit, 15) if _has_zlib_header(body) else None


def _inflate_raw_all(body: bytes, limit: int, wbits: int = -15) -> bytes | None:
    """Return the content of a complete deflate stream; ``None`` for anything else."""
    inflate = isal_zlib.decompressobj(wbits)
    try:
        plain = inflate.decompress(body, limit + 1)
    except isal_zlib.error:  # type: ignore[misc]
        return None
    return plain if inflate.eof and not inflate.unused_data else None


def _unbrotli_all(body: bytes, limit: int) -> bytes | None:
    """Return the content of a complete brotli stream; ``None`` for anything else."""
    decoder = brotli.Decompressor()
    try:
        plain = decoder.process(body, output_buffer_limit=limit + 1)
        return plain if decoder.is_finished() else None
    except brotli.error:
        return None


def _make_decoder(make: Callable[[], _Step], broken: type[Exception], magic: bytes | None = None) -> _Decoder:
    """Return the decoder of one coding. Input that fails before it produced any output passes through unchanged.

    `magic` is what every body in the coding begins with; ``None`` if the coding has no header, so that what it decodes
    before a failure may be made up.
    """

    def decoder(pieces: Iterable[bytes]) -> Iterator[bytes]:
        step, source, done = make(), iter(pieces), 0
        held: list[bytes] = []
        size = 0
        for piece in source:
            size += len(piece)
            if not done or size <= _MAX_HELD:
                held.append(piece)
            try:
                for out in step(piece):
                    done += len(out)
                    yield out
            except broken:
                coded = b"".join(held)
                can_save = magic is not None and size <= _MAX_HELD
                saved = _decode_until_damage(make, coded, broken) if can_save else b""
                yield saved[done:]
                if not done and not saved:
                    yield coded
                    yield from source
                return
        if not done and magic is not None and not b"".join(held).startswith(magic):
            yield b"".join(held)  # too short to fail

    return decoder


def _decode_until_damage(make: Callable[[], _Step], coded: bytes, broken: type[Exception]) -> bytes:
    """Return what `coded` has before the damage. A failing step loses its output, so the last steps must be short."""
    last = 0
    for size in (_SMALL, 1):
        step, out = make(), BytesIO()
        position, end = 0, last
        try:
            while position < len(coded):
                for decoded in step(coded[position:end]):
                    if out.tell() > MAX_BODY:
                        return out.getvalue()
                    out.write(decoded)
                position, end = end, end + size
        except broken:
            last = position
    return out.getvalue()


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
_gzip = _make_decoder(lambda: _inflate(31), _ISAL_ERROR, _GZIP_MAGIC)
_zlib = _make_decoder(lambda: _inflate(15), _ISAL_ERROR, b"")
_zstd = _make_decoder(_decode_zstd, zstd.ZstdError, _ZSTD_MAGIC)
_raw_deflate = _make_decoder(lambda: _inflate(-15), _ISAL_ERROR)
_brotli = _make_decoder(_decode_brotli, brotli.error)


def _has_zlib_header(body: bytes) -> bool:
    return len(body) > 1 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0


def _look_first(choose: Callable[[bytes], tuple[_Decoder, _Complete]]) -> _Decoder:
    """Return a decoder for a coding without magic number, which `choose` selects by the first bytes of the body.

    A plain or differently coded body must be recognized beforehand: some would decode to nonsense. A short coded one
    may look plain, so it is decoded if it is a complete stream.
    """

    def decoder(pieces: Iterable[bytes]) -> Iterator[bytes]:
        source, first = iter(pieces), b""
        while len(first) < _LOOK and (piece := next(source, b"")):
            first += piece
        rest = chain([first], source)
        if first.startswith(_GZIP_MAGIC):
            return _gzip(rest)
        if first.startswith(_ZSTD_MAGIC):
            return _zstd(rest)
        chosen, complete = choose(first)
        is_plain = _looks_plain(first) and (len(first) >= _LOOK or complete(first, MAX_BODY) is None)
        return rest if is_plain else chosen(rest)

    return decoder


_DECODERS: dict[str, _Decoder] = {
    "gzip": _gzip,
    # ``deflate`` means zlib; some servers omit the zlib header (RFC 9110, section 8.4.1.2).
    "deflate": _look_first(
        lambda first: (_zlib, _inflate_all) if _has_zlib_header(first) else (_raw_deflate, _inflate_raw_all)
    ),
    "br": _look_first(lambda first: (_brotli, _unbrotli_all)),
    "zstd": _zstd,
}
