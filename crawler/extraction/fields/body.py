"""The article's body: its paragraphs in order, separated from menus, teasers and comments by density and structure.

Prose (long lines with few links and with punctuation) gives its weight to the elements around it. The smallest element
that holds nearly all of that weight is the story; its lines are then kept or dropped one by one.
"""

import re
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from functools import cache
from itertools import pairwise

from msgspec import Struct

from crawler.extraction.clean import boilerplate
from crawler.extraction.clean.boilerplate_blocks import BoilerplateBlocks, find_card_lines
from crawler.extraction.clean.related_blocks import MIN_STORY_WEIGHT, find_related_lines
from crawler.extraction.data.tables import language
from crawler.extraction.document import Document, Element, TextLine
from crawler.extraction.evidence import make_evidence
from crawler.extraction.fields.body_confidence import MODEL, BodySigns, estimate_score, measure_body
from crawler.extraction.fields.prose_scoring import HEADING_TAGS, ProseScorer
from crawler.extraction.fields.short_story import find_short_story
from crawler.extraction.fields.standfirst import find_lead, find_standfirst
from crawler.extraction.fields.story_lines import COMPLETE_STORY, StorySelector, is_same_slot
from crawler.extraction.layout.content_density import find_story_element, sum_prose_weights
from crawler.extraction.layout.text import squeeze
from crawler.items import Evidence

#: Score of a body that is doubtful whatever its markup: a very short text, a list of stories, a contradiction.
DOUBTFUL = 0.5
#: Share of the page's prose in lists of other stories from which the page itself is such a list.
_LIST_PAGE = 0.75

#: Lines below the last paragraph that are searched for the authority and the day that sign an official notice.
_SIGNATURE_LINES = 4


class Body(Struct, frozen=True):
    """The paragraphs of a story, the lines they were read from, the place and rule by which those were found."""

    paragraphs: tuple[str, ...]
    lines: tuple[TextLine, ...]
    place: str
    rule: str
    score: float  #: the probability that the body is right
    signs: BodySigns | None = None  #: the numbers behind the score

    @property
    def text(self) -> str:
        """The paragraphs joined by line feeds."""
        return "\n".join(self.paragraphs)

    @property
    def is_confident(self) -> bool:
        """False if the body may be incomplete or contain other text."""
        return self.score >= MODEL.least_score

    @property
    def evidence(self) -> Evidence:
        """The rule and place that gave the body."""
        return make_evidence(self.rule, self.place, self.paragraphs[0])


class BodyNotes(Struct):
    """The search for a body, recorded for a trace: prose weights and excluded lines by index, asides, the story."""

    scorer: ProseScorer | None = None
    weights: Sequence[float] = ()
    excluded: AbstractSet[int] = frozenset()
    asides: BoilerplateBlocks | None = None
    story: Element | None = None


def find_body(
    document: Document,
    *,
    title: str | None = None,
    title_line: int | None = None,
    field_lines: Collection[int] = (),
    stated_nodes: Collection[int] = (),
    dropped_nodes: Collection[int] = (),
    repeated: AbstractSet[str] = frozenset(),
    notes: BodyNotes | None = None,
) -> Body | None:
    """Return the body of the page's story, or ``None`` if the page has no prose.

    `title` is the article's title, which the body does not repeat, `title_line` the index of the line it is printed in;
    `field_lines` the indexes of lines read as other fields (date, source, editor). `stated_nodes` and `dropped_nodes`
    are identities of the nodes that hold the paragraphs, or never do, according to the page class. `repeated` are the
    squeezed paragraphs that the site prints in every story. The search is recorded in `notes`, if given.
    """
    lines = document.lines
    heading = lines[title_line] if title_line is not None else None
    if dropped_nodes:
        dropped = frozenset(dropped_nodes)
        lines = tuple(line for line in lines if not _is_in_nodes(line, dropped))
    scorer = ProseScorer(document.language, squeeze(title or ""), frozenset(field_lines), repeated)
    stated = _read_stated_nodes(lines, frozenset(stated_nodes), scorer) if stated_nodes else None
    if notes is not None:
        notes.scorer = scorer
    return stated or _find_story(document, lines, heading, scorer, notes)


def _read_stated_nodes(lines: Sequence[TextLine], nodes: frozenset[int], scorer: ProseScorer) -> Body | None:
    """Return the lines in the nodes that a page class states, without boilerplate and lines of other fields."""
    kept = [line for line in lines if _is_in_nodes(line, nodes) and scorer.can_be_story(line)]
    return _body_from(kept, kept[0].path, "page.paragraphs") if kept else None


def _find_story(
    document: Document, lines: Sequence[TextLine], title: TextLine | None, scorer: ProseScorer, notes: BodyNotes | None
) -> Body | None:
    """Return the body found by prose density, or the short text below the title of a page without prose."""
    title_element = title.element if title else None
    weights = scorer.weigh_lines(lines, len(document.lines))
    prose = list(weights)
    excluded, is_list_page = _exclude_other_stories(lines, weights, title)
    if notes is not None:
        notes.weights, notes.excluded = weights, excluded
    total = sum(weights)
    if not total:
        kept = find_short_story(lines, title, scorer.can_be_story) if title else []
        return _body_from(kept, kept[0].path, "body.short", score=DOUBTFUL) if kept else None
    masses = sum_prose_weights(lines, weights)
    asides = BoilerplateBlocks(masses, total, title_element)
    story = find_story_element(_drop_aside_mass(masses, lines, weights, asides), title_element)
    if notes is not None:
        notes.asides, notes.story = asides, story
    selector = StorySelector(
        document.lines, lines, weights=weights, scorer=scorer, asides=asides, excluded=excluded, title=title
    )
    kept = selector.select(story)
    if not kept:
        return None
    kept = [
        *_find_opening(document, lines, weights, kept, title, scorer, asides),
        *kept,
        *_find_notice_signature(document, kept[-1], excluded),
    ]
    signs = measure_body(kept, document.lines, prose, excluded)
    score = estimate_score(signs)
    return _body_from(
        kept, story.path, "body.density", score=min(score, DOUBTFUL) if is_list_page else score, signs=signs
    )


def _find_opening(
    document: Document,
    lines: Sequence[TextLine],
    weights: Sequence[float],
    kept: Sequence[TextLine],
    title: TextLine | None,
    scorer: ProseScorer,
    asides: BoilerplateBlocks,
) -> list[TextLine]:
    """Return the standfirst and lead above the story."""
    opening = [line for line in find_standfirst(document, title, kept) if scorer.can_be_story(line)]
    if title is not None and title.index < kept[0].index:
        convention = language(document.language).stories.lead
        leads = find_lead(lines, weights, title, kept[0], convention)
        opening.extend(x for x in leads if x not in opening and not asides.contains(x.element))
    return sorted(opening, key=lambda line: line.index)


def _exclude_other_stories(
    lines: Sequence[TextLine], weights: list[float], title: TextLine | None
) -> tuple[set[int], bool]:
    """Set to 0 the weights of lines in other stories and comments, and of those above the title of a long story.

    Returns the indexes of the lines in other stories, and True if the page is a list of stories. Such a page is read
    as it is, but never with confidence.
    """
    title_index = title.index if title else None
    excluded = find_related_lines(lines, weights, title_index)
    cards = find_card_lines(lines, weights, title.element if title else None)
    is_list_page = sum(weights[index] for index in cards) >= _LIST_PAGE * sum(weights) > 0
    if is_list_page and title_index is not None:
        own_weight = sum(weights[index] for index in range(title_index + 1, min(cards)) if index not in excluded)
        is_list_page = own_weight < MIN_STORY_WEIGHT
    if not is_list_page:
        excluded |= cards
    for index in excluded:
        weights[index] = 0.0
    decks = _find_decks(lines, weights, title) if title else []
    if len(decks) == 1:
        weights[decks[0]] = 0.0
    if title_index is not None and sum(weights[title_index:]) > COMPLETE_STORY:
        weights[:title_index] = [0.0] * title_index
    return excluded, is_list_page


def _find_decks(lines: Sequence[TextLine], weights: Sequence[float], title: TextLine) -> list[int]:
    """Return the indexes of headings that read like paragraphs and are printed in the element around the title."""
    box = title.element.parent
    headings = (x for x in lines if weights[x.index] and x.tag in HEADING_TAGS and x.index > title.index)
    return [line.index for line in headings if line.element.parent is box]


def _drop_aside_mass(
    masses: dict[Element, float], lines: Sequence[TextLine], weights: Sequence[float], asides: BoilerplateBlocks
) -> dict[Element, float]:
    """Return the masses without the prose of asides, unless the page has no other prose."""
    aside = {line.index for line in lines if weights[line.index] and asides.contains(line.element)}
    remaining = [0.0 if index in aside else weight for index, weight in enumerate(weights)]
    return sum_prose_weights(lines, remaining) if aside and any(remaining) else masses


def _find_notice_signature(document: Document, last: TextLine, excluded: set[int]) -> Sequence[TextLine]:
    """Return the lines with the authority and the day that sign an official notice, marked up as its last paragraph."""
    patterns = _signature_patterns(document.language)
    if patterns is None:
        return ()
    authority_pattern, day_pattern = patterns
    below = document.lines[last.index + 1 : last.index + 1 + _SIGNATURE_LINES]
    for name, day in pairwise(below):
        if day_pattern.fullmatch(day.text) and authority_pattern.fullmatch(name.text):
            is_signature = is_same_slot(name, day, last) and not excluded & {name.index, day.index}
            return (name, day) if is_signature else ()
    return ()


@cache
def _signature_patterns(code: str | None) -> tuple[re.Pattern[str], re.Pattern[str]] | None:
    """Return the patterns of an authority's name and of the day below it, if the language has such signatures."""
    words = language(code).stories
    if not words.authority_endings or not words.signature_day_patterns:
        return None
    authority = rf"[\u3400-\u9fff（）、 ]{{2,40}}(?:{'|'.join(map(re.escape, words.authority_endings))})"
    return re.compile(authority), re.compile("|".join(words.signature_day_patterns))


def _body_from(
    lines: Sequence[TextLine], place: str, rule: str, *, score: float = 1.0, signs: BodySigns | None = None
) -> Body | None:
    texts = (boilerplate.remove_sign_off(line.text) for line in lines)
    paragraphs = tuple(text for text in texts if text)
    return Body(paragraphs, tuple(lines), place, rule, score, signs) if paragraphs else None


def _is_in_nodes(line: TextLine, nodes: frozenset[int]) -> bool:
    return any(element.mem_id in nodes for element in line.element.ancestors())
