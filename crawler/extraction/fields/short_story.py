"""Stories too short to find by density: one sentence, a poem or a line under pictures, directly below the title."""

import re
from collections.abc import Callable, Sequence

from crawler.extraction.clean import boilerplate
from crawler.extraction.document import Element, TextLine

_SENTENCE_END = re.compile(r"[.!?。！？…।။།។؟۔][\"'”’»」』）)\]]*$")
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BOILERPLATE_TAGS = frozenset({"nav", "footer", "menu", "dialog", "aside", "form", "button", "figcaption", "address"})
#: Lines below the title within which the story must begin, and lines of links after which the search stops.
_SEARCHED_LINES, _MAX_LINKS = 15, 3
#: Least letters of a sentence and of a line of verse, an ideograph counting 2, and least lines of a verse.
_SENTENCE_LETTERS, _VERSE_LETTERS, _VERSE_LINES = 12, 4, 4


def find_short_story(
    lines: Sequence[TextLine], title: TextLine, can_be_story: Callable[[TextLine], bool]
) -> list[TextLine]:
    """Return the short story below `title`: the first run of lines with a sentence or a verse, else an empty list.

    `can_be_story` returns False for a line whose words cannot be the story's. Elements named as something else are
    skipped, and the search ends after a list of links.
    """
    around = set(title.element.ancestors())
    run: list[TextLine] = []
    links = 0
    for line in lines:
        if not title.index < line.index <= title.index + _SEARCHED_LINES + len(run):
            continue
        is_link = 2 * line.link_chars > len(line.text)
        links += is_link
        is_text = not is_link and line.tag not in _HEADINGS and can_be_story(line)
        fits = is_text and not _is_in_boilerplate(line.element, around)
        if fits and (not run or _continues(run[-1], line)):
            run.append(line)
            continue
        if _is_story(run):
            break
        run = [line] if fits else []
        if links > _MAX_LINKS:
            break
    return run if _is_story(run) else []


def _is_story(run: Sequence[TextLine]) -> bool:
    if any(_SENTENCE_END.search(line.text) and _count_letters(line.text) >= _SENTENCE_LETTERS for line in run):
        return True
    return len(run) >= _VERSE_LINES and all(_count_letters(line.text) >= _VERSE_LETTERS for line in run)


def _count_letters(text: str) -> int:
    return sum(2 if char >= "\u3040" else 1 for char in text if char.isalpha())


def _continues(before: TextLine, line: TextLine) -> bool:
    """True if both lines are in one block, or in sibling blocks with the same tag."""
    one, other = before.element, line.element
    return one is other or (one.parent is other.parent and before.tag == line.tag)


def _is_in_boilerplate(element: Element, around: set[Element]) -> bool:
    """True if the tag or name of an element, or of one around it but not in `around`, marks boilerplate."""
    node: Element | None = element
    while node is not None and node not in around:
        if (
            node.tag in _BOILERPLATE_TAGS
            or boilerplate.find_outside_name(node.css_names)
            or boilerplate.find_inline_names(node.css_names)
        ):
            return True
        node = node.parent
    return False
