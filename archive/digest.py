"""Labelled digests as WARC fields carry them: ``sha1:`` and the digest in base32 (WARC 1.1, section 5.8)."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

Bytes = bytes | bytearray | memoryview


class Hash(Protocol):
    """The part of hashlib's objects used here."""

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
    """How 160 bits are spread into 32 bytes of five each, by halves: what stays, what moves, and how far."""
    for width in (80, 40, 20, 10, 5):
        lanes = range(0, 256, 16 * width // 5)
        low = sum(((1 << width) - 1) << lane for lane in lanes)
        yield low, low << width, 3 * width // 5


_HALVINGS = tuple(_halvings())


def sha1_label(pieces: Iterable[Bytes]) -> str:
    """The labelled SHA-1 of `pieces` joined, as ``sha1:<base32>``."""
    sha1 = hashlib.sha1(usedforsecurity=False)
    for piece in pieces:
        sha1.update(piece)
    return "sha1:" + _base32(sha1.digest())


def _base32(sha1: bytes) -> str:
    """What `base64.b32encode` gives, in an eighth of its time: each capture needs three."""
    bits = int.from_bytes(sha1, "big")
    for stays, moves, by in _HALVINGS:
        bits = bits & stays | (bits & moves) << by
    return bits.to_bytes(32, "big").translate(_BASE32).decode("ascii")


def matches(label: str, pieces: Iterable[Bytes]) -> bool | None:
    """Does the labelled digest fit `pieces`? ``None`` when its algorithm or its writing is unknown.

    Writers differ: ``sha1:`` and ``SHA1:``, ``sha-256:``, base32 with or without padding, hexadecimal.
    """
    algorithm, _, written = label.strip().partition(":")
    make = ALGORITHMS.get(algorithm.lower().replace("-", ""))
    if make is None or not written:
        return None
    digest = make()
    for piece in pieces:
        digest.update(piece)
    return _written_as(digest.digest(), written)


def _written_as(value: bytes, written: str) -> bool | None:
    bare = written.strip().rstrip("=")
    if len(bare) == 2 * len(value):
        return bare.lower() == value.hex()
    base32 = base64.b32encode(value).decode("ascii").rstrip("=")
    return bare.upper() == base32 if len(bare) == len(base32) else None
