"""Sentences of pages that say "not found" with status 200, compiled from the language tables."""

import re
from collections.abc import Iterable, Iterator
from functools import cache

from crawler.extraction.data.tables import NotFound, languages

#: A page that is titled with the status code, in any language.
_STATUS = r"^\W*(?:error\W*)?404\b"


def is_not_found_text(text: str) -> bool:
    """Return True if a title or the beginning of a text says that the page does not exist."""
    return _pattern().search(text) is not None


@cache
def _pattern() -> re.Pattern[str]:
    sentences = [sentence for table in languages().values() for sentence in _sentences(table.not_found)]
    return re.compile("|".join([_STATUS, *sentences]), re.IGNORECASE)


def _sentences(words: NotFound) -> Iterator[str]:
    """Yield the regular expressions of one language's sentences."""
    if words.phrases:
        yield _any(words.phrases)
    if words.states:
        yield rf"{_any(words.subjects)}\s*{_any(words.states)}"
    if words.states_later:
        yield rf"{_any(words.subjects)}[^.]{{0,40}}{_any(words.states_later)}"
    if words.states_before:
        yield rf"{_any(words.states_before)}\S{{0,8}}{_any(words.objects)}"


def _any(words: Iterable[str]) -> str:
    patterns = (re.escape(word).replace(r"\*", r"\S{0,6}") for word in words)
    return f"(?:{'|'.join(patterns)})"
