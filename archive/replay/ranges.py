"""Range requests: the parts of a body that a client asks for (RFC 9110, section 14)."""

import re

#: Most ranges answered. A request for more gets the whole body.
MAX_RANGES = 20

_RANGES = re.compile(r"\s*bytes\s*=\s*(.+)", re.IGNORECASE)
_RANGE = re.compile(r"(\d{0,18})\s*-\s*(\d{0,18})")
_CONTENT_RANGE = re.compile(rb"\s*bytes\s+(\d{1,18})-(\d{1,18})/(\d{1,18})\s*", re.IGNORECASE)

#: The first byte of a part and the byte after its last.
Part = tuple[int, int]


def parse_ranges(value: str, size: int) -> list[Part] | None:
    """Return the parts of a body of `size` bytes that a Range header asks for, in its order.

    Empty if none of them is in the body. ``None`` if the header is to be ignored: it is malformed, in another unit, or
    asks for more than the body has.
    """
    ranges = _RANGES.fullmatch(value)
    specs = [spec.strip() for spec in ranges[1].split(",") if spec.strip()] if ranges else []
    parts: list[Part] = []
    for spec in specs:
        match = _RANGE.fullmatch(spec)
        if match is None or spec.strip() == "-":
            return None
        first, last = match.groups()
        if not first:
            start, end = max(0, size - int(last)), size
        else:
            start, end = int(first), min(int(last) + 1, size) if last else size
            if last and int(last) < start:
                return None
        if start < end:
            parts.append((start, end))
    if not specs or len(specs) > MAX_RANGES or sum(end - start for start, end in parts) > size:
        return None
    return parts


def parse_content_range(value: bytes | None) -> tuple[int, int, int] | None:
    """Return first byte, end and complete size of a part of a body as a Content-Range header states them."""
    match = _CONTENT_RANGE.fullmatch(value or b"")
    if match is None:
        return None
    first, last, size = map(int, match.groups())
    return (first, last + 1, size) if first <= last < size else None
