"""Limits on markup: depth, number of tags, attributes per tag. Markup is cut before the first tag that exceeds them.

Parsing time grows with the square of the nesting depth and of the number of attributes in a tag. Counting the
attributes of every tag takes 5 % of an ordinary page's time, so it is skipped for pages under LARGE bytes that have no
suspiciously long tag. The worst page that gets through, LARGE bytes of one tag with brackets in its values, can take
seven seconds.
"""

import re

#: Number of tags below which no nesting can take more than a second, so that depth is not counted.
FEW_TAGS = 15_000
#: Deepest nesting of elements that is parsed; browsers stop at 512.
MAX_DEPTH = 3_000
#: Most tags of a page that are parsed: more nodes than the layout walk reads.
MAX_TAGS = 150_000
#: Most attributes of a tag that is parsed.
MAX_ATTRIBUTES = 250
#: Size of a page (bytes) from which the attributes of each tag are counted. In a shorter page they are counted only if
#: a tag may extend over LONG bytes and contain CROWD words.
LARGE, LONG, CROWD = 400_000, 1 << 15, 2_000

_TAG = re.compile(rb"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
#: Elements that do not nest: void elements, and those that the next one of their kind ends.
_FLAT = frozenset(
    b"area base br col embed hr img input link meta param source track wbr p li dt dd td th tr option".split()
)
#: An attribute and the white space before it, as in the HTML tokenizer (HTML, section 13.2.5.32 and following).
_ATTRIBUTE = rb"""[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:"[^"]*+"|'[^']*+'|[^\s>"'][^\s>]*+)?+)?+"""
_ATTRIBUTES = re.compile(_ATTRIBUTE)
#: The usual form of an attribute: a subset of the above that matches faster.
_PLAIN = rb' [a-zA-Z:_-]++="[^"]*+"'
#: The rest of a tag with at most MAX_ATTRIBUTES attributes.
_REST = rb"(?:%b|%b){0,%d}+[\s/]*+>" % (_PLAIN, _ATTRIBUTE, MAX_ATTRIBUTES)
#: Elements whose content is not markup (``script``, ``style``), and the start of their end tags.
_RAW = rb"[sS](?:[cC][rR][iI][pP][tT]|[tT][yY][lL][eE])\b"
_RAW_TAG = re.compile(rb"<(?=([sS][cCtT]))%b%b" % (_RAW, _REST))
_RAW_ENDS = {b"sc": re.compile(rb"</[sS][cC][rR]"), b"st": re.compile(rb"</[sS][tT][yY]")}
#: Text and tags with at most MAX_ATTRIBUTES attributes, up to an element whose content is not markup.
_SOUND = re.compile(rb"(?:[^<]++|<(?!%b)(?:[a-zA-Z][^\s/>]*+%b|(?![a-zA-Z])))*+" % (_RAW, _REST))
_NAME = re.compile(rb"<[^\s/>]*+")
#: The start of a tag.
_OPENER = re.compile(rb"<[a-zA-Z]")


def _may_be_crowded(markup: bytes) -> bool:
    """True if a tag may have too many attributes: a long stretch without ``>`` that contains or may continue a tag."""
    if len(markup) > LARGE:
        return True
    start = 0
    while start + LONG < len(markup):
        end = markup.rfind(b">", start, start + LONG)
        if end >= 0:
            start = end + 1
            continue
        opener = _OPENER.search(markup, start, start + LONG)
        if opener or markup[start : start + 1] in (b'"', b"'"):
            stretch = markup[opener.start() if opener else start : start + LONG]
            if len(stretch.split(None, CROWD)) > CROWD:
                return True
        start += LONG
    return False


def limit_markup(markup: bytes, max_tags: int = MAX_TAGS) -> bytes:
    """Return UTF-8 `markup` up to the first tag that exceeds MAX_DEPTH, `max_tags` or MAX_ATTRIBUTES."""
    has_few_tags = markup.count(b"<") < FEW_TAGS
    if not has_few_tags or _may_be_crowded(markup):
        markup = markup[: _find_crowded_tag(markup)]
    if has_few_tags:
        return markup
    opened: dict[bytes, int] = {}
    depth = 0
    for number, match in enumerate(_TAG.finditer(markup)):
        if number == max_tags:
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


def _find_crowded_tag(markup: bytes) -> int | None:
    """Return the offset of the first tag with more than MAX_ATTRIBUTES attributes, ``None`` if no tag has."""
    position = 0
    while (sound := _SOUND.match(markup, position)) and sound.end() < len(markup):
        start = sound.end()
        if raw := _RAW_TAG.match(markup, start):
            end = _RAW_ENDS[raw[1].lower()].search(markup, raw.end())
            position = end.start() if end else len(markup)
            continue
        name = _NAME.match(markup, start)
        position = name.end() if name else len(markup)
        for number in range(MAX_ATTRIBUTES + 1):
            attribute = _ATTRIBUTES.match(markup, position)
            if attribute is None:
                break
            if number == MAX_ATTRIBUTES:
                return start
            position = attribute.end()
    return None
