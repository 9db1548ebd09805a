"""The article's title: the printed line that its element and the page's metadata point to."""

import re
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from crawler.extraction.data.css_names import css_names
from crawler.extraction.data.date_words import date_units
from crawler.extraction.data.tables import language, words_of_all
from crawler.extraction.document import Document, Element, TextLine
from crawler.extraction.evidence import FieldValue, make_evidence
from crawler.extraction.fields.byline_grammar import read_labels
from crawler.extraction.fields.date_grammar import read_dates
from crawler.extraction.fields.names import is_outlet_name
from crawler.extraction.fields.title_statements import (
    StatedTitle,
    character_pairs,
    is_host_name,
    last_segment_key,
    read_stated_titles,
    remove_site_name,
    similarity,
    site_name_keys,
    title_key,
)
from crawler.extraction.layout.prose import is_prose

#: Base score of a heading by its level.
_HEADING_SCORES = {"h1": 4.0, "h2": 2.5, "h3": 1.5, "h4": 1.0, "h5": 1.0}
_TITLE_NAMES, _OTHER_NAMES = css_names().title.compile(), css_names().not_title.compile()
_BADGE_NAMES = css_names().badge.compile()
_LONGEST_BADGE = 4
_BREADCRUMBS = re.compile(
    rf"(?:{'|'.join(words_of_all(lambda one: one.stories.breadcrumb_patterns))})\s*(?:[:：>›»/-]|$)", re.IGNORECASE
)
_DATELINE = re.compile(
    rf"\d(?:\d{{3}}\s?[-/.{date_units().year}]\s?\d{{1,2}}\s?[-/.{date_units().month}]\s?\d{{1,2}}|\d?:\d{{2}})"
)
#: Lines of the page that are searched for its title; no head is longer.
_SEARCHED_LINES = 1500
#: Lines searched below an ``h1`` that prints the exact words of a stated title.
_LINES_BELOW_EXACT = 20
_SHORTEST, _LONGEST = 2, 300
#: Agreement of a line that prints the exact words of a statement other than ``<title>``.
_EXACT = 5.0
#: Scores from which a printed line beats the stated titles, and is used where none of these is.
SURE, _LIKELY = 3.2, 1.5
#: Subtracted from the score of the site's own name, which some sites print as a heading.
_SITE_NAME_PENALTY = 6.0
#: Marks that join two parts of a title.
_JOINING = frozenset(("", *":：,，;；/|-–—·"))
_DASHES = ("——", "—", "――", "--", "──")
#: Similarity from which two titles are taken to be of one story.
_SAME_STORY = 0.15


class PrintedTitle(Struct, frozen=True):
    """A line that may be the title; `text` includes the other lines of the same heading."""

    text: str
    line: TextLine
    score: float


def find_title(document: Document) -> FieldValue | None:
    """Return the article's title and its place, or ``None`` if the page neither prints nor states one.

    A printed line beats metadata: og:title is often cut off at a quote, and ``<title>`` contains the site's name. If no
    printed line looks like a title, the most trusted statement is used, without the site's name.
    """
    stated = list(read_stated_titles(document))
    printed = rank_printed_titles(document, stated)
    names = site_name_keys(document)
    if printed and printed[0].score >= SURE:
        better = _find_overriding_statement(document, stated, printed, names)
        return _from_statement(better, printed, names) if better else _from_print(printed, stated, names)
    for statement in stated:
        words = remove_site_name(statement.text, names, sure=statement.exact)
        text = title_key(words)
        is_site = text in names or (printed and (_is_section_name(text, document) or is_outlet_name(words)))
        if not is_site:
            return _from_statement(statement, printed, names)
    return _from_print(printed, stated, names) if printed and printed[0].score >= _LIKELY else None


def rank_printed_titles(document: Document, stated: list[StatedTitle]) -> list[PrintedTitle]:
    """Return the lines that may print the title, the best first."""
    return sorted(_printed_titles(document, stated), key=lambda candidate: (-candidate.score, candidate.line.index))


def _is_section_name(text: str, document: Document) -> bool:
    """True if a short text is also a link on the page, as a section's name in the menu is."""
    return len(text) <= 8 and any(x.link_chars == len(x.text) and title_key(x.text) == text for x in document.lines)


def _from_print(printed: list[PrintedTitle], stated: list[StatedTitle], names: frozenset[str]) -> FieldValue:
    best = printed[0]
    text = remove_site_name(best.text, names, sure=True)
    others = [(f"head.{other.line.tag}", other.text) for other in printed[1:3]]
    others += [(statement.rule, statement.text) for statement in stated if statement.key != title_key(text)]
    rule = f"head.{best.line.tag}" + (".agreed" if _best_agreement(best.text, stated) >= 3 else "")
    return FieldValue(text, make_evidence(rule, best.line.path, best.text, tuple(others[:5])), best.line.index)


def _from_statement(statement: StatedTitle, printed: list[PrintedTitle], names: frozenset[str]) -> FieldValue:
    text = remove_site_name(statement.text, names, sure=statement.exact or bool(printed and printed[0].score >= SURE))
    line = next((p.line.index for p in printed if title_key(p.text) == title_key(text)), None)
    if line is None and printed and printed[0].score >= SURE:
        line = printed[0].line.index
    others = tuple((f"head.{p.line.tag}", p.text) for p in printed[:3] if p.text != text)
    return FieldValue(text, make_evidence(statement.rule, statement.rule, statement.text, others), line)


def _find_overriding_statement(
    document: Document, stated: list[StatedTitle], printed: list[PrintedTitle], names: frozenset[str]
) -> StatedTitle | None:
    """Return the stated title that overrides the printed heading, if any.

    Sites in alphabetic scripts often print a heading made for search engines, with kickers and live labels, and state
    the editors' own words in their metadata. In Chinese, Japanese and Korean it is the reverse: og:title is cut off at
    a quote or filled by a template, so the printed heading wins.
    """
    if language(document.language).stories.printed_title_wins:
        return None
    heading = title_key(printed[0].text)
    words = {s.rule: title_key(remove_site_name(s.text, names, sure=s.rule != "title")) for s in stated}
    by_rule = {s.rule: s for s in stated}
    headline, social = words.get("jsonld.headline"), words.get("meta.og:title")
    agreed = not headline and heading == words.get("title") == words.get("meta.twitter:title")
    if social == heading or agreed:
        pass
    elif headline and headline == words.get("title") and headline not in heading:
        return by_rule["jsonld.headline"]
    elif social and social not in names and (heading not in social or social == headline):
        return (
            by_rule["meta.og:title"]
            if similarity(character_pairs(heading), character_pairs(social)) > _SAME_STORY
            else None
        )
    if headline and any(title_key(p.text) == headline for p in printed[1:4]):
        return by_rule["jsonld.headline"]
    # The printed words may have white space from the template, as between a kicker and its colon.
    return next((s for s in stated if s.key == heading and _differ_only_in_space(s.text, printed[0].text)), None)


def _differ_only_in_space(one: str, other: str) -> bool:
    """True if two texts differ, but only in white space."""
    return one.split() != other.split() and "".join(one.split()) == "".join(other.split())


# --- printed lines ----------------------------------------------------------------------------------------


def _printed_titles(document: Document, stated: list[StatedTitle]) -> Iterator[PrintedTitle]:
    lines = document.lines[:_SEARCHED_LINES]
    last = len(lines)
    stated = _distinct_statements(stated)
    site_names = (site_name_keys(document) | {last_segment_key(document)}) - {
        s.key for s in stated if s.rule != "title"
    }
    site_names |= {statement.key for statement in stated if is_outlet_name(statement.text)}
    starts = {start for statement in stated for start in statement.possible_starts()}
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
        hinted = _hints_at_title(line.element.css_names or line.nearby_css_names[:60])
        dated = 2 * line.link_chars < len(line.text) and _is_above_a_date(lines, line, heading)
        if heading is None and not hinted and not dated and title_key(line.text[:4])[:2] not in starts:
            continue
        text = line.text
        if heading is not None:
            text = _remove_kicker(line, _join_heading_lines(lines, line, heading), stated)
            if len(line.runs) > 1 and text == line.text:
                text = _remove_badge(line)
        if not _SHORTEST <= len(text) <= _LONGEST or is_host_name(text) or _is_deck(lines, line):
            continue
        agreement = _best_agreement(text, stated)
        if heading is None and not hinted and not dated and agreement < 3:
            continue
        if agreement >= _EXACT and heading is not None and heading.tag == "h1":
            last = min(last, line.index + _LINES_BELOW_EXACT)
        score = agreement + (_HEADING_SCORES[heading.tag] if heading is not None else 0.5) - line.index / 1000
        score += 0.7 if hinted else 0.0
        if agreement < 3 and dated:
            score += 2.5 if heading is not None else 2.0
        if _hints_at_other_block(line.nearby_css_names) or _BREADCRUMBS.match(text):
            score -= 2.0
        if line.link_chars > 0.8 * len(line.text):
            score -= 1.5
        if title_key(text) in site_names:
            score -= _SITE_NAME_PENALTY
        yield PrintedTitle(text, line, score)


def _remove_badge(line: TextLine) -> str:
    """Return the line's text without a short last part whose class names a tag or badge: 原创, 独家, a topic."""
    text, owner = next((run for run in reversed(line.runs) if run[0].strip()), line.runs[-1])
    around = owner.parent
    names = owner.css_names if around is None or around.is_block else f"{owner.css_names} {around.css_names}"
    badge = text.strip()
    if owner.is_block or len(badge) > _LONGEST_BADGE or not _BADGE_NAMES.search(names):
        return line.text
    return line.text[: line.text.rfind(badge)].rstrip() or line.text


@lru_cache(maxsize=2_000)
def _hints_at_title(names: str) -> bool:
    return _TITLE_NAMES.search(names) is not None


@lru_cache(maxsize=2_000)
def _hints_at_other_block(names: str) -> bool:
    return _OTHER_NAMES.search(names) is not None


def _best_agreement(text: str, stated: list[StatedTitle]) -> float:
    """Return the highest score of a line against any of the statements (see `StatedTitle.score_line`)."""
    mine = title_key(text)
    return max([statement.score_line(mine, text) for statement in stated], default=0.0)


def _distinct_statements(stated: list[StatedTitle]) -> list[StatedTitle]:
    """Return one statement per text, the one with the highest `exact_score`."""
    by_score = sorted(stated, key=lambda statement: statement.exact_score)
    return list({statement.text: statement for statement in by_score}.values())


def _is_deck(lines: tuple[TextLine, ...], line: TextLine) -> bool:
    """True for the second part of a Chinese headline, which begins with dashes: ——热烈祝贺大会开幕."""
    return line.text.startswith(_DASHES) and line.index > 0 and not lines[line.index - 1].text.startswith(_DASHES)


def _is_above_a_date(lines: tuple[TextLine, ...], line: TextLine, heading: Element | None) -> bool:
    """True if the line is long enough and directly above a dateline, as a title is.

    Below a heading, dates with the name of a month count too.
    """
    if not 8 <= len(line.text) <= _LONGEST:
        return False
    for below in lines[line.index + 1 : line.index + 4]:
        if _is_dateline(below, heading):
            break
    else:
        return False
    return (
        not _DATELINE.search(line.text)
        and not _BREADCRUMBS.match(line.text)
        and not is_prose(line)
        and not read_labels(line.text)
    )


def _is_dateline(line: TextLine, heading: Element | None) -> bool:
    if len(line.text) >= 80 or line.link_chars == len(line.text):
        return False
    return _DATELINE.search(line.text) is not None or (heading is not None and bool(read_dates(line.spaced_text)))


def _heading_of(line: TextLine) -> Element | None:
    """Return the heading that contains the line: its block, or one of the three elements around that."""
    element: Element | None = line.element
    for _ in range(4):
        if element is None or element.tag in _HEADING_SCORES:
            return element
        element = element.parent
    return None


def _join_heading_lines(lines: tuple[TextLine, ...], first: TextLine, heading: Element) -> list[str]:
    """Return the lines of a heading, or the inline parts of its only line."""
    texts = [first.text]
    for line in lines[first.index + 1 : first.index + 6]:
        if _heading_of(line) is not heading or (_DATELINE.search(line.text) and read_labels(line.text)):
            break
        texts.append(line.text)
    return texts


def _remove_kicker(line: TextLine, texts: list[str], stated: list[StatedTitle]) -> str:
    """Return the text of a heading, without a first or last line or part that no stated title has.

    A part with a colon behind it belongs to the title.
    """
    whole = " ".join(texts)
    pieces = texts if len(texts) > 1 else [part.text for part in line.parts] if len(line.runs) > 1 else []
    joint = " " if len(texts) > 1 else ""
    candidates = [whole]
    for kicker, rest in ((pieces[:1], pieces[1:]), (pieces[-1:], pieces[:-1])):
        text, key = joint.join(rest).strip(), title_key("".join(kicker))
        if (
            _JOINING.isdisjoint((text[:1], text[-1:]))
            and key[-1:].isalnum()
            and not any(key in statement.key for statement in stated)
        ):
            candidates.append(text)
    return max(candidates, key=lambda text: _best_agreement(text, stated)) if len(candidates) > 1 else whole
