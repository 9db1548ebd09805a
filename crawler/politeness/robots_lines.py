"""The lines of a robots.txt file: octets in, directives out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum


class Directive(Enum):
    """A line we act on. The names are those parsers in use take for it, misspellings included, in lower case."""

    USER_AGENT = (b"user-agent", b"useragent", b"user agent")
    DISALLOW = (b"disallow", b"dissallow", b"dissalow", b"disalow", b"diasllow", b"disallaw")
    ALLOW = (b"allow",)
    CRAWL_DELAY = (b"crawl-delay", b"crawldelay", b"crawl delay")
    SITEMAP = (b"sitemap", b"site-map")


@dataclass(frozen=True, slots=True)
class Line:
    """One directive with its value; `number` counts the file's lines from 1, `text` is the line as it stands."""

    directive: Directive
    value: bytes
    number: int
    text: str


_LINE_END = re.compile(rb"\r\n|\r|\n")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def _without_mark(body: bytes) -> bytes:
    """`body` without a UTF-8 byte order mark, also one that lost its last octets on the way."""
    for length in (3, 2, 1):
        if body.startswith(_BYTE_ORDER_MARK[:length]):
            return body[length:]
    return body


def _split(text: bytes) -> tuple[bytes, bytes] | None:
    """Key and value of a line without its comment; a lone blank between two words stands for a forgotten colon."""
    key, colon, value = text.partition(b":")
    if colon:
        return key.strip(), value.strip()
    words = text.split()
    return (words[0], words[1]) if len(words) == 2 else None


def _directive(key: bytes) -> Directive | None:
    """The directive `key` names; one that only begins with the name counts too (``Disallowed``), as with Google."""
    folded = key.lower()
    return next((directive for directive in Directive if folded.startswith(directive.value)), None)


def read_lines(body: bytes, *, cut: bool = False) -> Iterator[Line]:
    """The directives of `body` in order; everything else is passed over. With `cut` the last, torn line is left out."""
    lines = _LINE_END.split(_without_mark(body))
    for number, raw in enumerate(lines[:-1] if cut else lines, start=1):
        pair = _split(raw.partition(b"#")[0].partition(b"\0")[0].strip())  # Google's lines end at a NUL
        if pair is not None and (directive := _directive(pair[0])) is not None:
            yield Line(directive, pair[1], number, raw.decode("utf-8", "replace").strip())


def text_lines(body: bytes) -> list[str]:
    """Every line of `body` as text, comments and lines of no directive too."""
    return [line.decode("utf-8", "replace") for line in _LINE_END.split(_without_mark(body))]
