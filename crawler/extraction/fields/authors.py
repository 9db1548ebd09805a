"""Authors of an article, from printed bylines in many languages, metadata, and reporters named in Chinese text."""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from crawler.extraction.clean.placement import Placement
from crawler.extraction.data import tables
from crawler.extraction.data.css_names import css_names, url_words
from crawler.extraction.data.date_words import weekday_words
from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.tables import BylineWords, Role
from crawler.extraction.document import Document, TextLine
from crawler.extraction.evidence import make_evidence
from crawler.extraction.fields.byline_grammar import MARK, LabelledValue, read_authors
from crawler.extraction.fields.date_grammar import read_dates
from crawler.extraction.fields.names import CONTROL_WORDS, HAN, is_outlet_name, is_person_name
from crawler.extraction.fields.reporters import LONGEST_OWN_LINE, REPORTER, SLASHES, read_reporters, reporter_words
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
#: Rules of metadata in which Chinese platforms name a reporter.
_STANDARD_RULES = frozenset({"meta.article:author", "meta.og:article:author"})
_AND_WORD = rf"{any_of(_words(lambda words: words.and_words))}\s"
_NAME_SEPARATOR = re.compile(rf"\s*(?:[,;|、，&•·](?:\s{_AND_WORD})?|\s/\s|\s{_AND_WORD})\s*", re.IGNORECASE)
_PREFIX = any_of(_words(lambda words: words.job_prefixes), written_as={"*": r"\w*"})
_TITLE = any_of(_words(lambda words: words.job_titles), written_as={"*": r"\w*"})
_JOB_TITLE = re.compile(rf"^(?:{_PREFIX}\s)*{_TITLE}\b.*$", re.IGNORECASE)
#: A job title at the end of a text: "Harbour Herald staff writer".
_ENDS_AS_JOB = re.compile(rf"\s(?:{_PREFIX}\s)*{_TITLE}$", re.IGNORECASE)
#: Addresses, brackets, and the outlet behind a name.
_NOISE = re.compile(
    r"https?://\S+|www\.\S+|\S+@\S+|@\w+|\s*[(\[（【].*?[)\]）】]\s*"
    rf"|\b{any_of(_words(lambda words: words.outlet_words))}\s.*$",
    re.IGNORECASE,
)
#: Text between a time of day and the byline behind it.
_AFTER_TIME = re.compile(rf"^{any_of(_words(lambda words: words.after_time))}?[\s|·•,–—/-]+(?=\w)", re.IGNORECASE)
#: Words of a byline with a whole name: "By Jane Doe". A weekday behind fewer may be a surname.
_WORDS_OF_BYLINE = 2
#: Lines below the story that are searched for a byline if the head has none.
_LINES_BELOW = 4
#: The end of a printed byline: a word such as "updated", a number, another label, a separator.
_BYLINE_END = re.compile(
    rf"\s{any_of(_words(lambda words: words.end_words))}\b|\s\(?\d|\s[^\W\d]+\s?[:：]|\s[|•·–—]\s|\s-\s",
    re.IGNORECASE,
)
#: The weekday of the date behind a byline: "By Jane Doe, Monday,".
_WEEKDAY_BEHIND = re.compile(rf"(?<=\w)(?:,|\s[|·–—-])?\s{any_of(weekday_words())}[.,]?\s*$", re.IGNORECASE)
#: The beginning of a picture's credit.
_PICTURE = re.compile(rf"{any_of(_words(lambda words: words.picture_words))}\w*\s*[:：/]", re.IGNORECASE)


_HAN_TEXT, _HAN_PERSON = re.compile(f"[{HAN}]"), re.compile(f"[{HAN}]{{2,3}}")
#: Between a desk and a name.
_DESK_SLASH = re.compile(rf"(?<=[{HAN}])\s?[{SLASHES}]\s?(?=[{HAN}])")
#: The title of a reporter behind a stated name: 홍길동 기자.
_TITLE_BEHIND = re.compile(rf"\s(?:{REPORTER}|{any_of(_words(lambda words: words.titles_behind))})$")
#: The name of a user of the content management system.
_LOGIN_NAME = re.compile(r"[a-z0-9_.-]+")
#: A name that begins like the opener of a byline.
_PARTICLE_NAME = re.compile(rf"{any_of(_words(lambda words: words.name_particles))}\s\S+$")
_REPORTER_OPENER = re.compile(
    rf"^(?:{reporter_words(lambda words: words.openers)}\s*[:：/]"
    rf"|(?:{reporter_words(lambda words: words.title_prefixes)})?{REPORTER}\s*(?=[{HAN}]{{2}}))"
)


class Authors(Struct, frozen=True):
    """The authors' names with evidence, and the indexes of the lines that hold only them."""

    names: tuple[str, ...] = ()
    evidence: Evidence | None = None
    lines: frozenset[int] = frozenset()


class AuthorCandidate(Struct, frozen=True):
    """Names that may be the authors', with the rule, place and raw text they were read from."""

    names: tuple[str, ...]
    rule: str
    place: str
    text: str
    line: int | None = None
    is_weak: bool = False  # the only name is the site's own, or a login name


def list_authors(
    document: Document,
    placement: Placement,
    labels: Sequence[tuple[LabelledValue, TextLine]],
    with_outlet: Sequence[tuple[str, TextLine]] = (),
    editor: str | None = None,
) -> list[AuthorCandidate]:
    """Return the possible authors of the page's article, the best first.

    `labels` are the labels of its head and foot lines; `with_outlet` are names printed with the outlet (张三/某报).
    `editor` is the editor's name, which Chinese portals may give as the author in their metadata.
    """
    labelled = list(_from_labels(labels))
    labelled += [
        AuthorCandidate((name,), "head.author.beside_source", x.path, x.text, x.index) for name, x in with_outlet
    ]
    if tables.language(document.language).conventions.meta_author_names_outlet:
        stated = (
            c
            for c in _from_metadata(document)
            if c.rule.startswith("jsonld.") or _is_stated_reporter(c, document, editor)
        )
        found = [*labelled, *_from_elements(document, placement.head), *_from_reporters(document, placement), *stated]
        return [c for c in found if not c.is_weak]
    found = [*_from_metadata(document), *_printed_authors(document, placement, labelled)]
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


# --- metadata --------------------------------------------------------------------------------------------------


def _from_metadata(document: Document) -> Iterator[AuthorCandidate]:
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
            is_weak = not persons or all(map(_LOGIN_NAME.fullmatch, persons))
            yield AuthorCandidate(persons or names, rule, rule, ", ".join(texts), is_weak=is_weak)


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
    names: list[str] = []
    for piece in _NAME_SEPARATOR.split(_NOISE.sub(" ", text)):
        name = _TITLE_BEHIND.sub("", re.sub(r"\s+", " ", piece or "").strip()).strip(' .,:;-–—|/*"“”„')
        if not name or _JOB_TITLE.match(name) or _OPENER.fullmatch(name) or not _could_be_name(name):
            continue
        if names and _ENDS_AS_JOB.search(name):
            continue  # "Jane Doe, Harbour Herald reporter"
        names.append(name)
    return tuple(names)


def _starts_with_name(text: str) -> bool:
    """True if a word that is also an opener begins a name: "Di Stefano", "Da Silva", "De Gaulle"."""
    return _PARTICLE_NAME.match(text) is not None


def _could_be_name(text: str) -> bool:
    if not 2 <= len(text) <= 60 or len(text.split()) > 7 or text in CONTROL_WORDS:
        return False
    return not re.search(r"[<>{}=?!]|\d{3,}", text)


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
            yield AuthorCandidate(_unique_names(names), rule, line.path, line.text, index)


def _remove_weekday(before_date: str) -> str:
    """Return the text before a date without its weekday, which may as well be the surname of a single name."""
    shorter = _WEEKDAY_BEHIND.sub("", before_date)
    return shorter if len(shorter.split()) > _WORDS_OF_BYLINE else before_date


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
) -> Iterator[AuthorCandidate]:
    """Yield the names in elements whose id or class says "author", or that link to an author's page."""
    for index in indexes:
        line = document.lines[index] if 0 <= index < len(document.lines) else None
        if line is None or len(line.text) > 120:
            continue
        names = _unique_names(name for text in _texts_of_authors(line) for name in _names_in_element(text))
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
    value = _BYLINE_END.split(" ".join(labelled.value.replace(MARK, " ").split()).strip(" |｜·•,–—/"))[0]
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
