"""Stories too short to be told by density: one sentence, a poem, a line under pictures, right below the title."""

import re
from collections.abc import Callable, Sequence

from crawler.extraction.clean import boilerplate
from crawler.extraction.document import Element, TextLine

_STOPPED = re.compile(r"[.!?。！？…।။།។؟۔][\"'”’»」』）)\]]*$")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BESIDE = frozenset({"nav", "footer", "menu", "dialog", "aside", "form", "button", "figcaption", "address"})
#: Lines below the title within which the story must begin, and those of links after which no story is to come.
_NEAR, _LINKS = 15, 3
#: Letters a sentence must have, an ideograph counting for two, and the lines that make a verse.
_SENTENCE, _VERSE = 12, 4


def short_story(lines: Sequence[TextLine], title: TextLine, is_told: Callable[[TextLine], bool]) -> list[TextLine]:
    """The lines of the short story below `title`: the first run that has a sentence or is a verse; else empty.

    `is_told` tells of a line whether its words can be the story's. What stands in an element named for something else
    is passed over, and so is what follows a list of links.
    """
    around = set(title.element.ancestors())
    run: list[TextLine] = []
    links = 0
    for line in lines:
        if not title.index < line.index <= title.index + _NEAR + len(run):
            continue
        is_link = 2 * line.link_chars > len(line.text)
        links += is_link
        fits = not is_link and line.tag not in _HEADINGS and is_told(line) and not _is_beside(line.element, around)
        if fits and (not run or _goes_on(run[-1], line)):
            run.append(line)
            continue
        if _is_story(run):
            break
        run = [line] if fits else []
        if links > _LINKS:
            break
    return run if _is_story(run) else []


def _is_story(run: Sequence[TextLine]) -> bool:
    if any(_STOPPED.search(line.text) and _size(line.text) >= _SENTENCE for line in run):
        return True
    return len(run) >= _VERSE and all(_size(line.text) >= 4 for line in run)


def _size(text: str) -> int:
    return sum(2 if char >= "\u3040" else 1 for char in text if char.isalpha())


def _goes_on(before: TextLine, line: TextLine) -> bool:
    """Whether two lines stand in one block, or in two alike side by side."""
    one, other = before.element, line.element
    return one is other or (one.parent is other.parent and before.tag == line.tag)


def _is_beside(element: Element, around: set[Element]) -> bool:
    """Whether an element or one around it, short of those around the title too, is none of the story's."""
    node: Element | None = element
    while node is not None and node not in around:
        if (
            node.tag in _BESIDE
            or boilerplate.find_outside_name(node.css_names)
            or boilerplate.find_inline_names(node.css_names)
        ):
            return True
        node = node.parent
    return False
