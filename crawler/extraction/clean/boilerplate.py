"""Boilerplate by words: ids and classes of elements outside the story, beginnings of lines, sign-offs of paragraphs."""

import re
from functools import lru_cache

from crawler.extraction.data.boilerplate_words import begins_like_boilerplate
from crawler.extraction.data.css_names import css_names
from crawler.extraction.data.sign_off_words import sign_off_patterns

#: Names of elements that are never part of the story, unless they contain nearly all the page's prose.
_OUTSIDE = css_names().outside.compile()
#: Names of elements within or next to a story that are not part of it. Some layouts give them to paragraphs too, so
#: callers ignore a name that much of a page's prose bears.
_INLINE = css_names().inline.compile()
#: Longest boilerplate line (characters).
_LONGEST = 400
#: Length (characters) of a paragraph's end that is searched for a sign-off.
_LONGEST_END = 200
_OPENER_AT_START = re.compile(r"\s*[（(\[【]")

_has_boilerplate_words = lru_cache(maxsize=500)(begins_like_boilerplate)


@lru_cache(maxsize=2_000)
def find_outside_name(css_names: str) -> str | None:
    """Return the name among an element's ids and classes that marks it as outside the story, or ``None``."""
    match = _OUTSIDE.search(css_names) if css_names else None
    return match[0] if match else None


@lru_cache(maxsize=2_000)
def find_inline_names(css_names: str) -> frozenset[str]:
    """Return the names among an element's ids and classes that mark boilerplate within the story."""
    return frozenset(_INLINE.findall(css_names)) if css_names else frozenset()


def is_boilerplate(text: str) -> bool:
    """True if the words of a line mark it as boilerplate."""
    return len(text) <= _LONGEST and _has_boilerplate_words(text)


def remove_sign_off(text: str) -> str:
    """Return a paragraph without the original title at its start and the sign-off or link back at its end."""
    patterns = sign_off_patterns()
    text = patterns.start.sub("", text) if _OPENER_AT_START.match(text) else text
    end = text[-_LONGEST_END:]
    may_match = patterns.may_be_ascii or not end.isascii()
    if may_match and patterns.first_letters.search(end) and patterns.signs.search(end):
        text = text[: len(text) - len(end)] + patterns.end.sub("", end)
    return text.strip()
