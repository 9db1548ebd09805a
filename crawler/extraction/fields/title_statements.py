"""Titles stated in a page's metadata, and the comparison of two copies of a title."""

import html
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from operator import add
from urllib.parse import urlsplit

from msgspec import Struct

from crawler.extraction.data.prefilter import any_of
from crawler.extraction.data.tables import words_of_all
from crawler.extraction.decode.glosses import remove_glosses
from crawler.extraction.document import Document

_SEPARATOR = re.compile(
    r"\s+[-–—|·•»«:/~<>]{1,2}\s+|\s*[|｜_»«]\s*|(?:-[^\s-]{2,4})?\s*ㅣ(?=\S{2,12}$)\s*|\s*--+\s*|\s*——\s*"
    r"|(?<=[\u3400-\u9fff”》！？])[-—](?=[\u3400-\u9fff])"
)
_SEPARATOR_AT_END = re.compile(r"\s+[-–—|·•_]+$")
_HOST = re.compile(r"(?:www\.)?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,6}")
_HOST_NAME = re.compile(r"(?:www\.)?[\w-]+(?:\.[\w-]+)*\.[a-z]{2,12}")
#: Most characters of a stated title that are read.
_LONGEST = 600
#: Words that a site may add to its name, as in BBC News.
_SITE_SUFFIX = re.compile(rf"(?<=.){any_of(words_of_all(lambda one: one.stories.site_suffixes))}$")
_SITE_TYPES = ("WebSite", "NewsMediaOrganization", "Organization")
_QUOTES = str.maketrans(
    {**dict.fromkeys("‘’‚‛`´′", "'"), **dict.fromkeys("“”„‟«»″＂", '"'), **dict.fromkeys("‐‑‒–—―−", "-"), "\xad": None}
)
_QUOTE = re.compile(f"[{''.join(map(re.escape, map(chr, _QUOTES)))}]")


@lru_cache(maxsize=4096)
def title_key(text: str) -> str:
    """Return `text` without case, white space and quote or dash style, in which copies of a title differ."""
    if text.isascii():
        text = text.replace("`", "'")
    else:
        text = _plain_quotes(unicodedata.normalize("NFKC", _plain_quotes(text)))
    return "".join(text.split()).casefold()


def _plain_quotes(text: str) -> str:
    return text.translate(_QUOTES) if _QUOTE.search(text) else text


@lru_cache(maxsize=1024)
def _separator_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Return the start and end of every separator in a text."""
    return tuple(mark.span() for mark in _SEPARATOR.finditer(text))


@lru_cache(maxsize=1024)
def character_pairs(text: str) -> frozenset[str]:
    """Return the pairs of adjacent characters in a text."""
    return frozenset(map(add, text, text[1:]))


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of character pairs that two texts have in common, from 0 to 1; 0 for very short texts."""
    if len(one) < 5 or len(other) < 5:
        return 0.0
    return 2 * len(one & other) / (len(one) + len(other))


def _is_similar(text: str, other: frozenset[str]) -> bool:
    """True if the similarity of `text` to another, given by its pairs, is above 0.8; usually decided by its start."""
    # A similar text has fewer pairs than this that the other lacks.
    too_many = 0.6 * (len(text) - 1) - 0.4 * len(other)
    beginning = text[: 2 + 2 * int(too_many)]
    if too_many <= 0 or len({*map(add, beginning, beginning[1:])} - other) >= too_many:
        return False
    return similarity(character_pairs(text), other) > 0.8


class StatedTitle(Struct, frozen=True):
    """A title stated in the metadata; `exact` if it has no site name in it. `key` and `pairs` come from `text`.

    `core` is the key without what may be the names of section and site.
    """

    rule: str
    text: str
    exact: bool
    key: str = ""
    pairs: frozenset[str] = frozenset()
    core: str = ""

    @property
    def exact_score(self) -> float:
        """Score of a line with the same words: 5.5 for an exact title, 4 for ``<title>``, 5 for any other."""
        return 5.5 if self.exact else 4.0 if self.rule == "title" else 5.0

    def score_line(self, mine: str, text: str) -> float:
        """Score a printed line with key `mine`: `exact_score` for the same words, 2 to 3.5 for part of them, else 0."""
        theirs = self.key
        if mine == theirs:
            return self.exact_score
        if len(mine) >= 5 and theirs.startswith(mine) and (len(mine) > 0.7 * len(theirs) or self._continues(text)):
            return 3.5
        if len(mine) >= 8 and theirs.endswith(mine) and self._ends_with(text):
            return 3.5
        if len(theirs) >= 8 and (mine.startswith((theirs, self.core)) or mine.endswith(theirs)):
            return 3.0  # cut off, or printed with a kicker
        if len(mine) >= 8 and mine in theirs:
            return 2.5
        if len(mine) < 2 * len(theirs) and _is_similar(mine, self.pairs):
            return 2.0
        return 0.0

    def possible_starts(self) -> Iterator[str]:
        """Yield the first two characters of a line that prints it: of its key and of each part after a separator."""
        yield self.key[:2]
        for _, end in _separator_spans(self.text):
            yield title_key(self.text[end : end + 4])[:2]

    def _ends_with(self, end: str) -> bool:
        """True if `end` follows a separator in the statement, as after a leading site name."""
        return any(title_key(self.text[after:]) == title_key(end) for _, after in _separator_spans(self.text))

    def _continues(self, start: str) -> bool:
        """True if a separator follows `start` in the statement."""
        return any(title_key(self.text[:before]) == title_key(start) for before, _ in _separator_spans(self.text))


def read_stated_titles(document: Document) -> Iterator[StatedTitle]:
    """Yield the titles in the page's metadata, the most trusted first."""
    for rule, raw, exact in _statements(document):
        text = clean_title(raw)
        if text:
            core = text if exact else remove_site_name(text, frozenset(), sure=False)
            yield StatedTitle(rule, text, exact, title_key(text), character_pairs(title_key(text)), title_key(core))


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


def clean_title(text: str) -> str:
    """Return a stated title as it would be printed: entities decoded, glosses removed, white space normalised.

    A separator at the end, which templates print before an empty site name, is removed.
    """
    words = " ".join(remove_glosses(html.unescape(text[:_LONGEST]))[0].split())
    return _SEPARATOR_AT_END.sub("", words)


def site_name_keys(document: Document) -> frozenset[str]:
    """Return the keys of the names that the page gives its site."""
    names = [*document.meta.get("og:site_name", ()), *document.meta.get("application-name", ())]
    for node in document.jsonld:
        publisher = node.get("publisher")
        if isinstance(publisher, dict) and isinstance(publisher.get("name"), str):
            names.append(publisher["name"])
        if node.get("@type") in _SITE_TYPES and isinstance(node.get("name"), str):
            names.append(node["name"])
    return frozenset(title_key(name) for name in names if name)


def last_segment_key(document: Document) -> str | None:
    """Return the key of the last part of ``<title>``, which is the site's name if it is shorter than the rest."""
    element = document.tree.css_first("head > title, title")
    text = clean_title(element.text()) if element is not None else ""
    spans = _separator_spans(text)
    if not spans:
        return None
    head, tail = title_key(text[: spans[-1][0]]), title_key(text[spans[-1][1] :])
    return tail if 0 < len(tail) < len(head) else None


def is_host_name(text: str) -> bool:
    """True if a text is the name of a host: ``www.county.example``."""
    return "." in text and _HOST_NAME.fullmatch(text.lower()) is not None


def host_labels(document: Document) -> frozenset[str]:
    """Return the labels of the page's host name, letters and digits only: ``the-mill.example`` -> ``themill``."""
    try:
        host = urlsplit(document.url).hostname or ""
    except ValueError:
        return frozenset()
    return frozenset(re.sub(r"[^a-z0-9]", "", label) for label in host.split(".") if len(label) > 2)


def remove_site_name(text: str, names: frozenset[str], *, sure: bool) -> str:
    """Return `text` without the site's and the section's names at its end.

    If the text is `sure` to be a title, only the site's own name is cut off. Otherwise all short parts after the last
    separators are, as long as most of the text remains.
    """
    while True:
        spans = _separator_spans(text)
        if not spans:
            return text
        head, tail = text[: spans[-1][0]], text[spans[-1][1] :]
        tail_key = title_key(tail)
        is_site = not names.isdisjoint((tail_key, _SITE_SUFFIX.sub("", tail_key))) or _HOST.fullmatch(tail.lower())
        is_short = not sure and len(tail_key) <= max(15, len(title_key(head)) // 2) and len(title_key(head)) >= 4
        if not head or not (is_site or is_short):
            return text
        text = head
