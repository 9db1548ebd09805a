"""Letters beyond ASCII, which most of any page's markup is not: counted and searched without a look at the others."""

_ASCII = bytes(range(0x80))


def beyond_ascii(octets: bytes) -> bytes:
    """The bytes of UTF-8 text that stand for characters beyond ASCII, side by side."""
    return octets.translate(None, _ASCII)
