"""The little DER (ITU-T X.690) that timestamps need beside rfc3161-client: a request for a known digest, set order."""

SEQUENCE, SET, INTEGER, OCTETS, OBJECT, NULL, BOOLEAN, TAGGED = 0x30, 0x31, 2, 4, 6, 5, 1, 0xA0

# The object identifier of SHA-256 (RFC 8017, appendix B.1).
_SHA256 = bytes.fromhex("608648016503040201")


def encode(tag: int, *parts: bytes) -> bytes:
    """Return an element with the joined `parts` as its content."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def encode_request(sha256: bytes, nonce: int) -> bytes:
    """Return a TimeStampReq (RFC 3161, section 2.4.1) for a SHA-256 that asks for the certificate of the signer."""
    algorithm = encode(SEQUENCE, encode(OBJECT, _SHA256), encode(NULL))
    number = nonce.to_bytes(nonce.bit_length() // 8 + 1, "big")
    imprint = encode(SEQUENCE, algorithm, encode(OCTETS, sha256))
    return encode(SEQUENCE, encode(INTEGER, b"\1"), imprint, encode(INTEGER, number), encode(BOOLEAN, b"\xff"))


def sort_certificates(response: bytes) -> bytes:
    """Return a TimeStampResp with its certificates in the order that DER demands of a SET.

    OpenSSL and the authorities built on it leave them unordered (RFC 5652 allows BER there), which strict parsers
    refuse. The signature does not cover the certificates. A response that cannot be read is returned as it is.
    """
    try:
        _, start, end = _element(response, 0, len(response))
        token = _children(response, start, end)[1]
        content = _children(response, *token[1:])[1]
        signed_data = _children(response, *content[1:])[0]
        certificates = next(one for one in _children(response, *signed_data[1:]) if one[0] == TAGGED)
        _, start, end = certificates
        members, position = [], start
        while position < end:
            after = _element(response, position, end)[2]
            members.append(response[position:after])
            position = after
    except (IndexError, ValueError, StopIteration):
        return response
    return response[:start] + b"".join(sorted(members)) + response[end:]


def _children(data: bytes, start: int, end: int) -> list[tuple[int, int, int]]:
    """Return tag, start and end of the content of each element between the offsets."""
    found = []
    while start < end:
        found.append(_element(data, start, end))
        start = found[-1][2]
    return found


def _element(data: bytes, start: int, end: int) -> tuple[int, int, int]:
    """Return tag, start and end of the content of the element at `start`. Raises ValueError if it is no DER."""
    tag, size, start = data[start], data[start + 1], start + 2
    if size >= 0x80:
        digits = size & 0x7F
        if not 1 <= digits <= 4:
            raise ValueError("not a definite length")
        size, start = int.from_bytes(data[start : start + digits], "big"), start + digits
    if start + size > end:
        raise ValueError("element is longer than its parent")
    return tag, start, start + size
