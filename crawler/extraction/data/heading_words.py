"""Headings of blocks of other stories and comments, compiled from the language tables.

Text is compared in lower case: with re.IGNORECASE the regex engine could not rule out alternatives by their first
letter.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain
from typing import Literal

from crawler.extraction.data.prefilter import ANY, any_of, by_first_letter
from crawler.extraction.data.tables import BlockHeadings, languages, words_of_all

HeadingKind = Literal["related", "comments"]

_LETTER = re.compile(r"[^\W\d_]")
#: Pattern between the words of a heading, and number of endings, in languages with and without blanks.
_WITH_BLANKS, _WITHOUT_BLANKS = ("[- ]", "{1,2}"), ("", "")


def find_heading_kind(text: str) -> HeadingKind | None:
    """Return the kind of block that `text` is a heading of, else ``None``."""
    text = text.lower()
    is_letter_first = text[:1].isalpha()
    letter = text[0] if is_letter_first else found[0] if (found := _LETTER.search(text)) else ""
    if letter not in _first_letters():
        return None
    match = _headings(letter, has_prefix=not is_letter_first).fullmatch(text)
    if match is None:
        return None
    return "related" if match.lastgroup == "related" else "comments"


@cache
def _first_letters() -> frozenset[str]:
    """Return the first letters of all headings, and of the words for what is counted before them."""
    counted = (word[0] for word in words_of_all(lambda table: table.headings.counted))
    return frozenset(chain(counted, *_branches_by_kind().values()))


@cache
def _headings(letter: str, *, has_prefix: bool) -> re.Pattern[str]:
    """Return the expression for text with this first letter; `has_prefix` if signs or figures are before the letter.

    A word for what is counted may be before a heading, so behind its first letter any heading is possible.
    """
    is_counted = any(word.startswith(letter) for word in words_of_all(lambda table: table.headings.counted))
    branches = {
        kind: [one for first, found in by_letter.items() if is_counted or first in (letter, ANY) for one in found]
        for kind, by_letter in _branches_by_kind().items()
    }
    named = "|".join(f"(?P<{kind}>{'|'.join(dict.fromkeys(found))})" for kind, found in branches.items() if found)
    show_all = any_of(words_of_all(lambda table: table.headings.show_all))
    return re.compile(f"{_fringe() if has_prefix else ''}(?:{named}){_fringe()}(?:{show_all}[\\W_]*)?")


@cache
def _fringe() -> str:
    """Return the pattern of marks and a number before or behind a heading."""
    counted = any_of(words_of_all(lambda table: table.headings.counted))
    return rf"[\W_]*(?:[(（]?\d[\d,.]*[)）]?[\W_]*(?:{counted})?)?[\W_]*"


@cache
def _branches_by_kind() -> dict[HeadingKind, dict[str, list[str]]]:
    """Return the alternatives of each kind by their first letter."""
    found: dict[HeadingKind, dict[str, list[str]]] = {"related": {}, "comments": {}}
    for table in languages().values():
        joint, times = _WITH_BLANKS if table.writing.has_blanks else _WITHOUT_BLANKS
        for kind, branches in found.items():
            for letter, branch in _branches(getattr(table.headings, kind), joint, times):
                branches.setdefault(letter, []).append(branch)
    return found


def _branches(headings: BlockHeadings, joint: str, times: str) -> Iterator[tuple[str, str]]:
    """Yield the alternatives of one language, each with its first letter."""
    for letter, words in _by_letter(headings.words):
        yield letter, any_of(words)
    for letter, beginnings in _by_letter(headings.beginnings):
        yield letter, f"{any_of(beginnings)}(?:{joint}{any_of(headings.endings)}){times}"
    for letter, patterns in by_first_letter(headings.patterns).items():
        yield from ((letter, pattern) for pattern in patterns)


def _by_letter(words: Iterable[str]) -> Iterable[tuple[str, list[str]]]:
    """Group words by their first letter; signs and figures before it are ignored."""
    found: dict[str, list[str]] = {}
    for word in words:
        letter = _LETTER.search(word)
        found.setdefault(letter[0] if letter else ANY, []).append(word)
    return found.items()
