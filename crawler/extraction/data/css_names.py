"""Ids and classes of elements by what the element holds, and words in URL paths, compiled from their tables."""

import re
from collections.abc import Iterator
from functools import cache

from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.table_file import DATA, Table, load_table

#: Stands for the rest of a word.
_REST = "\x1f"


class NameParts(Table, frozen=True):
    """Ids and classes, by where in a name they are looked for."""

    parts: tuple[str, ...] = ()  #: anywhere
    beginnings: tuple[str, ...] = ()  #: not behind a letter
    endings: tuple[str, ...] = ()  #: not before a letter
    words: tuple[str, ...] = ()  #: neither behind nor before a letter
    stems: tuple[str, ...] = ()  #: not behind a letter; the name includes the rest of the word
    patterns: tuple[str, ...] = ()  #: regular expressions, anywhere
    beginning_patterns: tuple[str, ...] = ()  #: regular expressions, not behind a letter
    not_behind: tuple[str, ...] = ()  #: names directly behind one of these are others

    def compile(self) -> re.Pattern[str]:
        """Return a pattern that finds any of them in an element's names, which are in lower case."""
        not_behind = "".join(f"(?<!{re.escape(word)})" for word in self.not_behind)
        found = "|".join(self._alternatives())
        return re.compile(f"{not_behind}(?:{found})" if not_behind else found)

    def _alternatives(self) -> Iterator[str]:
        if self.parts:
            yield any_of(self.parts)
        if behind_boundary := list(self._behind_boundary()):
            yield f"(?<![a-z])(?:{'|'.join(behind_boundary)})"
        if self.endings:
            yield rf"{any_of(self.endings)}(?![a-z])"
        yield from self.patterns

    def _behind_boundary(self) -> Iterator[str]:
        if self.beginnings:
            yield any_of(self.beginnings)
        if whole := [*self.words, *(f"{stem}{_REST}" for stem in self.stems)]:
            yield any_of(whole, written_as={_REST: r"\w*"}) + "(?![a-z])"
        yield from self.beginning_patterns


class CssNames(Table, frozen=True):
    """The tables of ``css_names.toml``."""

    author: NameParts
    not_author: NameParts
    source: NameParts
    not_source: NameParts
    editor: NameParts
    editor_only: NameParts
    picture: NameParts
    title: NameParts
    not_title: NameParts
    badge: NameParts
    date: NameParts
    outside: NameParts
    inline: NameParts
    menu: NameParts
    not_menu: NameParts
    next_page: NameParts
    not_next_page: NameParts


class UrlWords(Table, frozen=True):
    """The lists of ``url_words.toml``."""

    authors: tuple[str, ...]
    accounts: tuple[str, ...]
    sections: tuple[str, ...]
    not_news: tuple[str, ...]
    lists: tuple[str, ...]
    front_pages: tuple[str, ...]
    news_sitemaps: tuple[str, ...]
    other_sitemaps: tuple[str, ...]


@cache
def css_names() -> CssNames:
    """Return the ids and classes of elements."""
    return load_table(DATA / "css_names.toml", CssNames)


@cache
def url_words() -> UrlWords:
    """Return the words in URL paths."""
    return load_table(DATA / "url_words.toml", UrlWords)
