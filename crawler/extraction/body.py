"""The article's body: its paragraphs in order, told from menus, teasers and comments by density and structure.

Nothing here knows a language beyond its script. Prose (long lines with few links and sentence marks) gives its weight
to the elements around it; the smallest element that holds nearly all of that weight is the story, whose lines are then
kept or dropped one by one.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from crawler.extraction import boilerplate
from crawler.extraction.document import Document, Element, Line
from crawler.extraction.found import evidence
from crawler.items import Evidence

#: Weight of one character by script, a Latin letter being one: an ideograph says as much as half a word.
_DENSE = {"zh": 2.6, "ja": 2.2, "ko": 1.8, "th": 1.1, "bo": 1.3}
#: Weights from which a line is prose: by itself, and with a sentence mark in it.
_LONG, _SENTENCE = 120.0, 32.0
#: Share of a container's prose that a single child must hold for the child to be the story.
_DESCEND = 0.8
#: Share of the page's prose above which an element is the story whatever its name says.
_TOO_MUCH_TO_LOSE = 0.5

_MARKS = re.compile(r"[.!?。！？…；;,，、:：।۔؟،။።][\"'”’»」』）)\]]*(?:\s|$)|[。！？；，、：…།]")
_ASIDE_TAGS = frozenset(
    {"nav", "footer", "aside", "form", "figcaption", "menu", "button", "dialog", "legend", "fieldset", "address"}
)
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


@dataclass(frozen=True, slots=True)
class Body:
    """The paragraphs of a story: the lines they were read from and the elements that hold them, `place` their path."""

    lines: tuple[Line, ...]
    place: str
    rule: str
    confident: bool

    @property
    def text(self) -> str:
        """The paragraphs joined by line feeds."""
        return "\n".join(line.text for line in self.lines)

    @property
    def evidence(self) -> Evidence:
        """Where the body was found."""
        return evidence(self.rule, self.place, self.lines[0].text)


def find_body(
    document: Document,
    *,
    title: str | None = None,
    taken: Collection[int] = (),
    within: Collection[int] = (),
    dropped: Collection[int] = (),
) -> Body | None:
    """The body of the page's story; ``None`` where the page has no prose.

    `title` is the article's title, not to be repeated in the body; `taken` the indexes of lines that are read as other
    fields (date, source, editor). `within` and `dropped` are identities of the nodes that a page class states to hold
    the paragraphs, and to hold none.
    """
    search = _Search(document, title, frozenset(taken), frozenset(dropped))
    return search.stated(frozenset(within)) or search.run()


class _Search:
    def __init__(self, document: Document, title: str | None, taken: frozenset[int], dropped: frozenset[int]) -> None:
        lines = document.lines
        if dropped:
            lines = tuple(line for line in lines if not _stands_in(line, dropped))
        self.lines = lines
        self.factor = _DENSE.get(document.language or "", 1.0)
        self.title = squeezed(title or "")
        self.taken = taken
        self.weights: list[float] = [self._prose_weight(line) for line in self.lines]

    def stated(self, nodes: frozenset[int]) -> Body | None:
        """The lines of the nodes a page class states, sign-off lines and the like left out."""
        if not nodes:
            return None
        kept = [line for line in self.lines if _stands_in(line, nodes) and self._is_told(line)]
        return Body(tuple(kept), kept[0].path, "page.paragraphs", True) if kept else None

    def run(self) -> Body | None:
        masses = self._masses(self.weights)
        total = sum(self.weights)
        if not total:
            return None
        self.asides = _Asides(masses, total)
        weights = [
            0.0 if self.asides.holds(line.element) else w for w, line in zip(self.weights, self.lines, strict=True)
        ]
        if not sum(weights):
            weights = self.weights
        story = self._story(self._masses(weights), weights)
        kept = self._select(story)
        return Body(tuple(kept), story.path, "body.density", True) if kept else None

    def _prose_weight(self, line: Line) -> float:
        own = len(line.text) - line.link_chars
        weight = own * self.factor
        if weight < _SENTENCE or 2 * line.link_chars > len(line.text) or line.index in self.taken:
            return 0.0
        if weight < _LONG and not _MARKS.search(line.text):
            return 0.0
        if line.tag in _HEADINGS or boilerplate.is_boilerplate(line.text):
            return 0.0
        return weight

    def _masses(self, weights: Sequence[float]) -> dict[Element, float]:
        """Prose weight of every element that holds any."""
        masses: dict[Element, float] = {}
        for line, weight in zip(self.lines, weights, strict=True):
            if weight:
                element: Element | None = line.element
                while element is not None:
                    masses[element] = masses.get(element, 0.0) + weight
                    element = element.parent
        return masses

    def _story(self, masses: Mapping[Element, float], weights: Sequence[float]) -> Element:
        """The smallest element that holds nearly all the prose of the one around it, from the top down."""
        children: dict[Element, list[Element]] = {}
        root = None
        for element in masses:
            if element.parent is None:
                root = element
            else:
                children.setdefault(element.parent, []).append(element)
        assert root is not None
        story = root
        while story in children:
            heaviest = max(children[story], key=lambda child: masses[child])
            if masses[heaviest] < _DESCEND * masses[story] or heaviest.tag in ("p", "li", "td", "blockquote"):
                break
            story = heaviest
        return story

    def _select(self, story: Element) -> list[Line]:
        kept: list[Line] = []
        inside = [line for line in self.lines if story in line.element.ancestors()]
        for line in inside:
            if self._belongs(line):
                kept.append(line)
        return self._trimmed(kept)

    def _is_told(self, line: Line) -> bool:
        """Whether a line can be the story's by its words alone."""
        if line.index in self.taken or boilerplate.is_boilerplate(line.text):
            return False
        return not self.title or squeezed(line.text) != self.title

    def _belongs(self, line: Line) -> bool:
        if not self._is_told(line) or self.asides.holds(line.element):
            return False
        return line.link_chars * 10 < len(line.text) * 6

    def _trimmed(self, lines: list[Line]) -> list[Line]:
        prose = [i for i, line in enumerate(lines) if self.weights[line.index]]
        if not prose:
            return []
        return lines[prose[0] : prose[-1] + 1]


class _Asides:
    """Which elements of a page stand beside the story, by their tag and the names their authors gave them."""

    def __init__(self, masses: Mapping[Element, float], total: float) -> None:
        self._masses, self._total = masses, total
        self._known: dict[Element, bool] = {}

    def holds(self, element: Element) -> bool:
        """Whether the element or one around it is an aside. What holds most of the page's prose never is."""
        chain = []
        node: Element | None = element
        while node is not None and node not in self._known:
            chain.append(node)
            node = node.parent
        answer = self._known[node] if node is not None else False
        for node in reversed(chain):
            if not answer and self._masses.get(node, 0.0) < _TOO_MUCH_TO_LOSE * self._total:
                answer = node.tag in _ASIDE_TAGS or boilerplate.names_aside(node.own)
            self._known[node] = answer
        return answer


def _stands_in(line: Line, nodes: frozenset[int]) -> bool:
    return any(element.node.mem_id in nodes for element in line.element.ancestors())


def squeezed(text: str) -> str:
    """`text` without white space and case, for comparing two prints of it."""
    return "".join(text.split()).casefold()
