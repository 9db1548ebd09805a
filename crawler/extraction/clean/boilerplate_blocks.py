"""What stands beside a page's story: told by tags, by names, and by how lists of other stories look."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from crawler.extraction.clean import boilerplate
from crawler.extraction.layout.lines import Element, TextLine

#: Shares of the page's prose from which an element is the story though its name, or its tag, says that it stands
#: beside it, and from which a name for parts of a story means nothing.
_NEARLY_ALL, _USUAL = 0.9, 0.3
#: Least characters of a headline.
_HEADLINE = 8
#: Least characters of a link that a teaser begins with, and of its text behind that.
_LINKED = 12
_CAMEL = re.compile(r"([a-z])([A-Z])")
_BESIDE_TAGS = frozenset({"nav", "footer", "menu", "dialog"})
_WITHIN_TAGS = frozenset({"aside", "form", "figure", "button", "legend", "fieldset", "address"})


class BoilerplateBlocks:
    """Which elements of a page stand beside the story, by their tag and the names their authors gave them."""

    def __init__(self, masses: Mapping[Element, float], total: float, title: Element | None) -> None:
        self._masses, self._total = masses, total
        self._around_title = set(title.ancestors()) if title is not None else set()
        self._known: dict[Element, bool] = {}
        borne: Counter[str] = Counter()
        for element, mass in masses.items():
            if within := boilerplate.find_inline_names(split_css_names(element)):
                outside = boilerplate.find_inline_names(element.parent.css_names) if element.parent else frozenset()
                for name in within - outside:
                    borne[name] += round(mass)
        self._usual = {name for name, mass in borne.items() if mass > _USUAL * total}

    def holds(self, element: Element) -> bool:
        """Whether the element or one around it is an aside. What holds most of the page's prose never is."""
        chain = []
        node: Element | None = element
        while node is not None and node not in self._known:
            chain.append(node)
            node = node.parent
        answer = self._known[node] if node is not None else False
        for node in reversed(chain):
            answer = answer or self._is_aside(node)
            self._known[node] = answer
        return answer

    def _is_aside(self, element: Element) -> bool:
        if element in self._around_title:
            return False
        share = self._masses.get(element, 0.0) / self._total
        own = split_css_names(element)
        if share < _NEARLY_ALL and (
            element.tag in _BESIDE_TAGS or element.tag == "figcaption" or boilerplate.find_outside_name(own)
        ):
            return True
        if share >= _USUAL:
            return False
        return element.tag in _WITHIN_TAGS or any(
            name not in self._usual for name in boilerplate.find_inline_names(own)
        )


def split_css_names(element: Element) -> str:
    """Ids and classes of an element, ``camelCase`` told apart."""
    names = " ".join(element.written_names)
    return element.css_names if names.lower() == names else _told_apart(names)


@lru_cache(maxsize=2_000)
def _told_apart(names: str) -> str:
    return _CAMEL.sub(r"\1-\2", names).lower()


def find_teaser_lists(lines: Sequence[TextLine]) -> set[Element]:
    """Elements whose lines mostly begin with a link and go on as text: lists of other stories."""
    leading = Counter([x.element.parent for x in lines if x.link_chars >= _LINKED and _goes_on_from_a_link(x)])
    often = {around: count for around, count in leading.items() if around is not None and count >= 3}
    if not often:
        return set()
    whole = Counter(line.element.parent for line in lines)
    return {around for around, count in often.items() if 10 * count >= 6 * whole[around]}


def _goes_on_from_a_link(line: TextLine) -> bool:
    size, linked = len(line.text), line.link_chars
    if not _LINKED <= linked < size - _LINKED or 8 * linked <= size:
        return False
    return next(owner.href for text, owner in line.runs if text.strip()) is not None


def find_card_lines(lines: Sequence[TextLine], weights: Sequence[float], title: Element | None) -> set[int]:
    """Indexes of the prose lines of lists of other stories, each a linked headline and the story's first words.

    A list is an element that has three such pairs or more and little other prose, and not the page's title.
    """
    pairs: Counter[Element] = Counter()
    for headline, words in pairwise(lines):
        if weights[words.index] and len(headline.text) >= _HEADLINE and 2 * headline.link_chars > len(headline.text):
            card = _around_both(headline.element, words.element)
            pairs.update((card, card.parent) if card.parent is not None else (card,))
    around_title = set(title.ancestors()) if title is not None else set()
    lists = {element: count for element, count in pairs.items() if count >= 3 and element not in around_title}
    if not lists:
        return set()
    inside: dict[Element, list[int]] = {element: [] for element in lists}
    for line in lines:
        if weights[line.index]:
            for element in line.element.ancestors():
                if element in inside:
                    inside[element].append(line.index)
    return {index for element, prose in inside.items() if 10 * lists[element] >= 6 * len(prose) for index in prose}


def _around_both(one: Element, other: Element) -> Element:
    around = set(one.ancestors())
    return next(element for element in other.ancestors() if element in around)
