"""Labelled digests as in WARC fields: ``sha1:`` and the digest in base32 (WARC 1.1, section 5.8)."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from archive.block import Block
from archive.http import Head, entity

Bytes = bytes | bytearray | memoryview


class Hash(Protocol):
    """The methods of hashlib objects used here."""

    def update(self, data: Bytes, /) -> None: ...

    def digest(self) -> bytes: ...


ALGORITHMS: dict[str, Callable[[], Hash]] = {
    "sha1": lambda: hashlib.sha1(usedforsecurity=False),
    "md5": lambda: hashlib.md5(usedforsecurity=False),
    "sha256": hashlib.sha256,
    "sha512": hashlib.sha512,
}


_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" + bytes(224)


def _halvings() -> Iterator[tuple[int, int, int]]:
    """Yield the steps that spread 160 bits into 32 bytes of five bits each.

    Each step halves the groups: mask of the bits that stay, mask of the bits that move, and the shift.
    """
    for width in (80, 40, 20, 10, 5):
        lanes = range(0, 256, 16 * width // 5)
        low = sum(((1 << width) - 1) << lane for lane in lanes)
        yield low, low << width, 3 * width // 5


_HALVINGS = tuple(_halvings())


def sha1_label(pieces: Iterable[Bytes]) -> str:
    """Return the SHA-1 of the joined `pieces` as ``sha1:<base32>``."""
    sha1 = hashlib.sha1(usedforsecurity=False)
    for piece in pieces:
        sha1.update(piece)
    return "sha1:" + _base32(sha1.digest())


def _base32(sha1: bytes) -> str:
    """Same as `base64.b32encode`, in an eighth of the time: each capture needs three digests."""
    bits = int.from_bytes(sha1, "big")
    for stays, moves, by in _HALVINGS:
        bits = bits & stays | (bits & moves) << by
    return bits.to_bytes(32, "big").translate(_BASE32).decode("ascii")


def matches(label: str, pieces: Iterable[Bytes]) -> bool | None:
    """True if the labelled digest is that of the joined `pieces`, ``None`` if its algorithm or notation is unknown.

    Notations differ: ``sha1:`` and ``SHA1:``, ``sha-256:``, base32 with or without padding, hexadecimal.
    """
    algorithm, _, written = label.strip().partition(":")
    make = ALGORITHMS.get(algorithm.lower().replace("-", ""))
    if make is None or not written:
        return None
    digest = make()
    for piece in pieces:
        digest.update(piece)
    return _equals_written(digest.digest(), written)


def payload_matches(label: str, block: Block, head: Head) -> bool | None:
    """True if the labelled digest is that of the payload of the HTTP message in `block`, ``None`` if unknown.

    Writers differ: some digest the entity, others everything after the head, chunk framing included.
    """
    fits = matches(label, entity(block, head))
    if fits is False and head.is_chunked:
        return matches(label, block.chunks(head.length))
    return fits


def _equals_written(value: bytes, written: str) -> bool | None:
    """Compare a digest with its hexadecimal or base32 notation; ``None`` if `written` is neither, by its length."""
    bare = written.strip().rstrip("=")
    if len(bare) == 2 * len(value):
        return bare.lower() == value.hex()
    base32 = base64.b32encode(value).decode("ascii").rstrip("=")
    return bare.upper() == base32 if len(bare) == len(base32) else None
