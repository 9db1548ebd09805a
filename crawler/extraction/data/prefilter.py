"""Faster regular expressions of many words: merged by common prefixes, or preselected by first letter."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

#: The key of branches that do not begin with a single letter, but with a sign, a character class or anything.
ANY = ""

_GROUP = "(?:"
_AS_IS: Mapping[str, str] = {}


def by_first_letter(patterns: Iterable[str]) -> Mapping[str, list[str]]:
    """Group the alternatives of lower-case patterns by each letter they can begin with; the others are under `ANY`."""
    found: dict[str, list[str]] = {}
    for pattern in patterns:
        for branch in _branches(pattern):
            for letter in sorted(_first_letters(branch)):
                found.setdefault(letter, []).append(branch)
    return found


def _branches(pattern: str) -> Iterator[str]:
    """Yield the alternatives of a pattern: the text between its bars, outside of groups and classes."""
    start = depth = 0
    for mark in re.finditer(r"\\.|\[(?:\\.|[^\]])*\]|[()|]", pattern):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if mark[0] == "|" and not depth:
            yield pattern[start : mark.start()]
            start = mark.end()
    yield pattern[start:]


def _first_letters(branch: str) -> set[str]:
    """Return the letters that text matched by a branch can begin with, `ANY` if others are possible."""
    if branch.startswith(_GROUP):
        end = _end_of_group(branch)
        letters = {letter for inner in _branches(branch[len(_GROUP) : end - 1]) for letter in _first_letters(inner)}
    else:
        end = 1
        letters = {branch[0] if branch[:1].isalpha() else ANY}
    if branch[end : end + 1] in ("?", "*", "{"):
        letters |= _first_letters(branch[end + 1 :]) if branch[end] == "?" else {ANY}
    return letters


def _end_of_group(branch: str) -> int:
    """Return the position behind the group that a branch begins with."""
    depth = 0
    for mark in re.finditer(r"\\.|\[(?:\\.|[^\]])*\]|[()]", branch):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if not depth:
            return mark.end()
    raise ValueError(f"unclosed group in {branch!r}")


def any_of(words: Iterable[str], *, written_as: Mapping[str, str] = _AS_IS) -> str:
    """Return a regular expression that matches any of `words`, the longest where several do.

    `written_as` gives the patterns of single characters that match something else than themselves.
    """
    root: dict[str, Any] = {}
    for word in words:
        node = root
        for char in word:
            node = node.setdefault(char, {})
        node[""] = {}
    return _trie_pattern(root, written_as)


def _trie_pattern(node: dict[str, Any], written_as: Mapping[str, str]) -> str:
    branches = [
        (written_as.get(char) or re.escape(char)) + _trie_pattern(rest, written_as)
        for char, rest in node.items()
        if char
    ]
    if not branches:
        return ""
    is_word_end = "" in node
    joined = branches[0] if len(branches) == 1 and not is_word_end else f"(?:{'|'.join(branches)})"
    return joined + "?" if is_word_end else joined
