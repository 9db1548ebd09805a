"""Markup cut where it nests deeper, goes on longer, or has more in one tag, than any page does.

Parsers take time by the square of the depth and of the attributes of a tag; of a page without end only as much is
parsed as is read of it.
"""

import re
from typing import Any, AnyStr

#: Tags under which no nesting can cost more than a second, so that nearly every page is spared the count.
FEW_TAGS = 15_000
#: Elements within each other; browsers stop at 512.
MAX_DEPTH = 3_000
#: Tags of one page that are parsed: more nodes than the layout's walk looks at.
MAX_TAGS = 150_000
#: Attributes of one tag that are parsed.
MAX_ATTRIBUTES = 250
#: Bytes of a page from which each tag's attributes are counted; of a shorter one only where a tag may go on for `LONG`
#: bytes and have `CROWD` words in them.
LARGE, LONG, CROWD = 1_000_000, 1 << 15, 2_000

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
#: Elements that hold nothing, or that the next of their kind ends.
_FLAT = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li dt dd td th tr option".split()  # noqa: SIM905
)
#: An attribute with what stands before it, as HTML's tokenizer has it (HTML, section 13.2.5.32 and following).
_ATTRIBUTE = r"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)?+"""
_ATTRIBUTES = re.compile(_ATTRIBUTE)
#: Text, scripts and tags with no more attributes than may be.
_SOUND = re.compile(
    r"(?:[^<]++|<(?:[sS][cC][rR][iI][pP][tT]\b[^>]*+>(?:[^<]++|<(?!/[sS][cC][rR]))*+"
    rf"|[a-zA-Z][^\s/>]*+(?:{_ATTRIBUTE}){{0,{MAX_ATTRIBUTES}}}+[\s/]*+>|(?![a-zA-Z])))*+"
)
_NAME = re.compile(r"<[^\s/>]*+")
#: What ends a tag, how one begins, and what an end that is part of a value stands before.
_MARKS: dict[type, tuple[Any, re.Pattern[Any], tuple[Any, Any]]] = {
    str: (">", re.compile(r"<[a-zA-Z]"), ('"', "'")),
    bytes: (b">", re.compile(rb"<[a-zA-Z]"), (b'"', b"'")),
}


def is_modest(html: bytes) -> bool:
    """Whether a page in UTF-8 need not be bounded: told of nearly all pages at little cost."""
    return html.count(b"<") < FEW_TAGS and not _may_be_crowded(html)


def _may_be_crowded(markup: AnyStr) -> bool:
    """Whether a tag may have too many attributes: looked for where none ends for long, and one began or may have."""
    if len(markup) > LARGE:
        return True
    closer, begins, quotes = _MARKS[str if isinstance(markup, str) else bytes]  # a response's body is a kind of bytes
    start = 0
    while start + LONG < len(markup):
        end = markup.rfind(closer, start, start + LONG)
        if end >= 0:
            start = end + 1
            continue
        begun = begins.search(markup, start, start + LONG)
        if begun or markup[start : start + 1] in quotes:
            stretch = markup[begun.start() if begun else start : start + LONG]
            if len(stretch.split(None, CROWD)) > CROWD:
                return True
        start += LONG
    return False


def bounded(markup: str) -> str:
    """`markup`, cut before the tag that would nest deeper than MAX_DEPTH, be one more than MAX_TAGS, or have more
    attributes than MAX_ATTRIBUTES.
    """
    has_few_tags = markup.count("<") < FEW_TAGS
    if not has_few_tags or _may_be_crowded(markup):
        markup = markup[: _crowded_tag(markup)]
    if has_few_tags:
        return markup
    opened: dict[str, int] = {}
    depth = 0
    for number, match in enumerate(_TAG.finditer(markup)):
        if number == MAX_TAGS:
            return markup[: match.start()]
        name = match[2].lower()
        if name in _FLAT:
            continue
        if not match[1]:
            depth += 1
            opened[name] = opened.get(name, 0) + 1
            if depth > MAX_DEPTH:
                return markup[: match.start()]
        elif opened.get(name):
            depth -= 1
            opened[name] -= 1
    return markup


def _crowded_tag(markup: str) -> int | None:
    """Where the first tag begins that has more attributes than MAX_ATTRIBUTES."""
    at = 0
    while (sound := _SOUND.match(markup, at)) and sound.end() < len(markup):
        start = sound.end()
        name = _NAME.match(markup, start)
        at = name.end() if name else len(markup)
        for number in range(MAX_ATTRIBUTES + 1):
            attribute = _ATTRIBUTES.match(markup, at)
            if attribute is None:
                break
            if number == MAX_ATTRIBUTES:
                return start
            at = attribute.end()
    return None
