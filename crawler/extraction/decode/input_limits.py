"""Markup cut where it nests deeper, goes on longer, or has more in one tag, than any page does.

Parsers take time by the square of the depth and of the attributes of a tag; of a page without end only as much is
parsed as is read of it. To count the attributes of every tag takes a twentieth of an ordinary page's time, so of short
pages it is not done: one of LARGE bytes whose only tag goes on over brackets in its values can take seven seconds.
"""

import re

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
LARGE, LONG, CROWD = 400_000, 1 << 15, 2_000

_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
#: Elements that hold nothing, or that the next of their kind ends.
_FLAT = frozenset(
    b"area base br col embed hr img input link meta param source track wbr p li dt dd td th tr option".split()
)
#: An attribute with what stands before it, as HTML's tokenizer has it (HTML, section 13.2.5.32 and following).
_ATTRIBUTE = rb"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)?+"""
_ATTRIBUTES = re.compile(_ATTRIBUTE)
#: One as most are written, which the tokenizer takes for the same and a regular expression reads sooner.
_PLAIN = rb' [a-zA-Z:_-]++="[^"]*+"'
#: The rest of a tag with no more attributes than may be.
_REST = rb"(?:%b|%b){0,%d}+[\s/]*+>" % (_PLAIN, _ATTRIBUTE, MAX_ATTRIBUTES)
#: Elements whose text is no markup, by the beginning of their names, and that of their end tags.
_RAW = rb"[sS](?:[cC][rR][iI][pP][tT]|[tT][yY][lL][eE])\b"
_RAW_TAG = re.compile(rb"<(?=([sS][cCtT]))%b%b" % (_RAW, _REST))
_RAW_ENDS = {b"sc": re.compile(rb"</[sS][cC][rR]"), b"st": re.compile(rb"</[sS][tT][yY]")}
#: Text and tags with no more attributes than may be, up to an element whose text is no markup.
_SOUND = re.compile(rb"(?:[^<]++|<(?!%b)(?:[a-zA-Z][^\s/>]*+%b|(?![a-zA-Z])))*+" % (_RAW, _REST))
_NAME = re.compile(rb"<[^\s/>]*+")
#: How a tag begins.
_OPENER = re.compile(rb"<[a-zA-Z]")


def _may_be_crowded(markup: bytes) -> bool:
    """Whether a tag may have too many attributes: looked for where none ends for long, and one began or may have."""
    if len(markup) > LARGE:
        return True
    start = 0
    while start + LONG < len(markup):
        end = markup.rfind(b">", start, start + LONG)
        if end >= 0:
            start = end + 1
            continue
        begun = _OPENER.search(markup, start, start + LONG)
        if begun or markup[start : start + 1] in (b'"', b"'"):
            stretch = markup[begun.start() if begun else start : start + LONG]
            if len(stretch.split(None, CROWD)) > CROWD:
                return True
        start += LONG
    return False


def limit_markup(markup: bytes) -> bytes:
    """`markup`, in UTF-8, cut before the tag that would nest deeper than MAX_DEPTH, be one more than MAX_TAGS, or have
    more attributes than MAX_ATTRIBUTES.
    """
    has_few_tags = markup.count(b"<") < FEW_TAGS
    if not has_few_tags or _may_be_crowded(markup):
        markup = markup[: _crowded_tag(markup)]
    if has_few_tags:
        return markup
    opened: dict[bytes, int] = {}
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


def _crowded_tag(markup: bytes) -> int | None:
    """Where the first tag begins that has more attributes than MAX_ATTRIBUTES."""
    at = 0
    while (sound := _SOUND.match(markup, at)) and sound.end() < len(markup):
        start = sound.end()
        if raw := _RAW_TAG.match(markup, start):
            end = _RAW_ENDS[raw[1].lower()].search(markup, raw.end())
            at = end.start() if end else len(markup)
            continue
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
