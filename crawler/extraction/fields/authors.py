"""The names of a story's authors: printed bylines in many languages, metadata, reporters named in Chinese text."""

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct

from crawler.extraction.clean.placement import Placement
from crawler.extraction.data import tables
from crawler.extraction.data.tables import Role
from crawler.extraction.document import Document, TextLine
from crawler.extraction.evidence import make_evidence
from crawler.extraction.fields.byline_grammar import MARK, LabelledValue, authors_of, is_person
from crawler.extraction.fields.date_grammar import read_dates
from crawler.extraction.fields.timezone_inference import infer_day_order
from crawler.extraction.fields.title_statements import host_labels, site_name_keys, title_key
from crawler.items import Evidence

#: Words that open a byline, by language; each must be followed by a name.
_BY = (
    r"(?:written by|reported by|story by|words by|posted by|by|von|par|por|di|da|de|door|av|af|kirjoittanut|oleh|"
    r"penulis|reporter|autor(?:in|a|ka|ka)?|author|auteur|autore|tekst|text|redakteur(?:in)?|yazan|haber|автор|текст|συντάκτης|"
    r"بقلم|كتبت?|تحرير|เขียนโดย|ผู้เขียน|โดย|מאת|bởi|tác giả|लेखक)"
)
#: The same in scripts that set no space behind it: 文・佐藤由紀, 記者：佐藤由紀; and what stands behind a Korean name.
_BY_JA = re.compile(
    r"(?:取材・文|記者|執筆者?|筆者|著者|文責|ライター|編集委員|文)\s*[:：・＝=/／]\s*(?P<names>[^\d:：]{2,30})$"
)
_BY_KO = re.compile(
    r"(?:^|[\s=|·])(?P<names>[가-힣]{2,4}(?:\s?[·,]\s?[가-힣]{2,4}){0,3})\s?(?:선임|수습|인턴|전문|객원)?기자(?=$|[\s|·(])"
)
_BYLINE = re.compile(rf"^{_BY}\s?:?\s+(?P<names>.+)$", re.IGNORECASE)
_MARKS = re.compile(r"\W")
#: "Doe, Jane", as catalogues write it.
_INVERTED = re.compile(r"[^\s,]+(?: [^\s,]+)?, [^\s,]+(?: [^\s,]+)?")
_OPENER = re.compile(rf"(?:\w+\s)?{_BY}", re.IGNORECASE)
#: Byline openers that are also everyday prepositions: a capital must follow, and the line hold nothing else.
_HINT = re.compile(r"author|(?<![a-z])(?:byline|by-line|autor|writer|redakteur|auteur|firma|signature|penulis)")
_NOT_HINT = re.compile(
    r"comment|related|bio\b|description|social|follow|avatar|sidebar|teaser|(?<!v)card|recommend|popular|list-author"
)
#: The address of an author's own page.
AUTHORS_PAGE = re.compile(r"/(?:authors?|auteurs?|autor(?:en|es|i)?|autorzy|penulis|skribent|yazar(?:lar)?)/[^/]")
_META = (
    "author", "article:author", "og:article:author", "parsely-author", "sailthru.author", "dc.creator",
    "dcterms.creator", "dc.contributor", "byl", "cxenseparse:author", "article.author", "authors", "article_author",
)  # fmt: skip
_WORDS_FOR_AND = r"(?:and|und|y|et|e|og|och|en|ja|ve|dan|i|và|и|та|și|és|sowie|with|mit)\s"
_AND = re.compile(rf"\s*(?:[,;|、，&•·](?:\s{_WORDS_FOR_AND})?|\s/\s|\s{_WORDS_FOR_AND})\s*", re.IGNORECASE)
_ROLE = re.compile(
    r"(?i)^(?:(?:senior|chief|staff|political|politics|business|world|foreign|sports?|health|crime|deputy|"
    r"associate|"
    r"assistant|digital|video|breaking|news|europe|asia|us|uk|china|white house|national|local|special|freelance|data|"
    r"science|tech\w*|environment|royal|education|features?|investigations?|economics?|markets?|managing|executive)\s)*"
    r"(?:reporters?|writers?|editors?|correspondents?|journalists?|columnists?|contributors?|producers?|bureau chief|"
    r"author|redakteur(?:in)?|journalist(?:in|e|a)?|korrespondent(?:in)?|autor(?:in|a)?|redaktion|redacci[oó]n|redactie|redazione|"
    r"r[ée]daction|redactor\w*|giornalista|periodista|newsroom|staff|team|desk|opinion|guest|photograph\w*|fotograf\w*)\b.*$"
)
_NOISE = re.compile(r"(?i)https?://\S+|www\.\S+|\S+@\S+|@\w+|\s*[(\[（【].*?[)\]）】]\s*|\b(?:for|für|at)\s.*$")
#: What may stand between a time of day and the byline behind it.
_CLOCK_WORD = re.compile(r"(?i)^(?:น\.|uhr|hrs?|ist|gmt|utc|h)?[\s|·•,–—/-]+(?=\w)")
#: Lines below the story in which a byline is looked for where the head has none.
_BELOW = 4
#: Where the names of a printed byline end, and how the credit of a picture begins.
_BYLINE_END = re.compile(r"(?i)\s(?:with|mit|follow|twitter|facebook|published|updated|posted)\b|\s[|•·–—]\s|\s-\s")
_PICTURE = re.compile(r"(?i)(?:image|photo|picture|foto|bild|imagen|crédit|credit|fot\.|图|圖)\w*\s*[:：/]")
#: What stands after a Chinese outlet's or reporter's title: the reporters' names.
_REPORTERS = re.compile(
    r"(?:^|[（(【〔［\s·|丨◎●■□])[\u3400-\u9fffA-Za-z·“”/、+\-]{0,14}?(?:记者|記者)\s*[:：]?\s*(?P<names>[\u3400-\u9fff·、，,\s]{2,40}?)"
    r"\s*(?:[）)】〕］]|$|[／/|]|通讯员|通訊員|摄|文|编辑|報道|报道|整合|综合|实习生|(?=[12]\d{3}[-/年.]))"
)


_CHINESE_OPENER = re.compile(
    r"^(?:(?:作者|记者|文)\s*[:：/]|(?:本报|本網|本网|见习|实习|首席)?(?:记者|記者)\s*(?=[\u3400-\u9fff]{2}))"
)
#: The same where the desk is named, or the place the report is from: 社會中心／某某某報導.
_DESK = re.compile(
    r"(?:中心|組|組別|部)[／/](?P<names>[\u3400-\u9fff、]{2,14}?)(?:／[\u3400-\u9fff]{2,4})?(?:綜合|整理)?報[導道]$"
)


class Authors(Struct, frozen=True):
    """The authors' names with why, and the lines that hold nothing but them."""

    names: tuple[str, ...] = ()
    evidence: Evidence | None = None
    lines: frozenset[int] = frozenset()


class _Candidate(Struct, frozen=True):
    names: tuple[str, ...]
    rule: str
    place: str
    text: str
    line: int | None = None
    site: bool = False  # the only name is the site's own


def find_authors(
    document: Document,
    placement: Placement,
    labels: Sequence[tuple[LabelledValue, TextLine]],
    beside: Sequence[tuple[str, TextLine]] = (),
) -> Authors:
    """The authors of the page's article; empty when it names none.

    `labels` are the labels of its head and foot lines, `beside` names printed together with the outlet (张三/某报).
    """
    printed = list(_labelled(labels))
    printed += [_Candidate((name,), "head.author.beside_source", x.path, x.text, x.index) for name, x in beside]
    in_meta_is_outlet = tables.language(document.language).conventions.meta_author_names_outlet
    if in_meta_is_outlet:
        stated = [c for c in _stated(document) if c.rule.startswith("jsonld.")]
        candidates = [*printed, *_hinted(document, placement.head), *_reporters(document, placement), *stated]
    else:
        printed = [
            *_bylines(document, placement.head, "head.author.byline"),
            *_hinted(document, placement.head),
            *printed,
        ]
        below = list(placement.foot)[1 : 1 + _BELOW]
        printed += _bylines(document, below, "foot.author.byline") if not printed else ()
        printed += _hinted(document, (*placement.story, *below), "foot.author.hint") if not printed else ()
        candidates = [*_stated(document), *printed]
    candidates = [*(c for c in candidates if not c.site), *(c for c in candidates if c.site)]
    if in_meta_is_outlet:
        candidates = [c for c in candidates if not c.site]
    if not candidates:
        return Authors()
    best = candidates[0]
    others = tuple((c.rule, ", ".join(c.names)) for c in candidates[1:5] if c.names != best.names)
    lines = frozenset(c.line for c in candidates if c.line is not None and set(c.names) & set(best.names))
    return Authors(best.names, make_evidence(best.rule, best.place, best.text, others), lines)


# --- metadata --------------------------------------------------------------------------------------------------


def _stated(document: Document) -> Iterator[_Candidate]:
    node: Mapping[str, Any] = document.article_ld or {}
    own = site_name_keys(document) | host_labels(document)
    stated = [(f"jsonld.{name}", list(_names_of(node.get(name), document))) for name in ("author", "creator")]
    stated += [(f"meta.{name}", list(document.meta.get(name, ()))) for name in _META]
    for rule, texts in stated:
        if not texts:
            continue
        if len(texts) > 1 and all(_INVERTED.fullmatch(text) for text in texts):
            texts = [" ".join(reversed(text.split(", "))) for text in texts]
        names = _distinct(name for text in texts for name in split_names(text))
        persons = tuple(name for name in names if not {title_key(name), _MARKS.sub("", title_key(name))} & own)
        if names:
            yield _Candidate(persons or names, rule, rule, ", ".join(texts), site=not persons)


def _names_of(value: object, document: Document, depth: int = 0) -> Iterator[str]:
    """Names in a JSON-LD author: a text, a node, a reference to a node by its id, or a list of these."""
    if isinstance(value, str):
        yield value
    elif depth > 4:  # no sane page nests names deeper
        return
    elif isinstance(value, list):
        for item in value[:20]:
            yield from _names_of(item, document, depth + 1)
    elif isinstance(value, dict):
        if value.get("name"):
            yield from _names_of(value["name"], document, depth + 1)
        elif isinstance(value.get("familyName"), str):
            yield f"{value.get('givenName') or ''} {value['familyName']}".strip()
        elif "@id" in value:
            for node in document.jsonld:
                if node.get("@id") == value["@id"] and isinstance(node.get("name"), str):
                    yield node["name"]
                    break


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    seen: dict[str, str] = {}
    for name in names:
        seen.setdefault(_MARKS.sub("", name).casefold(), name)
    return tuple(seen.values())


def split_names(text: str) -> tuple[str, ...]:
    """The names in a byline of any of the usual shapes: opener, titles, addresses and outlets' roles taken off."""
    return _names_in(text) if len(text) <= 400 else ()


@lru_cache(maxsize=500)
def _names_in(text: str) -> tuple[str, ...]:
    text = html.unescape(html.unescape(text)).strip()
    if re.match(r"(?i)https?://|www\.", text):
        return ()
    opened = _BYLINE.match(text)
    text = opened["names"] if opened and not _is_name_word(text) else text
    names = []
    for piece in _AND.split(_NOISE.sub(" ", text)):
        name = re.sub(r"\s(?:기자|記者|记者)$", "", re.sub(r"\s+", " ", piece or "").strip()).strip(' .,:;-–—|/*"“”„')
        if name and not _ROLE.match(name) and not _OPENER.fullmatch(name) and _could_be_name(name):
            names.append(name)
    return tuple(names)


def _is_name_word(text: str) -> bool:
    """Whether what looks like an opener belongs to a name: "Di Stefano", "Da Silva", "De Gaulle"."""
    return bool(re.match(r"(?:Di|Da|De|Von|Av)\s\S+$", text))


def _could_be_name(text: str) -> bool:
    return 2 <= len(text) <= 60 and len(text.split()) <= 7 and not re.search(r"[<>{}=?!]|\d{3,}", text)


# --- print -----------------------------------------------------------------------------------------------------


def _bylines(document: Document, indexes: Iterable[int], rule: str) -> Iterator[_Candidate]:
    """ "By Jane Doe and John Roe" on a line of head or foot, before or behind its date."""
    order = infer_day_order(document)
    for index in indexes:
        line = document.lines[index] if 0 <= index < len(document.lines) else None
        if line is None or len(line.text) > 120:
            continue
        text = line.spaced_text
        dates = read_dates(text, language=document.language or "", order=order)
        pieces = (text[: dates[0].start], text[dates[-1].end :]) if dates else (text,)
        names = next((found for piece in pieces if (found := _opened_names(piece, document.language))), ())
        if names:
            yield _Candidate(_distinct(names), rule, line.path, line.text, index)


def _opened_names(text: str, language: str | None) -> tuple[str, ...]:
    """The names behind a byline's opener; empty where `text` is no byline."""
    text = _CLOCK_WORD.sub("", text.strip(" \t|·•,-–—/"))
    match = _BYLINE.match(_BYLINE_END.split(text)[0]) if _BYLINE.match(text) else None
    if match is None and language == "ja":
        match = _BY_JA.search(text)
    if match is None and language == "ko":
        match = _BY_KO.search(text)
    if not match or not re.match(r"[^\W\d_a-z]", match["names"]):
        return ()
    return tuple(name for name in split_names(match["names"]) if len(name.split()) <= 5 and not name[:1].islower())


def _hinted(document: Document, indexes: Iterable[int], rule: str = "head.author.hint") -> Iterator[_Candidate]:
    """Names in an element that is named for its author."""
    for index in indexes:
        line = document.lines[index] if 0 <= index < len(document.lines) else None
        if line is None or len(line.text) > 120:
            continue
        parts = line.parts
        texts = [part.text for part in parts if part.css_names and _names_an_author(part.css_names)]
        texts = texts or [part.text for part in parts if part.href and AUTHORS_PAGE.search(part.href)]
        if not texts and _names_an_author(line.element.css_names):
            texts = [line.text]
        if not texts:
            continue
        names = _distinct(name for text in texts for name in split_names(_CHINESE_OPENER.sub("", text)))
        names = tuple(name for name in names if len(name) <= 30 and not re.search(r"\d|[:：／]", name))
        if names and not _PICTURE.match(line.text):
            yield _Candidate(names, rule, line.path, line.text, index)


@lru_cache(maxsize=2_000)
def _names_an_author(names: str) -> bool:
    return _HINT.search(names) is not None and _NOT_HINT.search(names) is None


def _labelled(labels: Sequence[tuple[LabelledValue, TextLine]]) -> Iterator[_Candidate]:
    ranked = sorted((x for x in labels if x[0].role is Role.AUTHOR), key=lambda x: -x[0].rank)
    for label, line in ranked:
        if names := _names_of_value(label):
            yield _Candidate(names, "head.author.labelled", line.path, line.text.replace(MARK, ""), line.index)


def _names_of_value(labelled: LabelledValue) -> tuple[str, ...]:
    """Return the names behind an author label, split as its language writes names."""
    if labelled.label.name_shape == "han":
        return authors_of(labelled.value)
    value = _BYLINE_END.split(" ".join(labelled.value.replace(MARK, " ").split()).strip(" |｜·•,–—/"))[0]
    return tuple(name for name in split_names(value) if len(name.split()) <= 5 and not name[:1].islower())


def _reporters(document: Document, placement: Placement) -> Iterator[_Candidate]:
    """Reporters named on a line of their own, or in brackets in the first or the last paragraphs."""
    lines = document.lines
    story = list(placement.story)
    ends = dict.fromkeys((*placement.head, *story[:2], *story[-2:], *list(placement.foot)[:4]))
    for index in ends:
        if not 0 <= index < len(lines):
            continue
        line = lines[index]
        text = line.text if len(line.text) < 60 else line.text[:80] + "\n" + line.text[-80:]
        for match in (*_REPORTERS.finditer(text), *_DESK.finditer(text if len(text) <= 40 else "")):
            bracketed = match[0][:1] in "（(【〔［"
            if not bracketed and len(line.text) > 40:
                continue
            names = tuple(name for name in re.split(r"[、，,\s]+", match["names"]) if is_person(name))
            if names:
                own_line = index if len(line.text) <= 40 else None
                yield _Candidate(names, "story.author.reporter", line.path, line.text, own_line)
