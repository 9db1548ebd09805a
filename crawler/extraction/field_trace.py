"""The trace of a page's fields: every candidate with its score, and the reason why it lost."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from crawler.extraction.document import Document
from crawler.extraction.fields.bylines import BylineReader
from crawler.extraction.fields.date_candidates import WEAK
from crawler.extraction.fields.dates import DateSelector
from crawler.extraction.fields.source_heuristics import BylineCandidate
from crawler.extraction.fields.title import SURE, rank_printed_titles
from crawler.extraction.fields.title_statements import read_stated_titles, title_key
from crawler.extraction.page import ArticlePage
from crawler.items import Article, Evidence


class TracedCandidate(Struct, frozen=True):
    """A value that a field might have had; `outcome` is ``chosen``, or the reason why the candidate lost.

    `score` is ``None`` for fields that take the first candidate of a fixed order.
    """

    value: str
    rule: str
    place: str
    text: str
    score: float | None
    outcome: str


CHOSEN = "chosen"


def trace_fields(page: ArticlePage) -> Mapping[str, tuple[TracedCandidate, ...]]:
    """Return the candidates of title, date, source, editor and authors, each list with the chosen one first."""
    document, article = page.document, page.article
    reader = BylineReader(document, page.placement, page.dates)
    sources, editors = reader.rank_sources(), reader.rank_editors()
    found = {
        "title": _trace_titles(document),
        "date": _trace_dates(page),
        "source": _trace_bylines(sources),
        "editor": _trace_bylines(editors),
        "authors": (
            TracedCandidate(
                ", ".join(c.names), c.rule, c.place, c.text, None,
                "the site's own name, or a login name" if c.is_weak else "a rule of higher precedence found names",
            )
            for c in reader.list_authors(sources, editors)
        ),
    }  # fmt: skip
    return {name: tuple(_choose(name, article, list(candidates))) for name, candidates in found.items()}


def _choose(name: str, article: Article, candidates: list[TracedCandidate]) -> Iterator[TracedCandidate]:
    """Yield the chosen value of a field, selectors of the page class without a value, and the other candidates."""
    value, evidence = getattr(article, name), article.evidence.get(name)
    chosen = _find_chosen(evidence, candidates) if value and evidence else None
    if value and evidence:
        shown = ", ".join(value) if isinstance(value, tuple) else value
        score = chosen.score if chosen else None
        yield TracedCandidate(shown, evidence.rule, evidence.place, evidence.text, score, CHOSEN)
    for rule, reason in evidence.others if evidence else ():
        if rule.endswith(".absent"):
            yield TracedCandidate("", rule, "", "", None, reason)
    yield from (one for one in candidates if one is not chosen)


def _find_chosen(evidence: Evidence, candidates: Sequence[TracedCandidate]) -> TracedCandidate | None:
    """Return the candidate that a field's evidence is of, without the endings that its rule got later."""
    rule = evidence.rule.partition("+")[0].removesuffix(".agreed").removesuffix(".year")
    return next((one for one in candidates if (one.rule, one.place) == (rule, evidence.place)), None)


def _trace_titles(document: Document) -> Iterator[TracedCandidate]:
    stated = list(read_stated_titles(document))
    printed = rank_printed_titles(document, stated)
    for one in printed:
        outcome = "a printed line has a higher score" if one.score >= SURE else f"score below {SURE}"
        rule, text = f"head.{one.line.tag}", one.text
        yield TracedCandidate(text, rule, one.line.path, text, round(one.score, 2), outcome)
    is_printed = bool(printed) and printed[0].score >= SURE
    for statement in stated:
        same = bool(printed) and statement.key == title_key(printed[0].text)
        lost = "a printed heading wins" if is_printed else "not the most trusted statement"
        outcome = "the same words are printed" if same else lost
        rule = statement.rule
        yield TracedCandidate(statement.text, rule, rule, statement.text, statement.exact_score, outcome)


def _trace_dates(page: ArticlePage) -> Iterator[TracedCandidate]:
    selector = DateSelector(page.document, page.site_timezone, page.placement)
    for candidate, value in selector.list_candidates():
        if candidate.modified or any(candidate is change for change in selector.changes):
            outcome = "the day of a change"
        elif not value:
            outcome = "no year is printed or can be inferred"
        elif candidate.line is None:
            outcome = "a printed date wins, or a more trusted statement"
        elif candidate.score < WEAK:
            outcome = "below the story, or beside other text: a last resort"
        else:
            outcome = "another printed date has a higher score"
        score = round(candidate.score, 2)
        yield TracedCandidate(value, candidate.rule, candidate.place, candidate.text, score, outcome)


def _trace_bylines(candidates: Sequence[BylineCandidate]) -> Iterator[TracedCandidate]:
    for one in candidates:
        outcome = "another candidate has a higher score"
        yield TracedCandidate(one.value, one.rule, one.line.path, one.line.text[:200], round(one.score, 2), outcome)
