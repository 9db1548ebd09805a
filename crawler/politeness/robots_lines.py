"""The lines of a robots.txt file, parsed into directives."""

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Directive(Enum):
    """A directive with its names in lower case, including the misspellings that parsers in use accept."""

    USER_AGENT = (b"user-agent", b"useragent", b"user agent")
    DISALLOW = (b"disallow", b"dissallow", b"dissalow", b"disalow", b"diasllow", b"disallaw")
    ALLOW = (b"allow",)
    CRAWL_DELAY = (b"crawl-delay", b"crawldelay", b"crawl delay")
    SITEMAP = (b"sitemap", b"site-map")


@dataclass(frozen=True, slots=True)
class RobotsLine:
    """One directive with its value; `number` counts lines from 1, `text` is the whole line."""

    directive: Directive
    value: bytes
    number: int
    text: str


_LINE_END = re.compile(rb"\r\n|\r|\n")


def _strip_byte_order_mark(body: bytes) -> bytes:
    """Return `body` without a UTF-8 byte order mark, even one that lost its last bytes. UTF-16 becomes UTF-8."""
    if body.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) and body.count(0, 0, 64) > 16:
        return body.decode("utf-16", "replace").encode()
    for length in (3, 2, 1):
        if body.startswith(BOM_UTF8[:length]):
            return body[length:]
    return body


def _split_line(text: bytes) -> tuple[bytes, bytes] | None:
    """Return key and value of a line without its comment; a single space between two words counts as the colon."""
    key, colon, value = text.partition(b":")
    if colon:
        return key.strip(), value.strip()
    words = text.split()
    return (words[0], words[1]) if len(words) == 2 else None


def _find_directive(key: bytes) -> Directive | None:
    """Return the directive named by `key`; a key that only begins with the name counts too, as with Google."""
    folded = key.lower()
    return next((directive for directive in Directive if folded.startswith(directive.value)), None)


def read_lines(body: bytes, *, cut: bool = False) -> Iterator[RobotsLine]:
    """Yield the directives of `body` in order and skip everything else; with `cut`, skip the incomplete last line."""
    lines = _LINE_END.split(_strip_byte_order_mark(body))
    for number, raw in enumerate(lines[:-1] if cut else lines, start=1):
        pair = _split_line(raw.partition(b"#")[0].partition(b"\0")[0].strip())  # as Google does, end the line at a NUL
        if pair is not None and (directive := _find_directive(pair[0])) is not None:
            yield RobotsLine(directive, pair[1], number, raw.decode("utf-8", "replace").strip())


def text_lines(body: bytes) -> list[str]:
    """Return every line of `body` as text, including comments and unknown lines."""
    return [line.decode("utf-8", "replace") for line in _LINE_END.split(_strip_byte_order_mark(body))]
