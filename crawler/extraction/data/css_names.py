"""Ids and classes of elements by what the element holds, and words in URL paths, compiled from their tables."""

import re
from collections.abc import Iterator
from functools import cache

from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.table_file import DATA, Table, load_table


class NameParts(Table, frozen=True):
    """Ids and classes, by where in a name they are looked for."""

    parts: tuple[str, ...] = ()  #: anywhere
    beginnings: tuple[str, ...] = ()  #: not behind a letter
    endings: tuple[str, ...] = ()  #: not before a letter
    words: tuple[str, ...] = ()  #: neither behind nor before a letter
    patterns: tuple[str, ...] = ()  #: regular expressions

    def compile(self) -> re.Pattern[str]:
        """Return a pattern that finds any of them in an element's names, which are in lower case."""
        return re.compile("|".join(self._alternatives()))

    def _alternatives(self) -> Iterator[str]:
        if self.parts:
            yield any_of(self.parts)
        if self.beginnings:
            yield rf"(?<![a-z]){any_of(self.beginnings)}"
        if self.endings:
            yield rf"{any_of(self.endings)}(?![a-z])"
        if self.words:
            yield rf"(?<![a-z]){any_of(self.words)}(?![a-z])"
        yield from self.patterns


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


class UrlWords(Table, frozen=True):
    """The lists of ``url_words.toml``."""

    authors: tuple[str, ...]
    accounts: tuple[str, ...]
    sections: tuple[str, ...]
    not_news: tuple[str, ...]


@cache
def css_names() -> CssNames:
    """Return the ids and classes of elements."""
    return load_table(DATA / "css_names.toml", CssNames)


@cache
def url_words() -> UrlWords:
    """Return the words in URL paths."""
    return load_table(DATA / "url_words.toml", UrlWords)
