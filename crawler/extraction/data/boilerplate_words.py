"""Beginnings of lines that are not part of a story, compiled from the language tables.

Text is compared in lower case: with re.IGNORECASE the regex engine could not rule out alternatives by their first
letter.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache

from msgspec import Struct

from crawler.extraction.data.prefilter import ANY, any_of, by_first_letter
from crawler.extraction.data.scripts import letters_of_language
from crawler.extraction.data.tables import Boilerplate, languages

#: Signs that are ignored at the start of a line.
_FRINGE = re.compile(r"[\W_]{0,4}")
#: "Select the text and press Ctrl+Enter" in any language.
_CTRL_ENTER = re.compile(r"\bctrl\s?\+\s?enter\b")
#: Characters of a line that are searched for the script of a language.
_SCRIPT_SAMPLE = 80
#: A sign that is not special in regular expressions, alone or in a group without alternatives.
_LITERAL_SIGN = re.compile(r"(?:\\\W|[^\w\s\\\[\](){}.^$*+?|])|\(\?:[^\w\s\\\[\](){}.^$*+?|][^|]*\Z")


class _Branches(Struct, frozen=True):
    """Alternatives of the beginnings of boilerplate lines, by the lines that they can match."""

    by_letter: dict[str, list[str]] = {}
    behind_sign: list[str] = []  #: lines that begin with a sign
    anywhere: list[str] = []  #: all lines
    by_script: dict[str, list[str]] = {}  #: lines with a letter of a script, given as a character class


def begins_like_boilerplate(text: str) -> bool:
    """True if a line begins with words, or consists of words, that are not part of a story."""
    text = text.lower()
    start = fringe.end() if not text[:1].isalnum() and (fringe := _FRINGE.match(text)) else 0
    beginning = _with_letter(text[start : start + 1])
    if beginning is not None and beginning.match(text, start) is not None:
        return True
    if start and _behind_sign().match(text) is not None:
        return True
    if "ctrl" in text and _CTRL_ENTER.search(text) is not None:
        return True
    is_ascii = text.isascii()  # then it has no letter of the scripts below
    for script, pattern in _without_letter():
        may_match = script is None or (not is_ascii and script.search(text, 0, _SCRIPT_SAMPLE) is not None)
        if may_match and pattern.match(text) is not None:
            return True
    return False


@lru_cache(maxsize=4096)
def _with_letter(letter: str) -> re.Pattern[str] | None:
    """Return the expression of beginnings with this letter, or ``None``."""
    branches = _branches().by_letter.get(letter)
    return re.compile("|".join(branches)) if branches else None


@cache
def _behind_sign() -> re.Pattern[str]:
    return _behind_fringe(_branches().behind_sign)


@cache
def _without_letter() -> tuple[tuple[re.Pattern[str] | None, re.Pattern[str]], ...]:
    """Return the expressions of any beginning, each with the script that a line must contain, if any."""
    branches = _branches()
    anywhere = [(None, _behind_fringe(branches.anywhere))] if branches.anywhere else []
    scripts = [(re.compile(f"[{script}]"), _behind_fringe(found)) for script, found in branches.by_script.items()]
    return (*anywhere, *scripts)


def _behind_fringe(branches: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"{_FRINGE.pattern}(?:{'|'.join(branches) or '(?!)'})")


@cache
def _branches() -> _Branches:
    found = _Branches({}, [], [], {})
    for code, table in languages().items():
        script = letters_of_language(code)
        own_letter = re.compile(f"[{script}]" if script else r"\w")
        for letter, branch in _branches_of(table.boilerplate):
            if letter != ANY and own_letter.match(letter):
                found.by_letter.setdefault(letter, []).append(branch)
            elif _LITERAL_SIGN.match(branch):
                found.behind_sign.append(branch)
            else:
                (found.by_script.setdefault(script, []) if script else found.anywhere).append(branch)
    return found


def _branches_of(words: Boilerplate) -> Iterator[tuple[str, str]]:
    """Yield the alternatives of one language, each with its first letter."""
    for listed, behind in (
        (words.beginnings, ""),
        (words.lines, "$"),
        (words.labels, r"\s*[:：]"),
        (words.staff_labels, r"\s*[:：|/丨]"),
    ):
        for letter in dict.fromkeys(word[0] for word in listed):
            branch = any_of(word for word in listed if word[0] == letter) + behind
            yield (letter if letter.isalpha() else ANY), branch
    for letter, patterns in by_first_letter(words.patterns).items():
        yield from ((letter, pattern) for pattern in patterns)
