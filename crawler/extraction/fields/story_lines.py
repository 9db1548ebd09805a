"""Selection of the story's lines within the element that holds its prose."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from msgspec import Struct

from crawler.extraction.clean.boilerplate_blocks import BoilerplateBlocks
from crawler.extraction.document import Element, TextLine
from crawler.extraction.fields.prose_scoring import HEADING_TAGS, ProseScorer
from crawler.extraction.layout.text import squeeze

#: Skipped lines after which more prose must be marked up like the story's to belong to it.
_LONGEST_GAP = 12
#: Weight from which prose before another title is a complete story.
COMPLETE_STORY = 400.0
#: Share of the heaviest run's weight from which an earlier run is the story instead.
_RIVAL_SHARE = 0.4
#: Beginnings of a link printed as its URL, which stands for a post or a product of the story.
_URL_BEGINNINGS = ("http://", "https://")
_ITEM_TAGS = frozenset({"li", "td", "th", "dd", "dt"})
_LIST_TAGS = frozenset({"ul", "ol", "dl", "table"})


class _ProseMarkup(Struct):
    """Markup of the story's prose: positions of its first and last line, and the ways its lines are marked up."""

    first: int
    last: int
    slots: set[tuple[str, str, Element | None]]
    kinds: set[tuple[str, str, str, str]]
    containers: set[Element | None]


class StorySelector:
    """Keeps or drops the lines of one page, given their prose weights.

    `page_lines` are all lines of the page, `lines` those that may be selected, `weights` the prose weights by line
    index. `excluded` are the indexes of lines in other stories and comments, `asides` the elements beside the story.
    """

    def __init__(
        self,
        page_lines: Sequence[TextLine],
        lines: Sequence[TextLine],
        *,
        weights: Sequence[float],
        scorer: ProseScorer,
        asides: BoilerplateBlocks,
        excluded: set[int],
        title: TextLine | None,
    ) -> None:
        self._page_lines = page_lines
        self._lines = lines
        self._weights = weights
        self._scorer = scorer
        self._asides = asides
        self._excluded = excluded
        self._title = title

    def select(self, story: Element) -> list[TextLine]:
        """Return the story's lines in `story`: its prose and the short lines marked up like it or between it."""
        inside = [line for line in self._lines_within(story) if self._is_allowed(line)]
        prose = [position for position, line in enumerate(inside) if self._weights[line.index]]
        if not prose:
            return []
        slots = {_slot_of(inside[position]) for position in prose}
        markup = _ProseMarkup(
            first=prose[0],
            last=prose[-1],
            slots=slots,
            kinds={inside[position].element.kind for position in prose},
            containers={*(inside[position].element for position in prose), *(parent for _, _, parent in slots)},
        )
        kept = []
        for position, line in enumerate(inside):
            if self._weights[line.index] or self._belongs_to_prose(line, position, markup):
                kept.append(line)
        kept = _complete_paragraphs(inside, kept)
        kept = self._drop_distant_runs(_add_opening_heading(inside, kept))
        return self._cut_at_next_story(kept)

    def _lines_within(self, element: Element) -> Sequence[TextLine]:
        """Return the lines in an element that has prose. They are adjacent, as lines follow document order."""
        lines = self._lines
        start = next(i for i, line in enumerate(lines) if self._weights[line.index] and line.element.is_within(element))
        end = start + 1
        while start and lines[start - 1].element.is_within(element):
            start -= 1
        while end < len(lines) and lines[end].element.is_within(element):
            end += 1
        return lines[start:end]

    def _is_allowed(self, line: TextLine) -> bool:
        """True unless the line's words, links or position rule it out."""
        if line.index in self._excluded or not self._scorer.can_be_story(line):
            return False
        if self._asides.contains(line.element) and not self._heads_a_paragraph(line):
            return False
        is_text = line.link_chars * 10 < len(line.text) * 6 or line.text.startswith(_URL_BEGINNINGS)
        return is_text or self._is_linked_subheading(line)

    def _is_linked_subheading(self, line: TextLine) -> bool:
        """True for a linked heading between two paragraphs of one element, as over the items of a list of films."""
        if line.tag not in HEADING_TAGS or not 0 < line.index < len(self._page_lines) - 1:
            return False
        near = self._page_lines[line.index - 1], self._page_lines[line.index + 1]
        return all(x.element.parent is line.element.parent and self._weights[x.index] for x in near)

    def _heads_a_paragraph(self, line: TextLine) -> bool:
        """True for a subheading directly above a paragraph in the same element, whatever its own class is."""
        after = self._page_lines[line.index + 1] if line.index + 1 < len(self._page_lines) else None
        if after is None or line.tag not in HEADING_TAGS or line.link_chars or not self._weights[after.index]:
            return False
        box = line.element.parent
        return box is not None and after.element.parent is box and not self._asides.contains(box)

    def _belongs_to_prose(self, line: TextLine, position: int, prose: _ProseMarkup) -> bool:
        """True if a short line is part of the story: a subheading, a list item, a line marked up like its prose."""
        is_between = prose.first < position < prose.last
        if line.tag in HEADING_TAGS and line.element.kind not in prose.kinds:
            return is_between and (line.link_chars == 0 or self._is_linked_subheading(line))
        if is_between and line.element.kind in prose.kinds:
            return True
        if _slot_of(line) in prose.slots:
            return self._scorer.is_sentence(line) or line.text.startswith(_URL_BEGINNINGS)
        if line.tag in _ITEM_TAGS:
            return is_between or not prose.containers.isdisjoint(_elements_around_list(line.element))
        return False

    def _drop_distant_runs(self, kept: list[TextLine]) -> list[TextLine]:
        """Drop runs of lines far from the main run and marked up differently: footers, boxes, other stories."""
        runs = [[kept[0]]]
        for before, line in pairwise(kept):
            if line.index - before.index > _LONGEST_GAP:
                if self._has_other_title(before.index, line.index) and self._weigh(runs) > COMPLETE_STORY:
                    break
                runs.append([])
            runs[-1].append(line)
        heaviest = max(self._weigh([run]) for run in runs)
        main = next(run for run in runs if self._weigh([run]) >= _RIVAL_SHARE * heaviest)
        kinds = {line.element.kind for line in main if self._weights[line.index]}
        return [line for run in runs if run is main or any(line.element.kind in kinds for line in run) for line in run]

    def _has_other_title(self, first: int, last: int) -> bool:
        """True if another story's title is printed between two lines."""
        between = self._page_lines[first + 1 : last]
        return any(line.tag == "h1" and squeeze(line.text) != self._scorer.title for line in between)

    def _weigh(self, runs: Iterable[Iterable[TextLine]]) -> float:
        return sum(self._weights[line.index] for run in runs for line in run)

    def _cut_at_next_story(self, kept: list[TextLine]) -> list[TextLine]:
        """Cut the lines where another story with its own title follows, as on pages that scroll on to the next story.

        That title is an ``h1``, as this story's is, outside the element that holds this title and the first line.
        """
        title = self._title
        if not kept or title is None or title.index > kept[0].index or title.tag != "h1":
            return kept
        around = set(title.element.ancestors())
        shared = next(element for element in kept[0].element.ancestors() if element in around)
        for line in self._page_lines[kept[0].index : kept[-1].index]:
            is_outside = line.tag == "h1" and not line.element.is_within(shared)
            if is_outside and squeeze(line.text) != self._scorer.title:
                return [x for x in kept if x.index < line.index]
        return kept


def _complete_paragraphs(inside: Sequence[TextLine], kept: list[TextLine]) -> list[TextLine]:
    """Add the remaining lines of every ``p`` of which some are kept, as in verse; lines with links stay out."""
    paragraphs = {line.element for line in kept if line.tag == "p"}
    if len(kept) == len(inside) or not paragraphs:
        return kept
    chosen = {line.index for line in kept}
    return [x for x in inside if x.index in chosen or (x.element in paragraphs and not x.link_chars)]


def _add_opening_heading(inside: Sequence[TextLine], kept: list[TextLine]) -> list[TextLine]:
    """Add the heading directly above the first line if the story has more subheadings of its kind."""
    position = inside.index(kept[0]) - 1
    if position < 0 or inside[position].tag not in HEADING_TAGS or inside[position].link_chars:
        return kept
    headings = {line.element.kind for line in kept if line.tag in HEADING_TAGS}
    return [inside[position], *kept] if inside[position].element.kind in headings else kept


def is_same_slot(*lines: TextLine) -> bool:
    """True if the lines' blocks have one parent, one tag and the same ids and classes."""
    return len({_slot_of(line) for line in lines}) == 1


def _slot_of(line: TextLine) -> tuple[str, str, Element | None]:
    """Return the tag and names of the line's block and the parent of that block."""
    return line.tag, line.element.css_names, line.element.parent


def _elements_around_list(element: Element) -> list[Element]:
    """Return the three elements around the outermost list or table that holds an item."""
    chain = element.ancestors()
    outermost = max((i for i, around in enumerate(chain) if around.tag in _LIST_TAGS), default=0)
    return chain[outermost + 1 : outermost + 4]
