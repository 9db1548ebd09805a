"""Blocks of related stories and comments, recognized by their headings ("Related stories", "网友评论").

Ids and classes differ from portal to portal, but most use the same few headings above other stories and comments. A
block starts at such a heading and ends with the element around it, or where the story continues.
"""

from collections.abc import Sequence

from crawler.extraction.data.heading_words import HeadingKind, find_heading_kind
from crawler.extraction.layout.lines import Element, TextLine

#: Longest heading (characters).
_LONGEST = 48
#: Number of ancestors of a heading among which the element of the block is looked for.
_MAX_CLIMB = 4
#: Number of lines below a heading that show what kind of block it is.
_LOOK_AHEAD = 4
#: Least weight of the prose above a heading: with less, the story may still follow.
MIN_STORY_WEIGHT = 100.0


def find_related_lines(lines: Sequence[TextLine], weights: Sequence[float], title: int | None) -> set[int]:
    """Return the indexes of lines in blocks of related stories or comments, headings included.

    `weights` are the prose weights by line index; `title` is the index of the title's line. A heading with little
    prose between the title and itself is ignored.
    """
    found: set[int] = set()
    weight_above, start = 0.0, -1 if title is None else title
    for position, line in enumerate(lines):
        if line.index <= start or line.index in found:
            continue
        if weight := weights[line.index]:
            weight_above += weight
        elif weight_above < MIN_STORY_WEIGHT or len(line.text) > _LONGEST:
            continue
        elif kind := find_heading_kind(line.text):
            found.update(x.index for x in _find_block(lines, weights, position, kind, start))
    return found


def _find_block(
    lines: Sequence[TextLine], weights: Sequence[float], heading: int, kind: HeadingKind, start: int
) -> list[TextLine]:
    """Return the lines of a block: from its heading to the end of their element, or to where the story continues."""
    following = lines[heading + 1 : heading + 1 + _LOOK_AHEAD]
    box = _find_box(lines[heading], following[0]) if following else None
    if box is None or weights[following[0].index] or following[0].tag == "figcaption":
        return []
    if kind == "related" and not any(2 * line.link_chars > len(line.text) for line in following):
        return []
    story_parents = {line.element.parent for line in lines[:heading] if weights[line.index] and line.index > start}
    has_story_in_box = any(element is not None and element.is_within(box) for element in story_parents)
    block = [lines[heading]]
    for line in lines[heading + 1 :]:
        if not line.element.is_within(box):
            break
        if has_story_in_box and weights[line.index] and (kind == "related" or line.element.parent in story_parents):
            break
        block.append(line)
    return block


def _find_box(heading: TextLine, following: TextLine) -> Element | None:
    """Return the smallest of the heading's nearest ancestors that contains the following line too."""
    near = heading.element.ancestors()[1 : 1 + _MAX_CLIMB]
    return next((element for element in near if following.element.is_within(element)), None)
