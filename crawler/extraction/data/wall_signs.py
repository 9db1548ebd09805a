"""Signs of pages shown instead of content, from ``walls.toml``: searches for titles, sentences and markup."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum

from ahocorasick_rs import AhoCorasick, MatchKind
from msgspec import Struct

from crawler.extraction.data.table_file import DATA, Table, load_table


class WallKind(StrEnum):
    """The kind of page that a site shows instead of its content. Causes in reports are ``wall.`` and these names."""

    BLOCKED = "blocked"  #: the request was refused
    CAPTCHA = "captcha"  #: a person must prove to be one
    CHALLENGE = "challenge"  #: a browser must run a script first
    CONSENT = "consent"  #: cookies must be accepted first
    APP = "app"  #: the page is shown only in an app
    LOGIN = "login"
    REDIRECT = "redirect"  #: the front page, a log-in page or an error page instead of the article
    EMPTY = "empty"  #: nothing at all
    REPEATED = "repeated"  #: the same text at other URLs, undated


class SignGroup(Table, frozen=True):
    """Signs of one kind of page, made by one product.

    A title or a sentence is one that no article has. `hints` and `widgets` also occur on pages with content, such as
    the captcha of a comment form: they count only on a page with next to no text.
    """

    kind: WallKind
    maker: str = ""  #: of the product, for the report
    titles: tuple[str, ...] = ()  #: a whole title or heading, or the part of a title before or behind the site's name
    phrases: tuple[str, ...] = ()  #: beginnings or parts of sentences addressed to the visitor
    markup: tuple[str, ...] = ()  #: in the page's source; case counts
    hints: tuple[str, ...] = ()  #: words in the text
    widgets: tuple[str, ...] = ()  #: in the page's source; case counts


class WallTable(Table, frozen=True):
    """The tables of ``walls.toml``."""

    redirect_segments: tuple[str, ...]
    signs: tuple[SignGroup, ...]


class Sign(Struct, frozen=True):
    """A sign found on a page: the kind of page it means, the maker of the product if known, and its text."""

    kind: WallKind
    maker: str
    text: str


_TABLE = load_table(DATA / "walls.toml", WallTable)

#: Last segments of paths, without extension, that removed articles redirect to.
REDIRECT_SEGMENTS = frozenset(_TABLE.redirect_segments)

#: Invisible characters, and apostrophes.
_PLAIN = {"\u200b": " ", "\ufeff": " ", "\u2019": "'", "\u2018": "'", "\u02bc": "'", "\uff07": "'"}
_ENDS = " .!?\u2026\u3002\uff01\uff1f\u00a1\u00bf:\uff1a-_|\u2013\u2014\u00b7\u300c\u300d\u3010\u3011[]()"
_TITLE_PARTS = re.compile(
    r"\s+[-\u2013\u2014|\u00b7:\u00bb]\s+|[|_\uff5c]|(?<=[^\x00-\x7f])\s*[-\u2014]+\s*|\s*[-\u2014]+\s*(?=[^\x00-\x7f])"
)
#: Longest title and line of text (characters) that are searched: the time for longer ones grows with their square.
_LONGEST_TITLE, _LONGEST_LINE = 1_000, 20_000
#: Opening quotation marks and their closing ones.
_QUOTES = {
    "\u201c": "\u201d",
    "\u00ab": "\u00bb",
    "\u201e": "\u201c",
    "\u300c": "\u300d",
    "\u300e": "\u300f",
    "\u300a": "\u300b",
    '"': '"',
}


def normalise(text: str) -> str:
    """Return a text for comparison: NFKC, lower case, single blanks, plain apostrophes."""
    text = unicodedata.normalize("NFKC", text)
    if not text.isascii():
        for found, plain in _PLAIN.items():
            text = text.replace(found, plain)
    return " ".join(text.split()).casefold()


def _index(words_of: Callable[[SignGroup], Iterable[str]], key: Callable[[str], str]) -> Mapping[str, Sign]:
    """Return the signs of all groups by their text in the form compared; the first group with a text wins."""
    found: dict[str, Sign] = {}
    for group in _TABLE.signs:
        for word in words_of(group):
            found.setdefault(key(word), Sign(group.kind, group.maker, word))
    return found


def _trim_title(title: str) -> str:
    return normalise(title).strip(_ENDS)


class _Search:
    """Finds the signs of one sort in a text."""

    def __init__(self, words_of: Callable[[SignGroup], Iterable[str]], key: Callable[[str], str] = str) -> None:
        self._signs = list(_index(words_of, key).items())
        self._automaton = AhoCorasick([text for text, _ in self._signs], matchkind=MatchKind.LeftmostLongest)

    def find_in(self, text: str) -> Iterator[tuple[int, Sign]]:
        """Yield position and sign for each match in `text`, which has the form of the keys."""
        for number, start, _ in self._automaton.find_matches_as_indexes(text):
            yield start, self._signs[number][1]


_TITLES = _index(lambda group: group.titles, _trim_title)
_PHRASES = _Search(lambda group: group.phrases, normalise)
_HINTS = _Search(lambda group: group.hints, normalise)
_MARKUP = _Search(lambda group: group.markup)
_WIDGETS = _Search(lambda group: group.widgets)


def find_title(title: str) -> Sign | None:
    """Return the sign that a title is, as a whole or apart from the site's name. No wall has a very long title."""
    title = " ".join(title.split())
    if len(title) > _LONGEST_TITLE:
        return None
    whole = _trim_title(title)
    if whole in _TITLES:
        return _TITLES[whole]
    parts = [part for part in _TITLE_PARTS.split(title) if part.strip()]
    ends = (parts[0], parts[-1]) if len(parts) > 1 else ()
    return next((_TITLES[trimmed] for part in ends if (trimmed := _trim_title(part)) in _TITLES), None)


def has_phrase(lines: Iterable[str]) -> bool:
    """True if one of the lines has a sentence that only a wall has, quoted or not."""
    return next(_PHRASES.find_in(normalise("\0".join(lines))), None) is not None


def find_phrases(line: str) -> Iterator[Sign]:
    """Yield the sentences in a line of text that only a wall has, except those that the line quotes."""
    text = normalise(line[:_LONGEST_LINE])
    for start, sign in _PHRASES.find_in(text):
        if not _is_in_quotes(text[:start]):
            yield sign


def _is_in_quotes(before: str) -> bool:
    """True if a quotation that begins in the text `before` does not end in it."""
    for opening, closing in _QUOTES.items():
        start = before.rfind(opening)
        if opening == closing:
            if before.count(opening) % 2:
                return True
        elif start >= 0 and closing not in before[start:]:
            return True
    return False


def find_hint(line: str) -> Sign | None:
    """Return the first hint in a line of text."""
    return next((sign for _, sign in _HINTS.find_in(normalise(line))), None)


def find_markup(source: str) -> Sign | None:
    """Return the first mark in a page's source that only a wall has."""
    return next((sign for _, sign in _MARKUP.find_in(source)), None)


def find_widget(source: str) -> Sign | None:
    """Return the first mark of a captcha or log-in form in a page's source."""
    return next((sign for _, sign in _WIDGETS.find_in(source)), None)
