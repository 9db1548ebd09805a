"""Titles as a page's metadata states them, and how two prints of one title are held against each other."""

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from operator import add
from urllib.parse import urlsplit

from msgspec import Struct

from crawler.extraction.decode.glosses import remove_glosses
from crawler.extraction.document import Document

_SEPARATOR = re.compile(
    r"\s+[-–—|·•»«:/~<>]{1,2}\s+|\s*[|｜_»«]\s*|(?:-[^\s-]{2,4})?\s*ㅣ(?=\S{2,12}$)\s*|\s*--+\s*|\s*——\s*"
    r"|(?<=[\u3400-\u9fff”》！？])[-—](?=[\u3400-\u9fff])"
)
_HOST = re.compile(r"(?:www\.)?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,6}")
#: Characters of a stated title that are read.
_LONGEST = 600
#: What a site may have behind its name: BBC News.
_WHAT_IT_IS = re.compile(r"(?<=.)(?:news|online|tv|radio|sports?|com|net)$")
_SITE_TYPES = ("WebSite", "NewsMediaOrganization", "Organization")
_QUOTES = str.maketrans(
    {**dict.fromkeys("‘’‚‛`´′", "'"), **dict.fromkeys("“”„‟«»″＂", '"'), **dict.fromkeys("‐‑‒–—―−", "-"), "\xad": None}
)
_QUOTE = re.compile(f"[{''.join(map(re.escape, map(chr, _QUOTES)))}]")


@lru_cache(maxsize=4096)
def key(text: str) -> str:
    """The text without what differs between two prints of one title: case, white space, shapes of quotes and dashes."""
    if text.isascii():
        text = text.replace("`", "'")
    else:
        text = _plainly_quoted(unicodedata.normalize("NFKC", _plainly_quoted(text)))
    return "".join(text.split()).casefold()


def _plainly_quoted(text: str) -> str:
    return text.translate(_QUOTES) if _QUOTE.search(text) else text


@lru_cache(maxsize=1024)
def _breaks(text: str) -> tuple[tuple[int, int], ...]:
    """Where separators stand in a text, each with its start and its end."""
    return tuple(mark.span() for mark in _SEPARATOR.finditer(text))


@lru_cache(maxsize=1024)
def pairs(text: str) -> frozenset[str]:
    """The pairs of neighbouring characters in a text."""
    return frozenset(map(add, text, text[1:]))


def likeness(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of their character pairs two texts have in common, from 0 to 1; 0 for very short ones."""
    if len(one) < 5 or len(other) < 5:
        return 0.0
    return 2 * len(one & other) / (len(one) + len(other))


def _is_like(text: str, other: frozenset[str]) -> bool:
    """Whether the likeness of a text to another, given by its pairs, is above 0.8; told of most by their beginnings."""
    too_many = 0.6 * (len(text) - 1) - 0.4 * len(other)  # pairs that the other has not, when all of the text's differ
    beginning = text[: 2 + 2 * int(too_many)]
    if too_many <= 0 or len({*map(add, beginning, beginning[1:])} - other) >= too_many:
        return False
    return likeness(pairs(text), other) > 0.8


class StatedTitle(Struct, frozen=True):
    """A title the page states in its metadata; `exact` when it has no site name in it. `key` is its text's `key`."""

    rule: str
    text: str
    exact: bool
    key: str = ""
    pairs: frozenset[str] = frozenset()

    @property
    def worth(self) -> float:
        """How well a line agrees that prints the very words: 5 where they are a headline's, 4 where <title>'s."""
        return 5.5 if self.exact else 4.0 if self.rule == "title" else 5.0

    def agreement(self, mine: str, text: str) -> float:
        """How well a printed line (its key and its text) agrees: its `worth` for the same words, 3 cut or longer."""
        theirs = self.key
        if mine == theirs:
            return self.worth
        if len(mine) >= 5 and theirs.startswith(mine) and (len(mine) > 0.7 * len(theirs) or self._continues(text)):
            return 3.5
        if len(mine) >= 8 and theirs.endswith(mine) and self._ends_with(text):
            return 3.5
        if len(theirs) >= 8 and (mine.startswith(theirs) or mine.endswith(theirs)):  # cut short, or with a kicker
            return 3.0
        if len(mine) >= 8 and mine in theirs:
            return 2.5
        if len(mine) < 2 * len(theirs) and _is_like(mine, self.pairs):
            return 2.0
        return 0.0

    def starts(self) -> Iterator[str]:
        """How a print of it may begin: the first two characters of its key, and of its parts behind a separator."""
        yield self.key[:2]
        for _, end in _breaks(self.text):
            yield key(self.text[end : end + 4])[:2]

    def _ends_with(self, end: str) -> bool:
        """Whether a separator stands in the statement before `end`: the site's name comes first."""
        return any(key(self.text[after:]) == key(end) for _, after in _breaks(self.text))

    def _continues(self, start: str) -> bool:
        """Whether the statement goes on after `start` with a separator."""
        return any(key(self.text[:before]) == key(start) for before, _ in _breaks(self.text))


def stated_titles(document: Document) -> Iterator[StatedTitle]:
    """What the page's metadata states as its title, the most trusted first."""
    for rule, raw, exact in _statements(document):
        text = clean(raw)
        if text:
            yield StatedTitle(rule, text, exact, key(text), pairs(key(text)))


def _statements(document: Document) -> Iterator[tuple[str, str, bool]]:
    node = document.article_ld or {}
    named = next(
        (name for name in ("headline", "name") if isinstance(node.get(name), str) and node[name].strip()), None
    )
    if named:
        yield f"jsonld.{named}", node[named], True
    for name, exact in (("og:title", False), ("twitter:title", False), ("headline", True), ("articletitle", True)):
        for value in document.meta.get(name, ())[:1]:
            yield f"meta.{name}", value, exact
    element = document.tree.css_first("head > title, title")
    if element is not None:
        yield "title", element.text(), False


def clean(text: str) -> str:
    """A stated text as it would be printed: entities read, glosses out, white space single."""
    return " ".join(remove_glosses(html.unescape(text[:_LONGEST]))[0].split())


def site_names(document: Document) -> frozenset[str]:
    """Keys of the names the page gives to its site."""
    names = [*document.meta.get("og:site_name", ()), *document.meta.get("application-name", ())]
    for node in document.jsonld:
        publisher = node.get("publisher")
        if isinstance(publisher, dict) and isinstance(publisher.get("name"), str):
            names.append(publisher["name"])
        if node.get("@type") in _SITE_TYPES and isinstance(node.get("name"), str):
            names.append(node["name"])
    return frozenset(key(name) for name in names if name)


def host_words(document: Document) -> frozenset[str]:
    """The labels of the page's host name, letters and figures only: ``the-mill.example`` -> ``themill``."""
    try:
        host = urlsplit(document.url).hostname or ""
    except ValueError:
        return frozenset()
    return frozenset(re.sub(r"[^a-z0-9]", "", label) for label in host.split(".") if len(label) > 2)


def without_site(text: str, names: frozenset[str], *, sure: bool) -> str:
    """The text without the site's name and its levels at the end.

    When the text is `sure` to be a title already only a name the site gives itself is cut; otherwise whatever short
    pieces follow the last separators, as long as most of the text is left.
    """
    while True:
        breaks = _breaks(text)
        if not breaks:
            return text
        head, tail = text[: breaks[-1][0]], text[breaks[-1][1] :]
        named = not names.isdisjoint((key(tail), _WHAT_IT_IS.sub("", key(tail)))) or _HOST.fullmatch(tail.lower())
        short = not sure and len(key(tail)) <= max(15, len(key(head)) // 2) and len(key(head)) >= 4
        if not head or not (named or short):
            return text
        text = head
