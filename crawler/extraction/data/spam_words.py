"""The vocabulary of link spam and the searches for it, compiled from ``spam.toml``."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain, product

from ahocorasick_rs import AhoCorasick, Implementation

from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.table_file import DATA, Table, load_table


class Trade(Table, frozen=True):
    """The words of one trade."""

    parts: tuple[str, ...] = ()  #: anywhere in a text
    words: tuple[str, ...] = ()  #: whole words


class SpamVocabulary(Table, frozen=True):
    """The tables of ``spam.toml``."""

    trades: Mapping[str, Trade]
    headings: tuple[str, ...]
    css_names: tuple[str, ...]
    known_hosts: tuple[str, ...]
    trackers: tuple[str, ...]
    tracker_patterns: tuple[str, ...]
    ad_frames: tuple[str, ...]
    menu_names: tuple[str, ...]


VOCABULARY = load_table(DATA / "spam.toml", SpamVocabulary)

_PARTS = list(dict.fromkeys(part for trade in VOCABULARY.trades.values() for part in trade.parts))
_WORDS = list(dict.fromkeys(word for trade in VOCABULARY.trades.values() for word in trade.words))
#: The matches of a hyphen in the vocabulary: as a regular expression, and as a list.
_HYPHEN, _WRITTEN_HYPHENS = {"-": r"[\s_+-]?"}, ("", " ", "\n", "_", "+", "-")
_PART = re.compile(any_of(_PARTS))
_WORD = re.compile(rf"\b{any_of(_WORDS, written_as=_HYPHEN)}(?!\w)")
_HEADING = re.compile(any_of(VOCABULARY.headings, written_as=_HYPHEN))

#: Hosts that honest pages link to from anywhere.
KNOWN_HOSTS = re.compile(rf"(?:^|\.){any_of(VOCABULARY.known_hosts)}\.[a-z.]+$")
#: Invisible frames of honest pages: analytics, advertising, consent.
TRACKERS = re.compile("|".join([any_of(VOCABULARY.trackers), *VOCABULARY.tracker_patterns]), re.IGNORECASE)
#: Names of invisible frames with advertising, and of blocks that a reader opens.
AD_FRAMES = re.compile(rf"(?<![a-z]){any_of(VOCABULARY.ad_frames)}(?![a-z])", re.IGNORECASE)
MENU_NAMES = re.compile(any_of(VOCABULARY.menu_names))
#: Elements in which hidden lists of links are normal parts of a page.
PAGE_PARTS = frozenset({"nav", "header", "footer", "menu", "aside"})


def _spellings(words: Iterable[str]) -> Iterator[str]:
    """Yield every way to write the words, with each character that a hyphen matches."""
    for first, *rest in (word.split("-") for word in words):
        for hyphens in product(_WRITTEN_HYPHENS, repeat=len(rest)):
            yield first + "".join(chain.from_iterable(zip(hyphens, rest, strict=True)))


_SPELLED_WORDS = list(_spellings(_WORDS))
#: Searches for all of them at once, at a few nanoseconds per character. The DFA takes half the time and 8 MB.
_SIGNS = AhoCorasick([*_SPELLED_WORDS, *_PARTS, *_spellings(VOCABULARY.headings)], implementation=Implementation.DFA)
_CSS_NAMES = AhoCorasick(VOCABULARY.css_names)


def may_be_spam(text: str) -> bool:
    """Return False if a lower-case text has neither a word of the vocabulary nor a heading; cheap for a whole page."""
    return any(
        sign >= len(_SPELLED_WORDS) or not _is_inside_word(text, start, end)
        for sign, start, end in _SIGNS.find_matches_as_indexes(text, overlapping=True)
    )


def _is_inside_word(text: str, start: int, end: int) -> bool:
    """True if a part of a text belongs to a longer word."""
    return any(char == "_" or char.isalnum() for char in (text[start - 1 : start], text[end : end + 1]))


def spam_words(text: str) -> list[str]:
    """Return the words of the vocabulary in a lower-case text, each as often as it occurs."""
    return [*_PART.findall(text), *_WORD.findall(text)]


def has_spam_heading(text: str) -> bool:
    """True if a lower-case text contains a heading of spam blocks."""
    return _HEADING.search(text) is not None


def has_spam_name(names: str) -> bool:
    """True if lower-case ids and classes contain one of spam blocks."""
    return bool(_CSS_NAMES.find_matches_as_indexes(names))
