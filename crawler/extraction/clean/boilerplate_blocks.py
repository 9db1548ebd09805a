"""Elements outside the story, recognized by tag, by id and class, and by the layout of lists of other stories."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from crawler.extraction.clean import boilerplate
from crawler.extraction.layout.lines import Element, TextLine

#: Share of the page's prose from which an element is part of the story whatever its tag and names say.
_NEARLY_ALL = 0.9
#: Share of the page's prose from which signs of inline boilerplate are ignored: on an element with that much prose, and
#: for a name whose elements have that much prose in all, since such a page gives the name to its paragraphs.
_COMMON = 0.3
#: Least weight of prose that may be a story, so that these signs are ignored.
_STORY = 120.0
#: Least length (characters) of a headline.
_HEADLINE = 8
#: Least length (characters) of the link at the start of a teaser, and of the text after it.
_TEASER_PART = 12
#: Number of elements, from a card outwards, among which its list is looked for.
_CARD_DEPTH = 4
_CAMEL = re.compile(r"([a-z])([A-Z])")
_OUTSIDE_TAGS = frozenset({"nav", "footer", "menu", "dialog", "form"})
#: Beginnings of names that mark inline boilerplate, unless a quotation is within: that is a post the story quotes.
_POST_NAMES = ("embed", "social", "widget", "video")
#: Number of elements, from a quotation outwards, that may bear such a name.
_AROUND_QUOTE = 4
#: Least number of captions of a gallery whose captions are its story.
_GALLERY_CAPTIONS = 3
_PICTURE_TAGS = frozenset({"figure", "figcaption"})
#: Tags of pictures in which some sites put quotations too.
_QUOTE_TAGS = frozenset({"figure"})
_GALLERY_NAMES = frozenset({"gallery", "slideshow", "photo", "picture", "image", "img", "caption", "figcaption"})
_INLINE_TAGS = frozenset({"aside", "figure", "button", "legend", "fieldset", "address"})


class BoilerplateBlocks:
    """The elements of one page that are not part of its story, by tag, id and class."""

    def __init__(self, weights: Mapping[Element, float], total: float, title: Element | None) -> None:
        self._weights, self._total = weights, total
        self._title_ancestors = set(title.ancestors()) if title is not None else set()
        self._answers: dict[Element, bool] = {}
        weight_by_name: Counter[str] = Counter()
        for element, weight in weights.items():
            if names := boilerplate.find_inline_names(split_css_names(element)):
                parent = element.parent
                for name in names - (boilerplate.find_inline_names(parent.css_names) if parent else frozenset()):
                    weight_by_name[name] += round(weight)
        self._common_names = {name for name, weight in weight_by_name.items() if weight > max(_COMMON * total, _STORY)}
        self._quotes = {around for x in weights if x.tag == "blockquote" for around in x.ancestors()[:_AROUND_QUOTE]}
        captions = [weight for element, weight in weights.items() if element.tag == "figcaption"]
        self._is_gallery = len(captions) >= _GALLERY_CAPTIONS and 2 * sum(captions) > total

    def contains(self, element: Element) -> bool:
        """True if the element or one of its ancestors is outside the story."""
        unknown = []
        node: Element | None = element
        while node is not None and node not in self._answers:
            unknown.append(node)
            node = node.parent
        answer = self._answers[node] if node is not None else False
        for node in reversed(unknown):
            answer = answer or self._is_boilerplate(node)
            self._answers[node] = answer
        return answer

    def find_boundary(self, element: Element) -> Element | None:
        """Return the outermost element around `element` that is outside the story, or ``None``."""
        return next((x for x in reversed(element.ancestors()) if self._is_boilerplate(x)), None)

    def _is_boilerplate(self, element: Element) -> bool:
        """True if the element's own tag or names mark boilerplate; never for an element with most of the prose."""
        if element in self._title_ancestors:
            return False
        share = self._weights.get(element, 0.0) / self._total
        names = split_css_names(element) if element.css_names else ""
        outside, ignored, tags = boilerplate.find_outside_name(names), self._common_names, _INLINE_TAGS
        if self._is_gallery:
            ignored, tags = ignored | _GALLERY_NAMES, tags - _PICTURE_TAGS
        if share < _NEARLY_ALL and (
            element.tag in _OUTSIDE_TAGS
            or (element.tag == "figcaption" and not self._is_gallery)
            or (outside is not None and outside not in ignored)
        ):
            return True
        if share >= _COMMON and self._weights[element] >= _STORY:
            return False
        marks = boilerplate.find_inline_names(names)
        if element in self._quotes:
            marks = frozenset(mark for mark in marks if not mark.startswith(_POST_NAMES))
            tags = tags - _QUOTE_TAGS
        return element.tag in tags or not marks <= ignored


def split_css_names(element: Element) -> str:
    """Return the ids and classes of an element in lower case, with ``camelCase`` split by hyphens."""
    names = " ".join(element.written_names)
    return element.css_names if names.lower() == names else _split_camel_case(names)


@lru_cache(maxsize=2_000)
def _split_camel_case(names: str) -> str:
    return _CAMEL.sub(r"\1-\2", names).lower()


def find_teaser_lists(lines: Sequence[TextLine]) -> set[Element]:
    """Return the elements that are lists of teasers: most of their lines start with a link and continue as text."""
    teasers = Counter([x.element.parent for x in lines if x.link_chars >= _TEASER_PART and _is_teaser(x)])
    lists = {parent: count for parent, count in teasers.items() if parent is not None and count >= 3}
    if not lists:
        return set()
    all_lines = Counter(line.element.parent for line in lines)
    return {parent for parent, count in lists.items() if 10 * count >= 6 * all_lines[parent]}


def _is_teaser(line: TextLine) -> bool:
    """True if the line starts with a link, and the text after the link is at most seven times as long."""
    size, linked = len(line.text), line.link_chars
    if not _TEASER_PART <= linked < size - _TEASER_PART or 8 * linked <= size:
        return False
    return next(owner.href for text, owner in line.runs if text.strip()) is not None


def find_card_lines(lines: Sequence[TextLine], weights: Sequence[float], title: Element | None) -> set[int]:
    """Return the indexes of prose lines in lists of cards, each a linked headline and the first words of its story.

    A list is an element with at least three such pairs, little other prose, and without the page's title.
    """
    pairs: Counter[Element] = Counter()
    chains: list[list[Element]] = []
    for headline, summary in pairwise(lines):
        if weights[summary.index] and len(headline.text) >= _HEADLINE and 2 * headline.link_chars > len(headline.text):
            card = _find_common_ancestor(headline.element, summary.element)
            chains.append(card.ancestors()[:_CARD_DEPTH])
            pairs.update(chains[-1])
    nearest = {next((element for element in chain if pairs[element] >= 3), None) for chain in chains}
    title_ancestors = set(title.ancestors()) if title is not None else set()
    lists = {element: pairs[element] for element in nearest if element is not None and element not in title_ancestors}
    if not lists:
        return set()
    prose_by_list: dict[Element, list[int]] = {element: [] for element in lists}
    for line in lines:
        if weights[line.index]:
            for element in line.element.ancestors():
                if element in prose_by_list:
                    prose_by_list[element].append(line.index)
    prose_of_lists = (prose for element, prose in prose_by_list.items() if 10 * lists[element] >= 6 * len(prose))
    return {index for prose in prose_of_lists for index in prose}


def _find_common_ancestor(first: Element, second: Element) -> Element:
    """Return the nearest element around both."""
    ancestors = set(first.ancestors())
    return next(element for element in second.ancestors() if element in ancestors)
