"""Texts of links to the next page, compiled from the language tables."""

import re
from functools import cache

from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.tables import languages

_JOINT = "\x1f"
_BEFORE, _BEHIND = r"[\s<«‹\[【(]*", r"[\s>»›→\]】)]*"
_ARROW = re.compile(r"[»›→>]{1,2}")


def is_next_page(text: str, *, of_article: bool = False) -> bool:
    """Return True if a link with this text leads to the next page of an article, or else of a list."""
    return _pattern(of_article=of_article).fullmatch(text) is not None


def is_arrow(text: str) -> bool:
    """Return True if the text of a link is an arrow to the right."""
    return _ARROW.fullmatch(text.strip()) is not None


@cache
def _pattern(*, of_article: bool) -> re.Pattern[str]:
    spellings = []
    for table in languages().values():
        words = table.next_page
        for word in (*words.words, *(words.rest_of_article if of_article else words.older)):
            spellings.append(_JOINT.join(word) if table.letters_may_be_spaced else word)
    text = any_of(dict.fromkeys(spellings), written_as={_JOINT: r"\s*"})
    return re.compile(_BEFORE + text + _BEHIND, re.IGNORECASE)
