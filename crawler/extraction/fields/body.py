"""The article's body: its paragraphs in order, told from menus, teasers and comments by density and structure.

Nothing here knows a language beyond its script. Prose (long lines with few links and sentence marks) gives its weight
to the elements around it; the smallest element that holds nearly all of that weight is the story, whose lines are then
kept or dropped one by one.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import pairwise

from msgspec import Struct

from crawler.extraction.clean import boilerplate
from crawler.extraction.clean.boilerplate_blocks import BoilerplateBlocks, find_card_lines, find_teaser_lists
from crawler.extraction.clean.related_blocks import find_related_lines
from crawler.extraction.document import Document, Element, TextLine
from crawler.extraction.evidence import make_evidence
from crawler.extraction.fields.short_story import short_story
from crawler.extraction.fields.standfirst import standfirst
from crawler.extraction.layout.content_density import SENTENCE_WEIGHT, find_story_element, sum_prose_weights
from crawler.extraction.layout.text import squeeze
from crawler.items import Evidence

#: Weight of one character by script, a Latin letter being one: an ideograph says as much as half a word.
_DENSE = {"zh": 2.6, "ja": 2.2, "ko": 1.8, "th": 1.4, "lo": 1.4, "km": 1.4, "my": 1.4, "bo": 1.3}
#: Weight from which a line is prose by itself.
_LONG = 120.0
#: Lines that are no part of the story after which another prose line needs to stand as the story's do.
_GAP = 12

#: Weight of a story that is told before another's title, and the share of the heaviest run that an earlier one needs.
_STORY, _RIVAL = 400.0, 0.4

#: Weight of a story below which it is in doubt on a page with more prose elsewhere.
_DOUBTFUL = 800.0

#: Share of the page's prose from which lists of other stories are what the page is about.
_LISTS = 0.75

#: Scripts that are set without stops; their paragraphs are told by how they stand alone.
_UNSTOPPED = frozenset({"th", "lo", "km", "my", "bo"})
_IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")

_DIGITS = re.compile(r"\b[^\W\d]*+\d\w*")
_WORD = re.compile(r"\w")
_MARKS = re.compile(r"[.!?。！？…；;,，、:：।۔؟،။።][\"'”’»」』）)\]]*(?:\s|$)|[。！？；，、：…།]")
_ITEMS = frozenset({"li", "td", "th", "dd", "dt"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


#: What signs an official notice, and the lines below its last paragraph in which that is looked for.
_AUTHORITY = re.compile(
    r"[\u3400-\u9fff（）、 ]{2,40}(?:局|府|委|会|會|院|部|厅|廳|处|處|室|中心|公司|支队|大队|所|站|社|队)"
)
_DAY = re.compile(r"[12]\d{3}年\d{1,2}月\d{1,2}日|二[〇○零]\S{2}年\S{1,2}月\S{1,3}日")
_SIGNATURE = 4


class Body(Struct, frozen=True):
    """The paragraphs of a story, the lines they were read from, and where and by which rule those were found."""

    paragraphs: tuple[str, ...]
    lines: tuple[TextLine, ...]
    place: str
    rule: str
    confident: bool

    @property
    def text(self) -> str:
        """The paragraphs joined by line feeds."""
        return "\n".join(self.paragraphs)

    @property
    def evidence(self) -> Evidence:
        """Where the body was found."""
        return make_evidence(self.rule, self.place, self.paragraphs[0])


def find_body(
    document: Document,
    *,
    title: str | None = None,
    title_line: int | None = None,
    taken: Collection[int] = (),
    within: Collection[int] = (),
    dropped: Collection[int] = (),
    repeated: AbstractSet[str] = frozenset(),
) -> Body | None:
    """The body of the page's story; ``None`` where the page has no prose.

    `title` is the article's title, not to be repeated in the body, `title_line` the line it is printed in; `taken` the
    indexes of lines that are read as other fields (date, source, editor). `within` and `dropped` are identities of the
    nodes that a page class states to hold the paragraphs, and to hold none. `repeated` are paragraphs, `squeezed`, that
    the site prints in story after story.
    """
    search = _Search(document, title, title_line, frozenset(taken), frozenset(dropped), repeated)
    return search.stated(frozenset(within)) or search.run()


def _body(lines: Sequence[TextLine], place: str, rule: str, *, confident: bool = True) -> Body | None:
    texts = (boilerplate.remove_sign_off(line.text) for line in lines)
    paragraphs = tuple(text for text in texts if text)
    return Body(paragraphs, tuple(lines), place, rule, confident) if paragraphs else None


class _Search:
    def __init__(
        self,
        document: Document,
        title: str | None,
        title_line: int | None,
        taken: frozenset[int],
        dropped: frozenset[int],
        repeated: AbstractSet[str],
    ) -> None:
        lines = document.lines
        self.title_line = lines[title_line] if title_line is not None else None
        self.title_element = self.title_line.element if self.title_line else None
        if dropped:
            lines = tuple(line for line in lines if not _stands_in(line, dropped))
        self.document = document
        self.lines = lines
        self.language = document.language
        self.factor = _DENSE.get(document.language or "", 1.0)
        self.title = squeeze(title or "")
        self.taken = taken
        self.repeated = repeated
        self.by_index = document.lines
        beside = find_teaser_lists(self.lines)
        self.weights = [0.0] * len(document.lines)
        # what has fewer letters is no prose in the densest script the page may be in
        least = SENTENCE_WEIGHT / (self.factor if self.language else _DENSE["zh"])
        for line in self.lines:
            if len(line.text) - 2 * line.link_chars >= least and line.element.parent not in beside:
                self.weights[line.index] = self._prose_weight(line)

    def stated(self, nodes: frozenset[int]) -> Body | None:
        """The lines of the nodes a page class states, sign-off lines and the like left out."""
        if not nodes:
            return None
        kept = [line for line in self.lines if _stands_in(line, nodes) and self._is_told(line)]
        return _body(kept, kept[0].path, "page.paragraphs") if kept else None

    def run(self) -> Body | None:
        self._leave_out()
        masses = sum_prose_weights(self.lines, self.weights)
        total = sum(self.weights)
        if not total:
            return self._short()
        self.asides = BoilerplateBlocks(masses, total, self.title_element)
        story = find_story_element(self._outside_of_asides(masses), self.title_element)
        kept = self._before_the_next(self._select(story))
        if kept:
            above = standfirst(self.document, self.title_line, kept)
            kept = [*(line for line in above if self._is_told(line)), *kept, *self._signature(kept[-1])]
        return _body(kept, story.path, "body.density", confident=self._is_sure(kept, total)) if kept else None

    def _signature(self, last: TextLine) -> Sequence[TextLine]:
        """The authority and the day that sign an official notice: lines that stand as its last paragraph does."""
        if self.language != "zh":
            return ()
        below = self.by_index[last.index + 1 : last.index + 1 + _SIGNATURE]
        for name, day in pairwise(below):
            if _DAY.fullmatch(day.text) and _AUTHORITY.fullmatch(name.text):
                alike = _standing(name) == _standing(day) == _standing(last)
                return (name, day) if alike and not self.elsewhere & {name.index, day.index} else ()
        return ()

    def _leave_out(self) -> None:
        """Take their weight from lines that stand in parts of the page headed as another's, and above the title."""
        title = self.title_line.index if self.title_line else None
        self.elsewhere = find_related_lines(self.lines, self.weights, title)
        cards = find_card_lines(self.lines, self.weights, self.title_element)
        # A page that is hardly more than lists of stories is a section's, if anything: read as it is, with doubt.
        self.is_list = sum(self.weights[index] for index in cards) >= _LISTS * sum(self.weights) > 0
        if not self.is_list:
            self.elsewhere |= cards
        for index in self.elsewhere:
            self.weights[index] = 0.0
        if title is not None and sum(self.weights[title:]) > _STORY:
            self.weights[:title] = [0.0] * title

    def _is_sure(self, kept: Sequence[TextLine], total: float) -> bool:
        """Whether enough of the story is prose, and not a little of the page's only."""
        prose = [self.weights[line.index] for line in kept if self.weights[line.index]]
        return not self.is_list and 3 * len(prose) >= len(kept) and (sum(prose) >= _DOUBTFUL or 2 * sum(prose) >= total)

    def _short(self) -> Body | None:
        """The body of a page without prose: what stands right below the title; never sure."""
        kept = short_story(self.lines, self.title_line, self._is_told) if self.title_line else []
        return _body(kept, kept[0].path, "body.short", confident=False) if kept else None

    def _is_taken(self, line: TextLine) -> bool:
        """Whether a line is read as another field and tells nothing of the story before it."""
        if line.index not in self.taken:
            return False
        told = boilerplate.remove_sign_off(line.text)
        return told == line.text or len(told) * self.factor < SENTENCE_WEIGHT or not _MARKS.search(told[-2:])

    def _prose_weight(self, line: TextLine) -> float:
        weight = (len(line.text) - 2 * line.link_chars) * self._density(line)
        if weight < SENTENCE_WEIGHT or self._is_taken(line):
            return 0.0
        if weight < _LONG and not _MARKS.search(line.text):
            return 0.0
        if line.tag in _HEADINGS or boilerplate.is_boilerplate(line.text):
            return 0.0
        if self.repeated and squeeze(line.text) in self.repeated:
            return 0.0
        return weight

    def _density(self, line: TextLine) -> float:
        """Weight of the line's characters: by the page's language, where that cannot be told by the line's script."""
        return _DENSE["zh"] if self.language is None and _IDEOGRAPH.search(line.text) else self.factor

    def _outside_of_asides(self, masses: dict[Element, float]) -> dict[Element, float]:
        """The masses without the prose of asides, where there is other prose than theirs."""
        aside = {line.index for line in self.lines if self.weights[line.index] and self.asides.holds(line.element)}
        weights = [0.0 if index in aside else weight for index, weight in enumerate(self.weights)]
        return sum_prose_weights(self.lines, weights) if aside and any(weights) else masses

    def _select(self, story: Element) -> list[TextLine]:
        """The story's lines: its prose, and the short ones that stand as its prose stands."""
        inside = [line for line in self._within(story) if self._belongs(line)]
        prose = [position for position, line in enumerate(inside) if self.weights[line.index]]
        if not prose:
            return []
        stands = {_standing(inside[position]) for position in prose}
        kinds = {_kind(inside[position]) for position in prose}
        holders = {inside[position].element for position in prose} | {parent for _, _, parent in stands}
        kept = []
        for position, line in enumerate(inside):
            if self.weights[line.index] or self._goes_with(line, position, prose, stands, kinds, holders):
                kept.append(line)
        blocks = {line.element for line in kept if line.tag == "p"}
        if len(kept) < len(inside) and blocks:  # verse: the lines of one paragraph go together
            chosen = {line.index for line in kept}
            kept = [x for x in inside if x.index in chosen or (x.element in blocks and not x.link_chars)]
        return self._together(self._opened(inside, kept))

    def _within(self, element: Element) -> Sequence[TextLine]:
        """The lines that stand in an element with prose: one run, for the page's order is that of its elements."""
        lines = self.lines
        start = next(i for i, line in enumerate(lines) if self.weights[line.index] and line.element.is_within(element))
        end = start + 1
        while start and lines[start - 1].element.is_within(element):
            start -= 1
        while end < len(lines) and lines[end].element.is_within(element):
            end += 1
        return lines[start:end]

    def _opened(self, inside: Sequence[TextLine], kept: list[TextLine]) -> list[TextLine]:
        """The lines with the heading right above the first of them, where others like it part the story."""
        position = inside.index(kept[0]) - 1
        if position < 0 or inside[position].tag not in _HEADINGS or inside[position].link_chars:
            return kept
        heads = {_kind(line) for line in kept if line.tag in _HEADINGS}
        return [inside[position], *kept] if _kind(inside[position]) in heads else kept

    def _together(self, kept: list[TextLine]) -> list[TextLine]:
        """The lines without those that stand far off and stand differently: footers, boxes, other stories."""
        runs = [[kept[0]]]
        for before, line in pairwise(kept):
            if line.index - before.index > _GAP:
                if self._begins_anew(before.index, line.index) and self._weight(runs) > _STORY:
                    break
                runs.append([])
            runs[-1].append(line)
        heaviest = max(self._weight([run]) for run in runs)
        main = next(run for run in runs if self._weight([run]) >= _RIVAL * heaviest)
        kinds = {_kind(line) for line in main if self.weights[line.index]}
        return [line for run in runs if run is main or any(_kind(line) in kinds for line in run) for line in run]

    def _before_the_next(self, kept: list[TextLine]) -> list[TextLine]:
        """The lines as far as no other story follows with a title of its own, as pages have it that are read on and on.

        That title is a main heading, as this story's is, and stands outside of what holds this one and its beginning.
        """
        title = self.title_line
        if not kept or title is None or title.index > kept[0].index or title.tag != "h1":
            return kept
        around = set(title.element.ancestors())
        own = next(element for element in kept[0].element.ancestors() if element in around)
        for line in self.by_index[kept[0].index : kept[-1].index]:
            if line.tag == "h1" and not line.element.is_within(own) and squeeze(line.text) != self.title:
                return [x for x in kept if x.index < line.index]
        return kept

    def _begins_anew(self, first: int, last: int) -> bool:
        """Whether another story's title stands between two lines."""
        return any(line.tag == "h1" and squeeze(line.text) != self.title for line in self.by_index[first + 1 : last])

    def _weight(self, runs: Iterable[Iterable[TextLine]]) -> float:
        return sum(self.weights[line.index] for run in runs for line in run)

    def _goes_with(
        self,
        line: TextLine,
        position: int,
        prose: list[int],
        stands: Collection[object],
        kinds: Collection[object],
        holders: AbstractSet[Element | None],
    ) -> bool:
        """Whether a short line is part of the story: a sub-head, an item of a list, a line among paragraphs."""
        if line.tag in _HEADINGS:
            return prose[0] < position < prose[-1] and line.link_chars == 0
        if prose[0] < position < prose[-1] and _kind(line) in kinds:
            return True
        if _standing(line) in stands:
            stopped = self.language in _UNSTOPPED or bool(_MARKS.search(line.text[-2:]))
            return stopped and len(line.text) * self._density(line) > 3
        if line.tag in _ITEMS:
            return prose[0] < position < prose[-1] or not holders.isdisjoint(_holders(line.element))
        return False

    def _is_told(self, line: TextLine) -> bool:
        """Whether a line can be the story's by its words alone."""
        if self._is_taken(line) or boilerplate.is_boilerplate(line.text) or not _WORD.search(line.text):
            return False
        if not self.repeated and line.text[0].casefold()[:1] != self.title[:1]:
            return True
        text = squeeze(line.text)
        return text != self.title and text not in self.repeated

    def _belongs(self, line: TextLine) -> bool:
        if line.index in self.elsewhere or not self._is_told(line):
            return False
        if self.asides.holds(line.element) and not self._heads_the_story(line):
            return False
        return line.link_chars * 10 < len(line.text) * 6

    def _heads_the_story(self, line: TextLine) -> bool:
        """Whether a sub-head stands right above a paragraph of the story in the same box, whatever its own name is."""
        after = self.by_index[line.index + 1] if line.index + 1 < len(self.by_index) else None
        if after is None or line.tag not in _HEADINGS or line.link_chars or not self.weights[after.index]:
            return False
        box = line.element.parent
        return box is not None and after.element.parent is box and not self.asides.holds(box)


def _holders(element: Element) -> list[Element]:
    """The three elements around the outermost list or table that an item stands in."""
    chain = element.ancestors()
    outermost = max((i for i, around in enumerate(chain) if around.tag in ("ul", "ol", "dl", "table")), default=0)
    return chain[outermost + 1 : outermost + 4]


def _kind(line: TextLine) -> tuple[str, str, str, str]:
    """What kind of line it is by its markup: tag and classes of its block and of the element around that."""
    around = line.element.parent or line.element
    return line.tag, _classes(line.element), around.tag, _classes(around)


def _classes(element: Element) -> str:
    return _without_numbers(element.written_names[1])


@lru_cache(maxsize=2_000)
def _without_numbers(classes: str) -> str:
    return _DIGITS.sub("", classes)


def _standing(line: TextLine) -> tuple[str, str, Element | None]:
    """How a line stands on the page: its tag and names, and the element around its block."""
    return line.tag, line.element.css_names, line.element.parent


def _stands_in(line: TextLine, nodes: frozenset[int]) -> bool:
    return any(element.mem_id in nodes for element in line.element.ancestors())
