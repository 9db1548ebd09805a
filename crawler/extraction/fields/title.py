"""The article's title: the line the page prints it in, told by its element and by what the metadata says."""

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from crawler.extraction.data.prefilter import any_of
from crawler.extraction.document import Document, Element, TextLine
from crawler.extraction.evidence import FieldValue, make_evidence
from crawler.extraction.fields.byline_grammar import read_labels
from crawler.extraction.fields.title_statements import (
    StatedTitle,
    key,
    likeness,
    pairs,
    site_names,
    stated_titles,
    without_site,
)
from crawler.extraction.layout.prose import is_prose

#: What a heading's level is worth before anything else is known of it.
_HEADING = {"h1": 4.0, "h2": 2.5, "h3": 1.5, "h4": 1.0, "h5": 1.0}
_TITLE_HINT = re.compile(r"(?:title|(?<![a-z])(?:headline|hed|biaoti|bt|tit|heading))(?![a-z])")
_OTHER_HINT = re.compile(
    any_of(
        "related recommend sidebar side-bar aside widget teaser promo nav menu breadcrumb crumb footer logo site-name "  # noqa: SIM905
        "site-title comment newsletter subscribe trending popular mostread most-read sponsor advert modal popup cookie "
        "consent login card hotnews".split()
    )
)
_BADGE_HINT = re.compile(r"(?<![a-z])(?:tag|badge|label|flag|original|yuanchuang)(?![a-z])")
_LONGEST_BADGE = 4
_CRUMBS = re.compile(
    r"(?:您?(?:当前|现在|所在|的)*(?:位置|在)|當前位置|首页|首頁|home)\s*(?:[:：>›»/-]|$)", re.IGNORECASE
)
_DATELINE = re.compile(r"\d(?:\d{3}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}|\d?:\d{2})")
#: Lines of the page in which its title is looked for; no head is longer.
_SEARCHED_LINES = 1500
#: Lines in which it is looked for below a main heading that prints a stated title to the letter.
_RUNNERS_UP = 20
_SHORTEST, _LONGEST = 2, 300
#: Agreement of a line that prints the very words of a statement other than <title>.
_TO_THE_LETTER = 5.0
#: Scores from which a printed line is taken before, and only after, what the page states.
_SURE, _LIKELY = 3.2, 1.5
#: Likeness below which two titles are not taken to be of one story.
_SAME_STORY = 0.15


class _Printed(Struct, frozen=True):
    """A line that may be the title, with the lines that go on with it in the same heading."""

    text: str
    line: TextLine
    score: float


def find_title(document: Document) -> FieldValue | None:
    """The article's title with its place; ``None`` on a page that neither prints nor states one.

    A printed line beats metadata: og:title is often cut at a quote, <title> carries the site's name. Where nothing
    that is printed looks like a title, the best statement is taken, the site's name cut off.
    """
    stated = list(stated_titles(document))
    printed = sorted(_printed(document, stated), key=lambda candidate: (-candidate.score, candidate.line.index))
    names = site_names(document)
    if printed and printed[0].score >= _SURE:
        better = _editors_statement(document, stated, printed, names)
        return _from_statement(better, printed, names) if better else _from_print(printed, stated, names)
    for statement in stated:
        text = key(without_site(statement.text, names, sure=statement.exact))
        if text not in names and not (printed and _names_a_section(text, document)):
            return _from_statement(statement, printed, names)
    return _from_print(printed, stated, names) if printed and printed[0].score >= _LIKELY else None


def _names_a_section(text: str, document: Document) -> bool:
    """Whether a short title is a link of the page's own menu: a section's name, not the article's."""
    return len(text) <= 8 and any(x.link_chars == len(x.text) and key(x.text) == text for x in document.lines)


def _from_print(printed: list[_Printed], stated: list[StatedTitle], names: frozenset[str]) -> FieldValue:
    best = printed[0]
    text = without_site(best.text, names, sure=True)
    others = [(f"head.{other.line.tag}", other.text) for other in printed[1:3]]
    others += [(statement.rule, statement.text) for statement in stated if statement.key != key(text)]
    rule = f"head.{best.line.tag}" + (".agreed" if _agreement(best.text, stated) >= 3 else "")
    return FieldValue(text, make_evidence(rule, best.line.path, best.text, tuple(others[:5])), best.line.index)


def _from_statement(statement: StatedTitle, printed: list[_Printed], names: frozenset[str]) -> FieldValue:
    text = without_site(statement.text, names, sure=statement.exact or bool(printed and printed[0].score >= _SURE))
    line = next((p.line.index for p in printed if key(p.text) == key(text)), None)
    if line is None and printed and printed[0].score >= _SURE:
        line = printed[0].line.index
    others = tuple((f"head.{p.line.tag}", p.text) for p in printed[:3] if p.text != text)
    return FieldValue(text, make_evidence(statement.rule, statement.rule, statement.text, others), line)


def _editors_statement(
    document: Document, stated: list[StatedTitle], printed: list[_Printed], names: frozenset[str]
) -> StatedTitle | None:
    """The statement that outvotes the printed heading, if one does.

    Sites in alphabetic scripts often print a heading made for search engines, with kickers and live labels, and give
    the editors' own words in their metadata. In Chinese, Japanese and Korean it is the other way round: og:title is
    cut at a quote or filled by a template, so the print stands.
    """
    if document.language in ("zh", "ja", "ko"):
        return None
    heading = key(printed[0].text)
    words = {s.rule: key(without_site(s.text, names, sure=s.rule != "title")) for s in stated}
    by_rule = {s.rule: s for s in stated}
    headline, social = words.get("jsonld.headline"), words.get("meta.og:title")
    if social == heading:
        pass
    elif headline and headline == words.get("title") and headline not in heading:
        return by_rule["jsonld.headline"]
    elif social and social not in names and (heading not in social or social == headline):
        return by_rule["meta.og:title"] if likeness(pairs(heading), pairs(social)) > _SAME_STORY else None
    if headline and any(key(p.text) == headline for p in printed[1:4]):
        return by_rule["jsonld.headline"]
    # of the same words the print may have its template's white space, as between a kicker and its colon
    return next((s for s in stated if s.key == heading and _differ_in_space(s.text, printed[0].text)), None)


def _differ_in_space(one: str, other: str) -> bool:
    """Whether two texts differ in their white space alone."""
    return one.split() != other.split() and "".join(one.split()) == "".join(other.split())


# --- what the page prints ----------------------------------------------------------------------------------------


def _printed(document: Document, stated: list[StatedTitle]) -> Iterator[_Printed]:
    lines = document.lines[:_SEARCHED_LINES]
    last = len(lines)
    stated = _different(stated)
    starts = {start for statement in stated for start in statement.starts()}
    seen: set[int] = set()
    for line in lines:
        if line.index > last:
            return
        heading = _heading_of(line)
        if heading is not None:
            if id(heading) in seen:
                continue
            seen.add(id(heading))
        elif len(line.text) > _LONGEST:
            continue
        hinted = _names_a_title(line.element.css_names or line.nearby_css_names[:60])
        dated = _is_above_a_date(lines, line)
        if heading is None and not hinted and not dated and key(line.text[:4])[:2] not in starts:
            continue
        text = _whole_heading(lines, line, heading) if heading is not None else line.text
        if heading is not None and len(line.runs) > 1 and text == line.text:
            text = _without_badge(line)
        if not _SHORTEST <= len(text) <= _LONGEST:
            continue
        agreement = _agreement(text, stated)
        if heading is None and not hinted and not dated and agreement < 3:
            continue
        if agreement >= _TO_THE_LETTER and heading is not None and heading.tag == "h1":
            last = min(last, line.index + _RUNNERS_UP)
        score = agreement + (_HEADING[heading.tag] if heading is not None else 0.5) - line.index / 1000
        score += 0.7 if hinted else 0.0
        if agreement < 3 and dated:
            score += 2.5 if heading is not None else 2.0
        if _names_another(line.nearby_css_names) or _CRUMBS.match(text):
            score -= 2.0
        if line.link_chars > 0.8 * len(line.text):
            score -= 1.5
        yield _Printed(text, line, score)


def _without_badge(line: TextLine) -> str:
    """The line without a last part named as a tag or a mark of what kind of article it is: 原创, 独家, a topic."""
    text, owner = next((run for run in reversed(line.runs) if run[0].strip()), line.runs[-1])
    around = owner.parent
    names = owner.css_names if around is None or around.is_block else f"{owner.css_names} {around.css_names}"
    badge = text.strip()
    if owner.is_block or len(badge) > _LONGEST_BADGE or not _BADGE_HINT.search(names):
        return line.text
    return line.text[: line.text.rfind(badge)].rstrip() or line.text


def _names_a_title(names: str) -> bool:
    # a regular expression that may begin with many letters passes over what has none of its words but slowly
    may_be = "tit" in names or "hea" in names or "hed" in names or "bt" in names or "biaoti" in names
    return may_be and _TITLE_HINT.search(names) is not None


@lru_cache(maxsize=2_000)
def _names_another(names: str) -> bool:
    return _OTHER_HINT.search(names) is not None


def _agreement(text: str, stated: list[StatedTitle]) -> float:
    """How well a line agrees with the best of the statements."""
    mine = key(text)
    return max([statement.agreement(mine, text) for statement in stated], default=0.0)


def _different(stated: list[StatedTitle]) -> list[StatedTitle]:
    """The statements without those that say the same as another, which is worth as much or more."""
    by_worth = sorted(stated, key=lambda statement: statement.worth)
    return list({statement.text: statement for statement in by_worth}.values())


def _is_above_a_date(lines: tuple[TextLine, ...], line: TextLine) -> bool:
    """Whether a line of some length, no link, stands right above one with a date: where a title stands."""
    if not 8 <= len(line.text) <= _LONGEST or line.link_chars >= 0.5 * len(line.text):
        return False
    return (
        any(map(_is_dateline, lines[line.index + 1 : line.index + 4]))
        and not _DATELINE.search(line.text)
        and not _CRUMBS.match(line.text)
        and not is_prose(line)
        and not read_labels(line.text)
    )


def _is_dateline(line: TextLine) -> bool:
    return len(line.text) < 80 and line.link_chars != len(line.text) and _DATELINE.search(line.text) is not None


def _heading_of(line: TextLine) -> Element | None:
    """The heading a line stands in: its block, or one of the three elements around that."""
    element: Element | None = line.element
    levels = 4
    while element is not None and levels:
        if element.tag in _HEADING:
            return element
        element = element.parent
        levels -= 1
    return None


def _whole_heading(lines: tuple[TextLine, ...], first: TextLine, heading: Element) -> str:
    """The text of a heading that breaks into several lines."""
    text = first.text
    for line in lines[first.index + 1 : first.index + 6]:
        if _heading_of(line) is not heading or (_DATELINE.search(line.text) and read_labels(line.text)):
            break
        text += " " + line.text
    return text
