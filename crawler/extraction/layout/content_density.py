"""Where a page's prose lies: how much of it each element holds, and the one that is the story."""

from collections.abc import Iterable, Mapping, Sequence

from crawler.extraction.layout.lines import Element, TextLine

#: Weight from which a line with a sentence mark is prose, a Latin letter being one.
SENTENCE_WEIGHT = 32.0
#: Share of a container's prose that a single child must hold for the child to be the story.
_DESCEND = 0.8
_PARAGRAPHS = frozenset({"p", "li", "td", "blockquote"})


def sum_prose_weights(lines: Iterable[TextLine], weights: Sequence[float]) -> dict[Element, float]:
    """Prose weight of every element that holds any; `weights` are the lines' own, by their index."""
    masses: dict[Element, float] = {}
    around: dict[Element | None, float] = {}  # what most paragraphs stand in together
    for line in lines:
        if weight := weights[line.index]:
            masses[line.element] = masses.get(line.element, 0.0) + weight
            around[line.element.parent] = around.get(line.element.parent, 0.0) + weight
    for element, weight in around.items():
        while element is not None:
            masses[element] = masses.get(element, 0.0) + weight
            element = element.parent
    return masses


def find_story_element(masses: Mapping[Element, float], title: Element | None) -> Element:
    """The smallest element that holds nearly all the prose of the one around it, from the top down.

    `title` is the element the page's title is printed in. Raises ValueError where `masses` has no outermost element.
    """
    children: dict[Element | None, list[Element]] = {}
    for element in masses:
        children.setdefault(element.parent, []).append(element)
    (story,) = children[None]
    while story in children:
        heaviest = _own_article(children[story], title) or max(children[story], key=lambda child: masses[child])
        enough = _DESCEND * masses[story] if heaviest.tag != "article" else SENTENCE_WEIGHT
        if masses[heaviest] < enough or heaviest.tag in _PARAGRAPHS:
            break
        story = heaviest
    return story


def _own_article(children: Sequence[Element], title: Element | None) -> Element | None:
    """Of several articles side by side, the one with the page's title; the first where none has it."""
    articles = [child for child in children if child.tag == "article"]
    if len(articles) < 2 or len(articles) < len(children) - 1:
        return None
    around = set(title.ancestors()) if title is not None else set()
    return next((article for article in articles if article in around), articles[0])
