"""Headings of blocks of other stories and comments, compiled from the language tables.

Text is compared in lower case: with re.IGNORECASE the regex engine could not rule out alternatives by their first
letter.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
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
    first = 0 if is_letter_first else found.start() if (found := _LETTER.search(text)) else len(text)
    match = _match_heading(text, first, has_prefix=not is_letter_first)
    if match is None and not is_letter_first and (counted := _counted().match(text, first)):
        behind = _LETTER.search(text, counted.end())
        match = _match_heading(text, behind.start(), has_prefix=True) if behind else None
    if match is None:
        return None
    return "related" if match.lastgroup == "related" else "comments"


def _match_heading(text: str, first: int, *, has_prefix: bool) -> re.Match[str] | None:
    """Match a heading whose first letter is at `first`; `has_prefix` if signs or figures are before it."""
    headings = _headings(text[first : first + 1], has_prefix=has_prefix)
    return headings.fullmatch(text) if headings else None


@lru_cache(maxsize=4096)
def _headings(letter: str, *, has_prefix: bool) -> re.Pattern[str] | None:
    """Return the expression for headings with this first letter, or ``None``."""
    branches = {
        kind: [branch for first in dict.fromkeys((letter, ANY)) for branch in by_letter.get(first, ())]
        for kind, by_letter in _branches_by_kind().items()
    }
    named = "|".join(f"(?P<{kind}>{'|'.join(found)})" for kind, found in branches.items() if found)
    if not named:
        return None
    show_all = any_of(words_of_all(lambda table: table.headings.show_all))
    return re.compile(f"{_fringe() if has_prefix else ''}(?:{named}){_fringe()}(?:{show_all}[\\W_]*)?")


@cache
def _counted() -> re.Pattern[str]:
    """Return the pattern of a word for what is counted: "3条评论"."""
    return re.compile(any_of(words_of_all(lambda table: table.headings.counted)) or "(?!)")


@cache
def _fringe() -> str:
    """Return the pattern of marks and a number before or behind a heading."""
    return rf"[\W_]*(?:[(（]?\d[\d,.]*[)）]?[\W_]*(?:{_counted().pattern})?)?[\W_]*"


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
