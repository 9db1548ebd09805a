"""The trace of an extraction: where each field was read, and why each line of the page is in the body or not."""

from collections.abc import Mapping

from msgspec import Struct

from crawler.extraction.document import RemovedBlock, TextLine
from crawler.extraction.field_trace import TracedCandidate, trace_fields
from crawler.extraction.fields.body import Body, BodyNotes
from crawler.extraction.page import ArticlePage
from crawler.items import Article


class LineTrace(Struct, frozen=True):
    """One line of the page: its place, prose weight and text, if it is in the body, and the reason."""

    number: int
    place: str
    weight: float
    text: str
    is_in: bool
    reason: str


class Trace(Struct, frozen=True):
    """The article of a page, the candidates of its fields, the score of its body, its lines, and the removed blocks."""

    article: Article
    fields: Mapping[str, tuple[TracedCandidate, ...]]
    score: float | None
    lines: tuple[LineTrace, ...]
    removed: tuple[RemovedBlock, ...]


def trace_page(page: ArticlePage) -> Trace:
    """Return the trace of a page: the same rules as for its article, with their reasons."""
    notes = BodyNotes()
    body = page.search_body(notes)
    kept = {line.index for line in body.lines} if body else set()
    first = min(kept, default=0)
    lines = tuple(
        LineTrace(
            number=line.index,
            place=line.path,
            weight=notes.weights[line.index] if notes.weights else 0.0,
            text=line.text,
            is_in=line.index in kept,
            reason=_explain_kept(line, notes, body, first) if line.index in kept else _explain_dropped(line, notes),
        )
        for line in page.document.lines
    )
    score = body.score if body else None
    return Trace(page.article, trace_fields(page), score, lines, page.document.removed_blocks)


def _explain_kept(line: TextLine, notes: BodyNotes, body: Body | None, first: int) -> str:
    if body is not None and body.rule != "body.density":
        return f"selected by {body.rule}"
    if notes.story is not None and not line.element.is_within(notes.story):
        return "lead above the story" if line.index == first else "outside the story's element, but part of it"
    return "prose" if notes.weights[line.index] else "between paragraphs, or marked up like them"


def _explain_dropped(line: TextLine, notes: BodyNotes) -> str:
    """Return the first reason that keeps a line out of the body, in the order in which the rules apply."""
    if notes.scorer is not None and not notes.scorer.can_be_story(line):
        return "another field, boilerplate by its words, or the title again"
    if line.index in notes.excluded:
        return "in a list of other stories or comments"
    if notes.asides is not None and (boundary := notes.asides.find_boundary(line.element)) is not None:
        return f"outside the story by the tag or name of {boundary.path}"
    if line.link_chars * 10 >= len(line.text) * 6:
        return "mostly links"
    if notes.story is None:
        return "no prose on the page"
    if not line.element.is_within(notes.story):
        return f"outside the story's element {notes.story.path}"
    if notes.weights[line.index]:
        return "prose far from the story, or after the title of another one"
    return "short, and not marked up like the paragraphs"
