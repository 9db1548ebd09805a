"""Authors of an article, from printed bylines in many languages, metadata, and reporters named in Chinese text."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache

from msgspec import Struct
from msgspec.structs import replace

from crawler.extraction.clean.placement import Placement
from crawler.extraction.data import tables
from crawler.extraction.data.css_names import css_names, url_words
from crawler.extraction.data.date_words import weekday_words
from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.tables import Role
from crawler.extraction.document import Document, TextLine
from crawler.extraction.evidence import make_evidence
from crawler.extraction.fields.author_names import BYLINE, BYLINE_END, byline_words, split_names, unique_names
from crawler.extraction.fields.byline_grammar import MARK, LabelledValue, read_authors
from crawler.extraction.fields.date_grammar import read_dates
from crawler.extraction.fields.names import HAN, is_outlet_name, is_person_name, is_western_outlet
from crawler.extraction.fields.names_beside_date import find_names_beside_date
from crawler.extraction.fields.reporters import LONGEST_OWN_LINE, REPORTER, SLASHES, read_reporters, reporter_words
from crawler.extraction.fields.stated_authors import AuthorCandidate, read_metadata, read_misspelt_metadata
from crawler.extraction.fields.timezone_inference import infer_day_order
from crawler.items import Evidence

_AUTHOR_ELEMENT, _OTHERS_ELEMENT = css_names().author.compile(), css_names().not_author.compile()
#: The URL of an author's own page.
AUTHORS_PAGE = re.compile(rf"/{any_of(url_words().authors)}/[^/]")
#: Rules of metadata in which Chinese platforms name a reporter.
_STANDARD_RULES = frozenset({"meta.article:author", "meta.og:article:author"})
#: Text between a time of day and the byline behind it.
_AFTER_TIME = re.compile(rf"^{any_of(byline_words(lambda words: words.after_time))}?[\s|·•,–—/-]+(?=\w)", re.IGNORECASE)
#: Words of a byline with a whole name: "By Jane Doe". A weekday behind fewer may be a surname.
_WORDS_OF_BYLINE = 2
#: Lines below the story that are searched for a byline if the head has none.
_LINES_BELOW = 4
#: The weekday of the date behind a byline: "By Jane Doe, Monday,".
_WEEKDAY_BEHIND = re.compile(rf"(?<=\w)(?:,|\s[|·–—-])?\s{any_of(weekday_words())}[.,]?\s*$", re.IGNORECASE)
#: The beginning of a picture's credit.
_PICTURE = re.compile(rf"{any_of(byline_words(lambda words: words.picture_words))}\w*\s*[:：/]", re.IGNORECASE)


_HAN_TEXT, _HAN_PERSON = re.compile(f"[{HAN}]"), re.compile(f"[{HAN}]{{2,3}}")
#: Between a desk and a name.
_DESK_SLASH = re.compile(rf"(?<=[{HAN}])\s?[{SLASHES}]\s?(?=[{HAN}])")
_REPORTER_OPENER = re.compile(
    rf"^(?:{reporter_words(lambda words: words.openers)}\s*[:：/]"
    rf"|(?:{reporter_words(lambda words: words.title_prefixes)})?{REPORTER}\s*(?=[{HAN}]{{2}}))"
)


class Authors(Struct, frozen=True):
    """The authors' names with evidence, and the indexes of the lines that hold only them."""

    names: tuple[str, ...] = ()
    evidence: Evidence | None = None
    lines: frozenset[int] = frozenset()


def list_authors(
    document: Document,
    placement: Placement,
    labels: Sequence[tuple[LabelledValue, TextLine]],
    with_outlet: Sequence[tuple[str, TextLine]] = (),
    editor: str | None = None,
    date_line: int | None = None,
) -> list[AuthorCandidate]:
    """Return the possible authors of the page's article, the best first.

    `labels` are the labels of its head and foot lines; `with_outlet` are names printed with the outlet (张三/某报).
    `editor` is the editor's name, which Chinese portals may give as the author in their metadata; `date_line` is the
    index of the line with the date.
    """
    labelled = list(_from_labels(labels))
    labelled += [
        AuthorCandidate((name,), "head.author.beside_source", x.path, x.text, x.index) for name, x in with_outlet
    ]
    if tables.language(document.language).conventions.meta_author_names_outlet:
        stated = (
            c
            for c in read_metadata(document)
            if c.rule.startswith("jsonld.") or _is_stated_reporter(c, document, editor)
        )
        found = [*labelled, *_from_elements(document, placement.head), *_from_reporters(document, placement), *stated]
        found = [c for c in found if not c.is_weak]
        return found or list(find_names_beside_date(document, placement, date_line))
    found = [*read_metadata(document), *_printed_authors(document, placement, labelled)]
    found += find_names_beside_date(document, placement, date_line) if not found else ()
    found += [c for c in read_misspelt_metadata(document) if not c.is_weak] if not found else ()
    found = [replace(c, is_weak=False) if c.is_weak and _is_printed(c, found) else c for c in found]
    return [*(c for c in found if not c.is_weak), *(c for c in found if c.is_weak)]


def find_authors(candidates: Sequence[AuthorCandidate]) -> Authors:
    """Return the authors of the page's article from its candidates; empty without candidates."""
    if not candidates:
        return Authors()
    best = candidates[0]
    others = tuple((c.rule, ", ".join(c.names)) for c in candidates[1:5] if c.names != best.names)
    lines = frozenset(c.line for c in candidates if c.line is not None and set(c.names) & set(best.names))
    return Authors(best.names, make_evidence(best.rule, best.place, best.text, others), lines)


def _is_stated_reporter(candidate: AuthorCandidate, document: Document, editor: str | None) -> bool:
    """True if Chinese metadata names reporters: persons other than the editor, under names that a standard defines.

    Government portals follow one that also has ``ContentSource``; elsewhere ``author`` names the desk or an uploader.
    """
    if candidate.rule not in _STANDARD_RULES and not (
        candidate.rule == "meta.author" and "contentsource" in document.meta
    ):
        return False
    return all(_HAN_PERSON.fullmatch(name) and is_person_name(name) and name != editor for name in candidate.names)


def _is_printed(candidate: AuthorCandidate, found: Sequence[AuthorCandidate]) -> bool:
    """True if the page prints a name of the metadata within another one: "dpa", "Von dpa"."""
    printed = {word for c in found if c.line is not None for name in c.names for word in name.split()}
    return not printed.isdisjoint(candidate.names)


def _printed_authors(
    document: Document, placement: Placement, labelled: Sequence[AuthorCandidate]
) -> list[AuthorCandidate]:
    """Return the authors printed in the head, or else right below the story."""
    printed = [
        *_from_bylines(document, placement.head, "head.author.byline"),
        *_from_elements(document, placement.head),
        *labelled,
    ]
    below = list(placement.foot)[1 : 1 + _LINES_BELOW]
    printed += _from_bylines(document, below, "foot.author.byline") if not printed else ()
    printed += _from_elements(document, (*placement.story, *below), "foot.author.hint") if not printed else ()
    return printed


# --- print -----------------------------------------------------------------------------------------------------


def _from_bylines(document: Document, indexes: Iterable[int], rule: str) -> Iterator[AuthorCandidate]:
    """Yield the names of "By Jane Doe and John Roe" on a line of head or foot, before or behind its date."""
    order = infer_day_order(document)
    for index in indexes:
        line = document.lines[index] if 0 <= index < len(document.lines) else None
        if line is None or len(line.text) > 120:
            continue
        text = line.spaced_text
        dates = read_dates(text, language=document.language or "", order=order)
        pieces = (_remove_weekday(text[: dates[0].start]), text[dates[-1].end :]) if dates else (text,)
        names = next((found for piece in pieces if (found := _names_after_opener(piece, document.language))), ())
        if names:
            yield AuthorCandidate(unique_names(names), rule, line.path, line.text, index)


def _remove_weekday(before_date: str) -> str:
    """Return the text before a date without its weekday, which may as well be the surname of a single name."""
    shorter = _WEEKDAY_BEHIND.sub("", before_date)
    return shorter if len(shorter.split()) > _WORDS_OF_BYLINE else before_date


def _names_after_opener(text: str, language: str | None) -> tuple[str, ...]:
    """Return the names behind a byline's opener; empty if `text` is not a byline."""
    text = _AFTER_TIME.sub("", text.strip(" \t|·•,-–—/"))
    match = BYLINE.match(BYLINE_END.split(text)[0]) if BYLINE.match(text) else None
    if match is None:
        match = next((found for pattern in _bylines_without_blank(language) if (found := pattern.search(text))), None)
    if not match or not re.match(r"[^\W\d_a-z]", match["names"]):
        return ()
    names = [name for name in split_names(match["names"]) if len(name.split()) <= 5 and not name[:1].islower()]
    return tuple([name for name in names if not is_western_outlet(name)] or names)


@cache
def _bylines_without_blank(language: str | None) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of bylines in languages that put no blank around names: 文・佐藤由紀, 홍길동 기자."""
    words = tables.language(language).bylines
    patterns = []
    if words.openers_with_mark:
        patterns.append(rf"{any_of(words.openers_with_mark)}\s*[:：・＝=/／]\s*(?P<names>[^\d:：]{{2,30}})$")
    if words.titles_behind:
        name, title = rf"[{words.name_letters}]{{2,4}}", any_of(words.titles_behind)
        patterns.append(rf"(?:^|[\s=|·])(?P<names>{name}(?:\s?[·,]\s?{name}){{0,3}})\s?{title}(?=$|[\s|·(\]])")
    return tuple(map(re.compile, patterns))


def _from_elements(
    document: Document, indexes: Iterable[int], rule: str = "head.author.hint"
) -> Iterator[AuthorCandidate]:
    """Yield the names in elements whose id or class says "author", or that link to an author's page."""
    for index in indexes:
        line = document.lines[index] if 0 <= index < len(document.lines) else None
        if line is None or len(line.text) > 120:
            continue
        names = unique_names(name for text in _texts_of_authors(line) for name in _names_in_element(text))
        if names and not _PICTURE.match(line.text):
            yield AuthorCandidate(names, rule, line.path, line.text, index)


def _texts_of_authors(line: TextLine) -> list[str]:
    """Return the texts of a line's parts that are marked up as authors, or link to an author's page."""
    if len(line.runs) == 1 and line.element is line.runs[0][1] and not line.element.href:
        return [line.text] if line.element.css_names and _is_author_element(line.element.css_names) else []
    parts = line.parts
    texts = [part.text for part in parts if part.css_names and _is_author_element(part.css_names)]
    texts = texts or [part.text for part in parts if part.href and AUTHORS_PAGE.search(part.href)]
    if not texts and _is_author_element(line.element.css_names):
        texts = [line.text] if len(parts) == 1 else [part.text for part in parts if not read_dates(part.text)]
    return texts


def _names_in_element(text: str) -> Iterator[str]:
    """Yield the names in the text of an author's element; text in Han characters may have a desk before them."""
    text = _REPORTER_OPENER.sub("", text)
    if _DESK_SLASH.search(text):
        yield from (x for x in _DESK_SLASH.split(text) if is_person_name(x) and not is_outlet_name(x))
        return
    for name in split_names(text):
        if (
            len(name) <= 30
            and not re.search(r"\d|[:：／]", name)
            and not (_HAN_TEXT.search(name) and is_outlet_name(name))
        ):
            yield name


@lru_cache(maxsize=2_000)
def _is_author_element(names: str) -> bool:
    return _AUTHOR_ELEMENT.search(names) is not None and _OTHERS_ELEMENT.search(names) is None


def _from_labels(labels: Sequence[tuple[LabelledValue, TextLine]]) -> Iterator[AuthorCandidate]:
    ranked = sorted((x for x in labels if x[0].role is Role.AUTHOR), key=lambda x: -x[0].rank)
    for label, line in ranked:
        if names := _names_of_value(label):
            yield AuthorCandidate(names, "head.author.labelled", line.path, line.text.replace(MARK, ""), line.index)


def _names_of_value(labelled: LabelledValue) -> tuple[str, ...]:
    """Return the names behind an author label, split as its language writes names."""
    if labelled.label.name_shape == "han":
        return read_authors(labelled.value)
    value = BYLINE_END.split(" ".join(labelled.value.replace(MARK, " ").split()).strip(" |｜·•,–—/"))[0]
    return tuple(name for name in split_names(value) if len(name.split()) <= 5 and not name[:1].islower())


def _from_reporters(document: Document, placement: Placement) -> Iterator[AuthorCandidate]:
    """Yield reporters named on a line of their own, or in brackets in the first or the last paragraphs."""
    lines = document.lines
    story = list(placement.story)
    ends = dict.fromkeys((*placement.head, *story[:2], *story[-2:], *list(placement.foot)[:4]))
    for index in ends:
        if not 0 <= index < len(lines):
            continue
        line = lines[index]
        names = read_reporters(line.text)
        if names:
            own_line = index if len(line.text) <= LONGEST_OWN_LINE else None
            yield AuthorCandidate(names, "story.author.reporter", line.path, line.text, own_line)
