"""Parser of a record's head: the version line and the named fields before the block (WARC 1.1, section 4)."""

import re

#: Longest record head read, in bytes.
MAX_RECORD_HEAD = 1 << 18

#: Names and values of a record's fields, in order.
FieldPairs = tuple[tuple[str, str], ...]

#: The version line of a WARC record.
VERSION_LINE = re.compile(rb"(?i:WARC)/\d{1,3}\.\d{1,3}[ \t\r]*\n")

#: The blank line that ends a head.
HEAD_END = re.compile(rb"\n\r*\n")

# A head as nearly all writers write it: no folded lines, and the first Content-Length is a plain number. Most lines
# begin with W and need no closer look.
_CONVENTIONAL_HEAD = re.compile(
    rb"WARC/1\.[01]\r\n(?:W.*+\n)*+(?:(?!(?i:content-length))\S.*+\n)*+"
    rb"(?i:content-length): (\d{1,10})\r\n(?:\S.*+\n)*+\r*\n"
)


def split_member(member: bytes) -> tuple[str, int] | None:
    """If `member` holds exactly one conventional record, return its head and the offset of its block.

    The block ends four bytes before the end of `member`. ``None`` for any other member, which needs the full parser.
    """
    head = _CONVENTIONAL_HEAD.match(member, 0, MAX_RECORD_HEAD)
    if not head:
        return None
    end = head.end()
    if len(member) != end + int(head[1]) + 4 or not member.endswith(b"\r\n\r\n"):
        return None
    try:
        return head[0].decode("ascii"), end
    except UnicodeDecodeError:
        return None


def decode_fields(head: bytes) -> FieldPairs:
    """Return the named fields of a `head` without its blank line, decoded as UTF-8 or else Latin-1."""
    try:
        return parse_fields(head.decode())
    except UnicodeDecodeError:
        return parse_fields(head.decode("latin-1"))


def parse_fields(head: str) -> FieldPairs:
    """Return the named fields of a `head` without its blank line. A folded line is joined to its field."""
    fields: list[tuple[str, str]] = []
    for line in head.split("\n")[1:]:
        name, _, value = line.partition(":")
        if name[:1] in (" ", "\t") and fields:
            fields[-1] = (fields[-1][0], f"{fields[-1][1]} {line.strip()}")
        else:
            fields.append((name.strip(" \t"), value.strip()))
    return tuple(fields)


def content_length(fields: FieldPairs) -> int | None:
    """Return the first Content-Length; ``None`` if it is absent or malformed."""
    for name, value in fields:
        if len(name) == 14 and name.lower() == "content-length":
            digits = value.removeprefix("+")  # as some writers put it
            return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
    return None
