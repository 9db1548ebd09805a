"""Authors of an article, from printed bylines in many languages, metadata, and reporters named in Chinese text."""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from msgspec import Struct

from crawler.extraction.clean.placement import Placement
from crawler.extraction.data import tables
from crawler.extraction.data.css_names import css_names, url_words
from crawler.extraction.data.date_words import date_units
from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.tables import BylineWords, Reporters, Role
from crawler.extraction.document import Document, TextLine
from crawler.extraction.evidence import make_evidence
from crawler.extraction.fields.byline_grammar import MARK, LabelledValue, read_authors
from crawler.extraction.fields.date_grammar import read_dates
from crawler.extraction.fields.names import HAN, is_person_name
from crawler.extraction.fields.timezone_inference import infer_day_order
from crawler.extraction.fields.title_statements import host_labels, site_name_keys, title_key
from crawler.items import Evidence


def _words(select: Callable[[BylineWords], Iterable[str]]) -> tuple[str, ...]:
    return tables.words_of_all(lambda table: select(table.bylines))


#: Words before a name; each is followed by a blank or a colon.
_OPENERS = any_of(_words(lambda words: words.openers))
_BYLINE = re.compile(rf"^{_OPENERS}\s?:?\s+(?P<names>.+)$", re.IGNORECASE)
_OPENER = re.compile(rf"(?:\w+\s)?{_OPENERS}", re.IGNORECASE)
_NOT_LETTERS = re.compile(r"\W")
#: "Doe, Jane", as catalogues write it.
_INVERTED = re.compile(r"[^\s,]+(?: [^\s,]+)?, [^\s,]+(?: [^\s,]+)?")
_AUTHOR_ELEMENT, _OTHERS_ELEMENT = css_names().author.compile(), css_names().not_author.compile()
#: The URL of an author's own page.
AUTHORS_PAGE = re.compile(rf"/{any_of(url_words().authors)}/[^/]")
_META = (
    "author", "article:author", "og:article:author", "parsely-author", "sailthru.author", "dc.creator",
    "dcterms.creator", "dc.contributor", "byl", "cxenseparse:author", "article.author", "authors", "article_author",
)  # fmt: skip
_AND_WORD = rf"{any_of(_words(lambda words: words.and_words))}\s"
_NAME_SEPARATOR = re.compile(rf"\s*(?:[,;|、，&•·](?:\s{_AND_WORD})?|\s/\s|\s{_AND_WORD})\s*", re.IGNORECASE)
_PREFIX = any_of(_words(lambda words: words.job_prefixes), written_as={"*": r"\w*"})
_TITLE = any_of(_words(lambda words: words.job_titles), written_as={"*": r"\w*"})
_JOB_TITLE = re.compile(rf"^(?:{_PREFIX}\s)*{_TITLE}\b.*$", re.IGNORECASE)
#: Addresses, brackets, and the outlet behind a name.
_NOISE = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+|@\w+|\s*[(\[（【].*?[)\]）】]\s*"
    rf"|\b{any_of(_words(lambda words: words.outlet_words))}\s.*$",
    re.IGNORECASE,
)
#: Text between a time of day and the byline behind it.
_AFTER_TIME = re.compile(rf"^{any_of(_words(lambda words: words.after_time))}?[\s|·•,–—/-]+(?=\w)", re.IGNORECASE)
#: Lines below the story that are searched for a byline if the head has none.
_LINES_BELOW = 4
#: The end of a printed byline, and the beginning of a picture's credit.
_BYLINE_END = re.compile(rf"\s{any_of(_words(lambda words: words.end_words))}\b|\s[|•·–—]\s|\s-\s", re.IGNORECASE)
_PICTURE = re.compile(rf"{any_of(_words(lambda words: words.picture_words))}\w*\s*[:：/]", re.IGNORECASE)


def _reporter_words(select: Callable[[Reporters], Iterable[str]]) -> str:
    return any_of(tables.words_of_all(lambda table: select(table.reporters)))


_REPORTER = _reporter_words(lambda words: words.titles)
#: The title of a reporter behind a stated name: 홍길동 기자.
_TITLE_BEHIND = re.compile(rf"\s(?:{_REPORTER}|{any_of(_words(lambda words: words.titles_behind))})$")
#: A name that begins like the opener of a byline.
_PARTICLE_NAME = re.compile(rf"{any_of(_words(lambda words: words.name_particles))}\s\S+$")
#: Reporters behind their outlet or title: （某某日报记者 王某、李某）.
_REPORTERS = re.compile(
    rf"(?:^|[（(【〔［\s·|丨◎●■□])[{HAN}A-Za-z·“”/、+\-]{{0,14}}?{_REPORTER}\s*[:：]?\s*(?P<names>[{HAN}·、，,\s]{{2,40}}?)"
    rf"\s*(?:[）)】〕］]|$|[／/|]|{_reporter_words(lambda words: words.names_end)}"
    rf"|(?=[12]\d{{3}}[-/.{date_units().year}]))"
)
_REPORTER_OPENER = re.compile(
    rf"^(?:{_reporter_words(lambda words: words.openers)}\s*[:：/]"
    rf"|(?:{_reporter_words(lambda words: words.title_prefixes)})?{_REPORTER}\s*(?=[{HAN}]{{2}}))"
)
#: Reporters behind a desk or a place: 社會中心／某某某報導.
_DESK_REPORTERS = re.compile(
    rf"{_reporter_words(lambda words: words.desks)}[／/](?P<names>[{HAN}、]{{2,14}}?)(?:／[{HAN}]{{2,4}})?"
    rf"{_reporter_words(lambda words: words.desk_endings)}$"
)


class Authors(Struct, frozen=True):
    """The authors' names with evidence, and the indexes of the lines that hold only them."""

    names: tuple[str, ...] = ()
    evidence: Evidence | None = None
    lines: frozenset[int] = frozenset()


class _AuthorCandidate(Struct, frozen=True):
    names: tuple[str, ...]
    rule: str
    place: str
    text: str
    line: int | None = None
    is_site: bool = False  # the only name is the site's own


def find_authors(
    document: Document,
    placement: Placement,
    labels: Sequence[tuple[LabelledValue, TextLine]],
    with_outlet: Sequence[tuple[str, TextLine]] = (),
) -> Authors:
    """Return the authors of the page's article; empty if it names none.

    `labels` are the labels of its head and foot lines; `with_outlet` are names printed with the outlet (张三/某报).
    """
    labelled = list(_from_labels(labels))
    labelled += [
        _AuthorCandidate((name,), "head.author.beside_source", x.path, x.text, x.index) for name, x in with_outlet
    ]
    if tables.language(document.language).conventions.meta_author_names_outlet:
        stated = (c for c in _from_metadata(document) if c.rule.startswith("jsonld."))
        found = [*labelled, *_from_elements(document, placement.head), *_from_reporters(document, placement), *stated]
        candidates = [c for c in found if not c.is_site]
    else:
        found = [*_from_metadata(document), *_printed_authors(document, placement, labelled)]
        candidates = [*(c for c in found if not c.is_site), *(c for c in found if c.is_site)]
    if not candidates:
        return Authors()
    best = candidates[0]
    others = tuple((c.rule, ", ".join(c.names)) for c in candidates[1:5] if c.names != best.names)
    lines = frozenset(c.line for c in candidates if c.line is not None and set(c.names) & set(best.names))
    return Authors(best.names, make_evidence(best.rule, best.place, best.text, others), lines)


def _printed_authors(
    document: Document, placement: Placement, labelled: Sequence[_AuthorCandidate]
) -> list[_AuthorCandidate]:
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


# --- metadata --------------------------------------------------------------------------------------------------


def _from_metadata(document: Document) -> Iterator[_AuthorCandidate]:
    node: Mapping[str, Any] = document.article_ld or {}
    site = site_name_keys(document) | host_labels(document)
    stated = [(f"jsonld.{name}", list(_names_in_jsonld(node.get(name), document))) for name in ("author", "creator")]
    stated += [(f"meta.{name}", list(document.meta.get(name, ()))) for name in _META]
    for rule, texts in stated:
        if not texts:
            continue
        if len(texts) > 1 and all(_INVERTED.fullmatch(text) for text in texts):
            texts = [" ".join(reversed(text.split(", "))) for text in texts]
        names = _unique_names(name for text in texts for name in split_names(text))
        persons = tuple(name for name in names if not {title_key(name), _NOT_LETTERS.sub("", title_key(name))} & site)
        if names:
            yield _AuthorCandidate(persons or names, rule, rule, ", ".join(texts), is_site=not persons)


def _names_in_jsonld(value: object, document: Document, depth: int = 0) -> Iterator[str]:
    """Yield the names in a JSON-LD author: a text, a node, a reference to a node by its id, or a list of these."""
    if isinstance(value, str):
        yield value
    elif depth > 4:  # no sane page nests names deeper
        return
    elif isinstance(value, list):
        for item in value[:20]:
            yield from _names_in_jsonld(item, document, depth + 1)
    elif isinstance(value, dict):
        if value.get("name"):
            yield from _names_in_jsonld(value["name"], document, depth + 1)
        elif isinstance(value.get("familyName"), str):
            yield f"{value.get('givenName') or ''} {value['familyName']}".strip()
        elif "@id" in value:
            for node in document.jsonld:
                if node.get("@id") == value["@id"] and isinstance(node.get("name"), str):
                    yield node["name"]
                    break


def _unique_names(names: Iterable[str]) -> tuple[str, ...]:
    seen: dict[str, str] = {}
    for name in names:
        seen.setdefault(_NOT_LETTERS.sub("", name).casefold(), name)
    return tuple(seen.values())


def split_names(text: str) -> tuple[str, ...]:
    """Return the names in a byline of any usual form, without its opener, job titles, addresses and outlets."""
    return _split_names(text) if len(text) <= 400 else ()


@lru_cache(maxsize=500)
def _split_names(text: str) -> tuple[str, ...]:
    text = html.unescape(html.unescape(text)).strip()
    if re.match(r"(?i)https?://|www\.", text):
        return ()
    opened = _BYLINE.match(text)
    text = opened["names"] if opened and not _starts_with_name(text) else text
    names = []
    for piece in _NAME_SEPARATOR.split(_NOISE.sub(" ", text)):
        name = _TITLE_BEHIND.sub("", re.sub(r"\s+", " ", piece or "").strip()).strip(' .,:;-–—|/*"“”„')
        if name and not _JOB_TITLE.match(name) and not _OPENER.fullmatch(name) and _could_be_name(name):
            names.append(name)
    return tuple(names)


def _starts_with_name(text: str) -> bool:
    """True if a word that is also an opener begins a name: "Di Stefano", "Da Silva", "De Gaulle"."""
    return _PARTICLE_NAME.match(text) is not None


def _could_be_name(text: str) -> bool:
    return 2 <= len(text) <= 60 and len(text.split()) <= 7 and not re.search(r"[<>{}=?!]|\d{3,}", text)


# --- print -----------------------------------------------------------------------------------------------------


def _from_bylines(document: Document, indexes: Iterable[int], rule: str) -> Iterator[_AuthorCandidate]:
    """Yield the names of "By Jane Doe and John Roe" on a line of head or foot, before or behind its date."""
    order = infer_day_order(document)
    for index in indexes:
        line = document.lines[index] if 0 <= index < len(document.lines) else None
        if line is None or len(line.text) > 120:
            continue
        text = line.spaced_text
        dates = read_dates(text, language=document.language or "", order=order)
        pieces = (text[: dates[0].start], text[dates[-1].end :]) if dates else (text,)
        names = next((found for piece in pieces if (found := _names_after_opener(piece, document.language))), ())
        if names:
            yield _AuthorCandidate(_unique_names(names), rule, line.path, line.text, index)


def _names_after_opener(text: str, language: str | None) -> tuple[str, ...]:
    """Return the names behind a byline's opener; empty if `text` is not a byline."""
    text = _AFTER_TIME.sub("", text.strip(" \t|·•,-–—/"))
    match = _BYLINE.match(_BYLINE_END.split(text)[0]) if _BYLINE.match(text) else None
    if match is None:
        match = next((found for pattern in _bylines_without_blank(language) if (found := pattern.search(text))), None)
    if not match or not re.match(r"[^\W\d_a-z]", match["names"]):
        return ()
    return tuple(name for name in split_names(match["names"]) if len(name.split()) <= 5 and not name[:1].islower())


@cache
def _bylines_without_blank(language: str | None) -> tuple[re.Pattern[str], ...]:
    """Return the patterns of bylines in languages that put no blank around names: 文・佐藤由紀, 홍길동 기자."""
    words = tables.language(language).bylines
    patterns = []
    if words.openers_with_mark:
        patterns.append(rf"{any_of(words.openers_with_mark)}\s*[:：・＝=/／]\s*(?P<names>[^\d:：]{{2,30}})$")
    if words.titles_behind:
        name, title = rf"[{words.name_letters}]{{2,4}}", any_of(words.titles_behind)
        patterns.append(rf"(?:^|[\s=|·])(?P<names>{name}(?:\s?[·,]\s?{name}){{0,3}})\s?{title}(?=$|[\s|·(])")
    return tuple(map(re.compile, patterns))


def _from_elements(
    document: Document, indexes: Iterable[int], rule: str = "head.author.hint"
) -> Iterator[_AuthorCandidate]:
    """Yield the names in elements whose id or class says "author", or that link to an author's page."""
    for index in indexes:
        line = document.lines[index] if 0 <= index < len(document.lines) else None
        if line is None or len(line.text) > 120:
            continue
        parts = line.parts
        texts = [part.text for part in parts if part.css_names and _is_author_element(part.css_names)]
        texts = texts or [part.text for part in parts if part.href and AUTHORS_PAGE.search(part.href)]
        if not texts and _is_author_element(line.element.css_names):
            texts = [line.text]
        if not texts:
            continue
        names = _unique_names(name for text in texts for name in split_names(_REPORTER_OPENER.sub("", text)))
        names = tuple(name for name in names if len(name) <= 30 and not re.search(r"\d|[:：／]", name))
        if names and not _PICTURE.match(line.text):
            yield _AuthorCandidate(names, rule, line.path, line.text, index)


@lru_cache(maxsize=2_000)
def _is_author_element(names: str) -> bool:
    return _AUTHOR_ELEMENT.search(names) is not None and _OTHERS_ELEMENT.search(names) is None


def _from_labels(labels: Sequence[tuple[LabelledValue, TextLine]]) -> Iterator[_AuthorCandidate]:
    ranked = sorted((x for x in labels if x[0].role is Role.AUTHOR), key=lambda x: -x[0].rank)
    for label, line in ranked:
        if names := _names_of_value(label):
            yield _AuthorCandidate(names, "head.author.labelled", line.path, line.text.replace(MARK, ""), line.index)


def _names_of_value(labelled: LabelledValue) -> tuple[str, ...]:
    """Return the names behind an author label, split as its language writes names."""
    if labelled.label.name_shape == "han":
        return read_authors(labelled.value)
    value = _BYLINE_END.split(" ".join(labelled.value.replace(MARK, " ").split()).strip(" |｜·•,–—/"))[0]
    return tuple(name for name in split_names(value) if len(name.split()) <= 5 and not name[:1].islower())


def _from_reporters(document: Document, placement: Placement) -> Iterator[_AuthorCandidate]:
    """Yield reporters named on a line of their own, or in brackets in the first or the last paragraphs."""
    lines = document.lines
    story = list(placement.story)
    ends = dict.fromkeys((*placement.head, *story[:2], *story[-2:], *list(placement.foot)[:4]))
    for index in ends:
        if not 0 <= index < len(lines):
            continue
        line = lines[index]
        text = line.text if len(line.text) < 60 else line.text[:80] + "\n" + line.text[-80:]
        for match in (*_REPORTERS.finditer(text), *_DESK_REPORTERS.finditer(text if len(text) <= 40 else "")):
            is_bracketed = match[0][:1] in "（(【〔［"
            if not is_bracketed and len(line.text) > 40:
                continue
            names = tuple(name for name in re.split(r"[、，,\s]+", match["names"]) if is_person_name(name))
            if names:
                own_line = index if len(line.text) <= 40 else None
                yield _AuthorCandidate(names, "story.author.reporter", line.path, line.text, own_line)
