"""Markup cut where it nests deeper than any page does: parsers take time by the square of the depth."""

import re

#: Tags under which no nesting can cost more than a second, so that nearly every page is spared the count.
FEW_TAGS = 15_000
#: Elements within each other; browsers stop at 512.
MAX_DEPTH = 3_000

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
#: Elements that hold nothing, or that the next of their kind ends.
_FLAT = frozenset(
    "area base br col embed hr img input link meta param source track wbr p li dt dd td th tr option".split()  # noqa: SIM905
)


def bounded(markup: str) -> str:
    """`markup`, cut before the tag that would nest deeper than MAX_DEPTH."""
    if markup.count("<") < FEW_TAGS:
        return markup
    opened: dict[str, int] = {}
    depth = 0
    for match in _TAG.finditer(markup):
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
