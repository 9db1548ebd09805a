"""Texts of links: to the next page, and in menus. Compiled from the language tables."""

import re
from collections.abc import Callable
from functools import cache

from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.tables import NextPage, languages, words_of_all

_JOINT = "\x1f"
#: Marks that portals print around the words: « » ‹ › → and brackets.
_AROUND = r"[\s<>«»‹›←→＜＞|\[\]【】()（）]*"
_ARROW = re.compile(r"[\[(]?(?:[»›→＞]|>){1,3}[\])]?")
#: A page number as the text of a link: ``2``, ``[2]``, ``第2页``.
_NUMBER = re.compile(r"[\[(【]?\s*第?\s*(\d{1,4})\s*[页頁]?\s*[\])】]?")


def is_next_page(text: str, *, of_article: bool = False) -> bool:
    """Return True if a link with this text leads to the next page of an article, or else of a list."""
    return _pattern(of_article=of_article).fullmatch(text) is not None


def leads_to_whole_article(text: str) -> bool:
    """Return True if a link with this text leads to a page that has all parts of an article."""
    return _whole_article_pattern().fullmatch(text) is not None


def is_arrow(text: str) -> bool:
    """Return True if the text of a link is an arrow to the right."""
    return _ARROW.fullmatch(text.strip()) is not None


def page_number(text: str) -> int | None:
    """Return the page number that is the whole text of a link, or ``None``."""
    found = _NUMBER.fullmatch(text.strip()) if len(text) < 16 else None
    return int(found[1]) if found else None


def leads_to_no_news(text: str) -> bool:
    """Return True if a link of a menu leads to a page without news: home, login, imprint, search."""
    return _menu_pattern().search(text) is not None


@cache
def _menu_pattern() -> re.Pattern[str]:
    words = words_of_all(lambda table: table.menu.not_news if table.writing.has_blanks else ())
    parts = words_of_all(lambda table: () if table.writing.has_blanks else table.menu.not_news)
    whole = any_of(words, written_as={"*": r"\w*"})
    return re.compile(rf"(?<![a-z]){whole}(?![a-z])|{any_of(parts)}", re.IGNORECASE)


@cache
def _pattern(*, of_article: bool) -> re.Pattern[str]:
    return _link_text_pattern(lambda words: (*words.words, *(words.rest_of_article if of_article else words.older)))


@cache
def _whole_article_pattern() -> re.Pattern[str]:
    return _link_text_pattern(lambda words: (*words.whole_article, *words.rest_of_article))


def _link_text_pattern(choose: Callable[[NextPage], tuple[str, ...]]) -> re.Pattern[str]:
    spellings = []
    for table in languages().values():
        for word in choose(table.next_page):
            spellings.append(_JOINT.join(word) if table.letters_may_be_spaced else word)
    text = any_of(dict.fromkeys(spellings), written_as={_JOINT: r"\s*"})
    return re.compile(_AROUND + text + _AROUND, re.IGNORECASE)
