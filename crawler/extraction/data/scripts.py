"""Scripts: their characters and the languages written in them, from ``scripts.toml``."""

import unicodedata
from collections.abc import Mapping
from functools import cache

from crawler.extraction.data.table_file import DATA, Table, load_table


class Script(Table, frozen=True):
    """A script: its characters, as in a class of a regular expression, and the languages written in it."""

    name: str
    characters: str
    languages: tuple[str, ...] = ()  #: the likeliest first
    is_dense: bool = False  #: a sentence has few characters
    has_punctuation: bool = True  #: sentences end with a punctuation mark


class Scripts(Table, frozen=True):
    """The table ``scripts.toml``."""

    scripts: tuple[Script, ...]
    also_latin: tuple[str, ...]  #: languages of another script that are written in Latin letters too
    reported_as: Mapping[str, str]  #: languages reported under the subtag of another


@cache
def scripts() -> Scripts:
    """Return the scripts."""
    return load_table(DATA / "scripts.toml", Scripts)


def characters_of(name: str) -> str:
    """Return the characters of a script, as in a class of a regular expression."""
    return next(one.characters for one in scripts().scripts if one.name == name)


@cache
def combining_marks() -> str:
    """Return the vowel signs and other marks within words, as in a class of a regular expression."""
    return "".join(char for char in map(chr, range(0x0300, 0x1D00)) if unicodedata.category(char)[0] == "M")


def letters_of_language(code: str) -> str:
    """Return the characters of the scripts that a language is written in; empty if it is written in Latin letters."""
    if code in scripts().also_latin:
        return ""
    return "".join(one.characters for one in scripts().scripts if code in one.languages)
