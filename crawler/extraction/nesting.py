"""Markup cut where it nests deeper, or goes on longer, than any page does.

Parsers take time by the square of the depth; of a page without end only as much is parsed as is read of it.
"""

import re

#: Tags under which no nesting can cost more than a second, so that nearly every page is spared the count.
FEW_TAGS = 15_000
#: Elements within each other; browsers stop at 512.
MAX_DEPTH = 3_000
#: Tags of one page that are parsed: more nodes than the layout's walk looks at.
MAX_TAGS = 150_000

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
#: Elements that hold nothing, or that the next of their kind ends.
_FLAT = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li dt dd td th tr option".split()  # noqa: SIM905
)


def has_few_tags(html: bytes) -> bool:
    """Whether a page in UTF-8 need not be bounded."""
    return html.count(b"<") < FEW_TAGS


def bounded(markup: str) -> str:
    """`markup`, cut before the tag that would nest deeper than MAX_DEPTH or be one more than MAX_TAGS."""
    if markup.count("<") < FEW_TAGS:
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
