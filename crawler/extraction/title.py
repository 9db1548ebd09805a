"""The article's title: the line the page prints it in, told by its element and by what the metadata says."""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from crawler.extraction.document import Document, Line
from crawler.extraction.found import Found, evidence
from crawler.extraction.glosses import remove_glosses

#: What a heading's level is worth before anything else is known of it.
_HEADING = {"h1": 4.0, "h2": 2.5, "h3": 1.5, "h4": 1.0, "h5": 1.0}
_TITLE_HINT = re.compile(r"(?<![a-z])(?:\w*title|headline|hed|biaoti|bt|tit|heading|entry-title)(?![a-z])")
_OTHER_HINT = re.compile(
    r"related|recommend|sidebar|side-bar|aside|widget|teaser|promo|nav|menu|breadcrumb|crumb|footer|logo|site-(?:name|title)"
    r"|comment|newsletter|subscribe|trending|popular|most-?read|sponsor|advert|modal|popup|cookie|consent|login|card|hotnews"
)
_SEPARATOR = re.compile(
    r"\s+[-–—|·•»«:/~<>]{1,2}\s+|\s*[|｜_»«]\s*|(?:-[^\s-]{2,4})?\s*ㅣ(?=\S{2,12}$)\s*|\s*--+\s*|\s*——\s*|(?<=[\u3400-\u9fff”》！？])-(?=[\u3400-\u9fff])"
)
_HOST = re.compile(r"(?:www\.)?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,6}")
_SITE_TYPES = ("WebSite", "NewsMediaOrganization", "Organization")
_DATELINE = re.compile(r"\d{4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}|\d{1,2}:\d{2}")
#: Lines of the page in which its title is looked for; no head is longer.
_SEARCHED_LINES = 1500
_SHORTEST, _LONGEST = 2, 300
#: Scores from which a printed line is taken before, and only after, what the page states.
_SURE, _LIKELY = 3.2, 1.5
#: Likeness below which two titles are not taken to be of one story.
_SAME_STORY = 0.15
_QUOTES = str.maketrans(
    {**dict.fromkeys("‘’‚‛`´′", "'"), **dict.fromkeys("“”„‟«»″＂", '"'), **dict.fromkeys("‐‑‒–—―−", "-"), "\xad": None}
)


@dataclass(frozen=True, slots=True)
class _Stated:
    """A title the page states in its metadata; `exact` when it has no site name in it."""

    rule: str
    text: str
    exact: bool


@dataclass(frozen=True, slots=True)
class _Printed:
    """A line that may be the title, with the lines that go on with it in the same heading."""

    text: str
    line: Line
    score: float


def key(text: str) -> str:
    """The text without what differs between two prints of one title: case, white space, shapes of quotes and dashes."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text.translate(_QUOTES)).translate(_QUOTES)).casefold()


def _clean(text: str) -> str:
    return re.sub(r"\s+", " ", remove_glosses(html.unescape(text))[0]).strip()


def find_title(document: Document) -> Found | None:
    """The article's title with its place; ``None`` on a page that neither prints nor states one.

    A printed line beats metadata: og:title is often cut at a quote, <title> carries the site's name. Where nothing
    that is printed looks like a title, the best statement is taken, the site's name cut off.
    """
    stated = list(_stated(document))
    printed = sorted(_printed(document, stated), key=lambda candidate: (-candidate.score, candidate.line.index))
    names = site_names(document)
    if printed and printed[0].score >= _SURE:
        better = _editors_statement(document, stated, printed, names)
        return _from_statement(better, printed, names) if better else _from_print(printed, stated, names)
    for statement in stated:
        if key(_without_site(statement.text, names, sure=statement.exact)) not in names:
            return _from_statement(statement, printed, names)
    return _from_print(printed, stated, names) if printed and printed[0].score >= _LIKELY else None


def _from_print(printed: list[_Printed], stated: list[_Stated], names: frozenset[str]) -> Found:
    best = printed[0]
    text = _without_site(best.text, names, sure=True)
    others = [(f"head.{other.line.tag}", other.text) for other in printed[1:3]]
    others += [(statement.rule, statement.text) for statement in stated if key(statement.text) != key(text)]
    rule = f"head.{best.line.tag}" + (".agreed" if _agreement(best.text, stated) >= 3 else "")
    return Found(text, evidence(rule, best.line.path, best.text, tuple(others[:5])), best.line.index)


def _from_statement(statement: _Stated, printed: list[_Printed], names: frozenset[str]) -> Found:
    text = _without_site(statement.text, names, sure=statement.exact or bool(printed and printed[0].score >= _SURE))
    line = next((p.line.index for p in printed if key(p.text) == key(text)), None)
    if line is None and printed and printed[0].score >= _SURE:
        line = printed[0].line.index
    others = tuple((f"head.{p.line.tag}", p.text) for p in printed[:3] if p.text != text)
    return Found(text, evidence(statement.rule, statement.rule, statement.text, others), line)


def _editors_statement(
    document: Document, stated: list[_Stated], printed: list[_Printed], names: frozenset[str]
) -> _Stated | None:
    """The statement that outvotes the printed heading, if one does.

    Sites in alphabetic scripts often print a heading made for search engines, with kickers and live labels, and give
    the editors' own words in their metadata. In Chinese, Japanese and Korean it is the other way round: og:title is
    cut at a quote or filled by a template, so the print stands.
    """
    if document.language in ("zh", "ja", "ko"):
        return None
    heading = key(printed[0].text)
    words = {s.rule: key(_without_site(s.text, names, sure=s.rule != "title")) for s in stated}
    by_rule = {s.rule: s for s in stated}
    headline, social = words.get("jsonld.headline"), words.get("meta.og:title")
    if social == heading:
        pass
    elif headline and headline == words.get("title") and headline not in heading:
        return by_rule["jsonld.headline"]
    elif social and social not in names and (heading not in social or social == headline):
        return by_rule["meta.og:title"] if _likeness(heading, social) > _SAME_STORY else None
    if headline and any(key(p.text) == headline for p in printed[1:4]):
        return by_rule["jsonld.headline"]
    return None


# --- what the page states ----------------------------------------------------------------------------------------


def _stated(document: Document) -> Iterator[_Stated]:
    node = document.article_ld or {}
    for name in ("headline", "name"):
        value = node.get(name)
        if isinstance(value, str) and _clean(value):
            yield _Stated(f"jsonld.{name}", _clean(value), True)
            break
    for name, exact in (("og:title", False), ("twitter:title", False), ("headline", True), ("articletitle", True)):
        for value in document.meta.get(name, ())[:1]:
            if _clean(value):
                yield _Stated(f"meta.{name}", _clean(value), exact)
    element = document.tree.css_first("head > title, title")
    if element is not None and _clean(element.text()):
        yield _Stated("title", _clean(element.text()), False)


def site_names(document: Document) -> frozenset[str]:
    """Keys of the names the page gives to its site."""
    names = [*document.meta.get("og:site_name", ()), *document.meta.get("application-name", ())]
    for node in document.jsonld:
        publisher = node.get("publisher")
        if isinstance(publisher, dict) and isinstance(publisher.get("name"), str):
            names.append(publisher["name"])
        if node.get("@type") in _SITE_TYPES and isinstance(node.get("name"), str):
            names.append(node["name"])
    return frozenset(key(name) for name in names if name)


def _without_site(text: str, names: frozenset[str], *, sure: bool) -> str:
    """The text without the site's name and its levels at the end.

    When the text is `sure` to be a title already only a name the site gives itself is cut; otherwise whatever short
    pieces follow the last separators, as long as most of the text is left.
    """
    while True:
        breaks = list(_SEPARATOR.finditer(text))
        if not breaks:
            return text
        head, tail = text[: breaks[-1].start()], text[breaks[-1].end() :]
        named = key(tail) in names or bool(
            re.fullmatch(r"(?:www\.)?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,6}", tail, re.IGNORECASE)
        )
        short = not sure and len(key(tail)) <= max(12, len(key(head)) // 2) and len(key(head)) >= 4
        if not head or not (named or short):
            return text
        text = head


# --- what the page prints ----------------------------------------------------------------------------------------


def _printed(document: Document, stated: list[_Stated]) -> Iterator[_Printed]:
    lines = document.lines[:_SEARCHED_LINES]
    seen_heading: set[int] = set()
    for line in lines:
        heading = _heading_of(line)
        if heading is not None:
            marker = id(heading[1])
            if marker in seen_heading:
                continue
            seen_heading.add(marker)
        text = _clean(_whole_heading(lines, line) if heading else line.text)
        if not _SHORTEST <= len(text) <= _LONGEST:
            continue
        level = heading[0] if heading else ""
        agreement = _agreement(text, stated)
        hinted = bool(_TITLE_HINT.search(line.element.own or line.hints[:60]))
        if not level and not hinted and agreement < 3:
            continue
        score = _HEADING.get(level, 0.5) + agreement + (0.7 if hinted else 0.0) - line.index / 1000
        if agreement < 3 and level and len(text) >= 8 and _dateline_follows(lines, line.index):
            score += 2.5
        if _OTHER_HINT.search(line.hints):
            score -= 2.0
        if line.link_chars > 0.8 * len(line.text):
            score -= 1.5
        yield _Printed(text, line, score)


def _dateline_follows(lines: tuple[Line, ...], index: int) -> bool:
    """Whether a line with a date stands right below."""
    return any(len(line.text) < 80 and _DATELINE.search(line.text) for line in lines[index + 1 : index + 4])


def _heading_of(line: Line) -> tuple[str, object] | None:
    """(level, element) of the heading a line stands in."""
    for element in line.element.ancestors()[:4]:
        if element.tag in _HEADING:
            return element.tag, element
    return None


def _whole_heading(lines: tuple[Line, ...], first: Line) -> str:
    """The text of a heading that breaks into several lines."""
    heading = _heading_of(first)
    texts = []
    for line in lines[first.index : first.index + 6]:
        here = _heading_of(line)
        if here is None or heading is None or here[1] is not heading[1]:
            break
        texts.append(line.text)
    return " ".join(texts)


def _agreement(text: str, stated: list[_Stated]) -> float:
    """How well a line agrees with the best statement: 5 a headline's words, 4 <title>'s, 3 cut or longer, 0 not."""
    mine = key(text)
    best = 0.0
    for statement in stated:
        theirs = key(statement.text)
        if mine == theirs:
            best = max(best, 5.5 if statement.exact else 4.0 if statement.rule == "title" else 5.0)
        elif (
            len(mine) >= 5
            and theirs.startswith(mine)
            and (_continues(statement.text, text) or len(mine) > 0.7 * len(theirs))
        ):
            best = max(best, 3.5)
        elif len(theirs) >= 8 and (
            mine.startswith(theirs) or mine.endswith(theirs)
        ):  # cut short, or a kicker before it
            best = max(best, 3.0)
        elif len(mine) >= 8 and mine in theirs:
            best = max(best, 2.5)
        elif _likeness(mine, theirs) > 0.8:
            best = max(best, 2.0)
    return best


def _continues(whole: str, start: str) -> bool:
    """Whether `whole` goes on after `start` with a separator."""
    return any(key(whole[: mark.start()]) == key(start) for mark in _SEPARATOR.finditer(whole))


def _likeness(one: str, other: str) -> float:
    """Share of character pairs two texts have in common."""
    pairs_one = {one[i : i + 2] for i in range(len(one) - 1)}
    pairs_other = {other[i : i + 2] for i in range(len(other) - 1)}
    if len(pairs_one) < 5 or len(pairs_other) < 5:
        return 0.0
    return 2 * len(pairs_one & pairs_other) / (len(pairs_one) + len(pairs_other))
