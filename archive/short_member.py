"""A gzip member inflated in one step by libdeflate: half of isal's time, where the member's end is known."""

import deflate
from isal import isal_zlib

#: Longest member whose end is looked for, in bytes: further on looking costs what is gained.
MOST = 1 << 14

#: Most that is inflated in one step, in bytes.
MOST_INFLATED = 1 << 22

# libdeflate's tables cost more than they save below this.
_LIBDEFLATE_FROM = 700

# A member without name, comment or checksum in its header (RFC 1952, section 2.3.1), and one that has no time either.
_BARE = b"\x1f\x8b\x08\x00"
_USUAL = _BARE + b"\x00\x00\x00\x00"

# Header, trailer and least content.
_LEAST = 20


def short_member(data: bytes, start: int) -> tuple[bytes, int] | None:
    """What the member at `start` of `data` inflates to and where it ends; ``None`` for one to be read with more care.

    Its end is taken to be where the next member of the usual kind begins, and `inflated` proves it.
    """
    end = data.find(_USUAL, start + _LEAST, start + MOST)
    if end < 0 or (out := inflated(data[start:end])) is None:
        return None
    return out, end


def inflated(member: bytes) -> bytes | None:
    """What `member` inflates to when it is one whole gzip member and nothing else; ``None`` when that is not certain.

    Neither library says here how much it used. But both found the length of what they made written where they met the
    member's end: when it is what the last four bytes say, and these stand nowhere else, the end is there.
    """
    length = member[-4:]
    size = int.from_bytes(length, "little")
    if not 0 < size <= MOST_INFLATED or not member.startswith(_BARE) or member.rfind(length, 0, -1) >= 0:
        return None
    try:
        if len(member) < _LIBDEFLATE_FROM:
            out: bytes = isal_zlib.decompress(member, 31, size)
        else:
            out = bytes(deflate.gzip_decompress(member, size))
    except (deflate.DeflateError, isal_zlib.error):  # type: ignore[misc]
        return None
    return out if len(out) == size else None
