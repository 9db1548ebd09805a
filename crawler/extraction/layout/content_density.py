"""Prose weight of the page's elements, and the element that contains the story."""

from collections.abc import Iterable, Mapping, Sequence

from crawler.extraction.layout.lines import Element, TextLine

#: Least weight of a line with a sentence mark to count as prose; a Latin letter weighs 1.
SENTENCE_WEIGHT = 32.0
#: Share of an element's prose that one child must contain for the search to go on in that child.
_DESCEND = 0.8
#: The same if no other child with prose is marked up like that child, so that the story is not split into blocks.
_DESCEND_UNLIKE = 0.7
_PARAGRAPHS = frozenset({"p", "li", "td", "blockquote"})


def sum_prose_weights(lines: Iterable[TextLine], weights: Sequence[float]) -> dict[Element, float]:
    """Return the prose weight of every element that contains prose.

    `weights` are the prose weights of the lines, by line index.
    """
    weight_by_element: dict[Element, float] = {}
    by_parent: dict[Element | None, float] = {}  # most paragraphs share a parent: climb once per parent, not per line
    for line in lines:
        if weight := weights[line.index]:
            weight_by_element[line.element] = weight_by_element.get(line.element, 0.0) + weight
            by_parent[line.element.parent] = by_parent.get(line.element.parent, 0.0) + weight
    for element, weight in by_parent.items():
        while element is not None:
            weight_by_element[element] = weight_by_element.get(element, 0.0) + weight
            element = element.parent
    return weight_by_element


def find_story_element(weight_by_element: Mapping[Element, float], title: Element | None) -> Element:
    """Return the element of the story: descend from the root while one child contains most of the prose.

    `title` is the element that prints the page's title. Raises ValueError if `weight_by_element` has no root element.
    """
    children: dict[Element | None, list[Element]] = {}
    for element in weight_by_element:
        children.setdefault(element.parent, []).append(element)
    (story,) = children[None]
    while story in children:
        heaviest = _pick_article(children[story], title) or max(
            children[story], key=lambda child: weight_by_element[child]
        )
        is_like_others = any(child.kind == heaviest.kind for child in children[story] if child is not heaviest)
        share = _DESCEND if is_like_others else _DESCEND_UNLIKE
        enough = share * weight_by_element[story] if heaviest.tag != "article" else SENTENCE_WEIGHT
        if weight_by_element[heaviest] < enough or heaviest.tag in _PARAGRAPHS:
            break
        story = heaviest
    return story


def _pick_article(children: Sequence[Element], title: Element | None) -> Element | None:
    """Return the sibling ``article`` element that contains the title, else the first one.

    Return None unless there are at least two and at most one sibling is not an ``article``.
    """
    articles = [child for child in children if child.tag == "article"]
    if len(articles) < 2 or len(articles) < len(children) - 1:
        return None
    title_ancestors = set(title.ancestors()) if title is not None else set()
    return next((article for article in articles if article in title_ancestors), articles[0])
