"""Names of persons without a label, beside the date: "Jane Doe | 22 May 2024", 王明 | 2024-05-22.

The weakest sign of an author, used only where the page has no other.
"""

import re
from collections.abc import Iterator

from crawler.extraction.clean.placement import Placement
from crawler.extraction.data import tables
from crawler.extraction.data.date_words import month_numbers, weekday_words
from crawler.extraction.data.heading_words import find_heading_kind
from crawler.extraction.data.tables import words_of_all
from crawler.extraction.document import Document, TextLine
from crawler.extraction.fields.author_names import BYLINE_END, split_names
from crawler.extraction.fields.byline_grammar import MARK, read_labels
from crawler.extraction.fields.date_grammar import read_dates
from crawler.extraction.fields.names import (
    HAN,
    is_outlet_name,
    is_person_name,
    is_western_outlet,
    looks_like_control,
)
from crawler.extraction.fields.stated_authors import AuthorCandidate
from crawler.extraction.fields.title_statements import host_labels, site_name_keys, title_key

#: Between the parts of a dateline, markup among them.
_SEPARATORS = re.compile(rf"\s*[|｜·•]\s*|\s[–—-]\s|{MARK}")
#: A word of a name, with letters of both cases, and an initial or a particle between two of them.
_WORD, _SHORT_WORD = re.compile(r"[^\W\d_][^\W\d_]+(?:[’'.-][^\W\d_]*)*"), re.compile(r"[^\W\d_]\.|[^\W\d_]{1,3}")
_FEWEST_WORDS, _MOST_WORDS = 2, 4
_HAN_NAME = re.compile(rf"[{HAN}]{{2,3}}")
#: Longest line with a name, and lines on either side of the date's that may hold one.
_LONGEST_LINE, _NEAR = 100, 1


def find_names_beside_date(
    document: Document, placement: Placement, date_line: int | None
) -> Iterator[AuthorCandidate]:
    """Yield the persons named beside the date or, in languages with blanks, alone on a line next to it."""
    if date_line is None or date_line not in placement.head:
        return
    yield from _read_line(document, document.lines[date_line])
    top = placement.title if placement.title is not None else date_line
    for index in (date_line - _NEAR, date_line + _NEAR):
        if (
            top < index < placement.prose_start
            and not tables.language(document.language).conventions.names_without_label
        ):
            yield from _read_line(document, document.lines[index])


def _read_line(document: Document, line: TextLine) -> Iterator[AuthorCandidate]:
    text = line.text if len(line.runs) == 1 else MARK.join(part.text for part in line.parts)
    if len(text) > _LONGEST_LINE:
        return
    labels = read_labels(text, document.language)
    text = text[: labels[0].start] if labels else text
    names = [name for piece in _SEPARATORS.split(text) for name in _names_in_piece(document, piece.strip(" ,"))]
    if names:
        yield AuthorCandidate(tuple(names), "head.author.beside_date", line.path, line.text, line.index)


def _names_in_piece(document: Document, piece: str) -> Iterator[str]:
    """Yield the names that a part of a dateline consists of; nothing if any of it is something else."""
    if not piece or read_dates(piece) or looks_like_control(piece) or find_heading_kind(piece):
        return
    names = split_names(BYLINE_END.split(piece)[0])
    if names and all(_is_name(document, name) for name in names):
        yield from names


def _is_name(document: Document, name: str) -> bool:
    if _HAN_NAME.fullmatch(name):
        return is_person_name(name) and not is_outlet_name(name) and not _is_linked(document, name)
    words = name.split()
    if not _reads_like_name(words) or is_western_outlet(name) or is_outlet_name(name):
        return False
    if not _OTHER_WORDS.isdisjoint(word.strip(".,").lower() for word in words):
        return False
    key = title_key(name)
    return key not in site_name_keys(document) | host_labels(document) and not _is_linked(document, name)


def _reads_like_name(words: list[str]) -> bool:
    """True for two to four capitalised words; between the first and the last, initials and particles too."""
    if not _FEWEST_WORDS <= len(words) <= _MOST_WORDS or not (_is_capitalised(words[0]) and _is_capitalised(words[-1])):
        return False
    return all(_is_capitalised(word) or _SHORT_WORD.fullmatch(word) for word in words[1:-1])


def _is_capitalised(word: str) -> bool:
    return word[:1].isupper() and not word.isupper() and _WORD.fullmatch(word) is not None


def _is_linked(document: Document, name: str) -> bool:
    """True if the page prints the name as a link elsewhere, as it does the names of sections and places."""
    same = [line for line in document.lines if line.text == name]
    return len(same) > 1 and any(line.link_chars for line in same)


_OTHER_WORDS = frozenset(
    {
        *(word.lower() for word in weekday_words()),
        *month_numbers(""),
        *(word.lower() for word in words_of_all(lambda one: (*one.controls.words, *one.sections.topics))),
        *(word.lower() for word in words_of_all(lambda one: (*one.outlets.last_words, *one.menu.not_news))),
    }
)
