"""The shortest CSS that finds the article links of list pages and no other."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from crawler.extraction import Document
from crawler.extraction.document import resolve
from crawler.extraction.layout.lines import Element
from crawler.survey.links import PageLink, links_of
from crawler.urls import clean_url

#: The share of a list's articles a selector must find, and of what it finds that must be articles.
ENOUGH = 0.9
#: Ancestors of a link that are looked at, and selectors that are tried.
_NEAREST, _TRIED = 8, 60

_NAME = re.compile(r"[A-Za-z][A-Za-z_-]{1,30}")
#: Names that say what state an element is in, or that a style tool made.
_PASSING = re.compile(
    r"^(?:active|current|first|last|odd|even|on|off|hover|selected|open|cur|clearfix|fl|fr|css|sc|jsx)(?:[-_]|$)", re.I
)
_BETWEEN = ("h1", "h2", "h3", "h4", "h5", "h6", "dt", "dd", "td", "li", "p", "strong")


@dataclass(frozen=True)
class ListPage:
    """A list page and the addresses on it that are articles'."""

    document: Document
    articles: frozenset[str]

    @cached_property
    def links(self) -> list[PageLink]:
        """Its links to articles."""
        return [link for link in links_of(self.document) if link.url in self.articles]


def links_selector(lists: Sequence[ListPage]) -> str | None:
    """The selector of the article links of all `lists`; ``None`` where no short one finds them."""
    votes: Counter[str] = Counter()
    for page in lists:
        for link in page.links:
            votes.update(set(_candidates(link.element)))
    likely = [selector for selector, _ in votes.most_common(_TRIED)]
    fitting = [selector for selector in likely if lists and all(_fits(selector, page) for page in lists)]
    return min(fitting, key=_clumsiness, default=None)


def _clumsiness(selector: str) -> tuple[bool, int, int]:
    """A name outlasts a bare tag; of names, the fewest and shortest."""
    return not re.search(r"[.#]", selector), selector.count(" "), len(selector)


def found_by(selector: str, document: Document) -> set[str]:
    """The addresses of the links that `selector` finds, as a crawl takes them."""
    hrefs = (node.attributes.get("href") or "" for node in document.tree.css(selector))
    return {clean_url(url) for href in hrefs if (url := resolve(document.base_url, href))}


def _fits(selector: str, page: ListPage) -> bool:
    found = found_by(selector, page.document)
    right = len(found & page.articles)
    return right >= ENOUGH * len(page.articles) and right >= ENOUGH * len(found)


def _candidates(anchor: Element) -> Iterator[str]:
    around = anchor.ancestors()[:_NEAREST]
    for name in _names(anchor):
        yield name
    for depth, outer in enumerate(around[1:], 1):
        between = [one.tag for one in around[1:depth] if one.tag in _BETWEEN]
        for name in _names(outer):
            yield f"{name} a"
            for tag in between:
                yield f"{name} {tag} a"
    for one in around[1:4]:
        if one.tag in _BETWEEN[:6]:
            yield f"{one.tag} a"


def _names(element: Element) -> Iterator[str]:
    """What an element is called by a name that will last."""
    ident = (element.attributes.get("id") or "").strip()
    if _NAME.fullmatch(ident) and not _PASSING.search(ident):
        yield f"{element.tag}#{ident}"
    for name in (element.attributes.get("class") or "").split():
        if _NAME.fullmatch(name) and not _PASSING.search(name):
            yield f"{element.tag}.{name}"
