"""Links that may lead to the further pages of a list or an article: anchors, buttons, options, and their scripts.

Links in injected or hidden blocks are left out.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from crawler.discovery.page_scripts import PageFunctions
from crawler.extraction.data.css_names import css_names
from crawler.extraction.data.link_texts import is_arrow, is_next_page
from crawler.extraction.document import Document
from crawler.urls import clean_url

#: Classes of links to the next page, and of arrows that turn something else.
_NEXT_NAME, _NAMES_OF_OTHERS = css_names().next_page.compile(), css_names().not_next_page.compile()
#: Elements other than anchors that lead to a page by a script or an attribute.
_BUTTONS = "[onclick], option[value], [data-href], [data-url]"
#: Different targets of links with the words "next page" on one page; more are teasers that say "continue".
_MAX_TARGETS = 2


class PagerLink(NamedTuple):
    """A link: its cleaned URL, its text and title, ``rel`` and own CSS names."""

    url: str
    text: str
    title: str
    rel: str
    css_names: str


def find_page_links(document: Document) -> list[PagerLink]:
    """Return the visible links of a page with their URLs, scripts resolved, in order; buttons are at the end."""
    functions = PageFunctions(document.text)
    return [*_find_anchors(document, functions), *_find_buttons(document, functions)]


def find_marked_next(document: Document, links: list[PagerLink]) -> str | None:
    """Return the URL of the link marked as leading to the next page: by ``rel=next``, its text, an arrow or a class."""
    node = document.tree.css_first('link[rel~="next" i][href]')
    if node is not None:
        return document.resolve((node.attributes.get("href") or "").strip())
    others = [link for link in links if not is_same_page(link.url, document.url)]
    for is_next in (_is_rel_next, _says_next, _points_right, _is_named_next):
        targets = dict.fromkeys(link.url for link in others if is_next(link))
        if targets and len(targets) <= _MAX_TARGETS:
            return next(iter(targets))
    return None


def is_same_page(one: str, other: str) -> bool:
    """True if two URLs are the same apart from the scheme and a trailing slash."""
    return one.partition("://")[2].rstrip("/") == other.partition("://")[2].rstrip("/")


def _is_rel_next(link: PagerLink) -> bool:
    return "next" in link.rel.split()


def _says_next(link: PagerLink) -> bool:
    return is_next_page(link.text) or (not link.text and is_next_page(link.title))


def _points_right(link: PagerLink) -> bool:
    return is_arrow(link.text) and not _NAMES_OF_OTHERS.search(link.css_names)


def _is_named_next(link: PagerLink) -> bool:
    has_words = any(char.isalpha() for char in link.text)
    named = _NEXT_NAME.search(link.css_names) and not _NAMES_OF_OTHERS.search(link.css_names)
    return bool(named) and not has_words and not link.text.isdecimal()


def _find_anchors(document: Document, functions: PageFunctions) -> Iterator[PagerLink]:
    injected = document.injections.anchors
    for anchor in document.layout.links:
        element = anchor.element
        if id(element) in injected or element.hidden is not None:
            continue
        attributes = element.attributes
        url = _resolve_scripted(document, attributes, functions) or document.resolve(anchor.href)
        if url:
            yield _make_link(url, anchor.text, attributes, element.css_names)


def _find_buttons(document: Document, functions: PageFunctions) -> Iterator[PagerLink]:
    for node in document.tree.css(_BUTTONS):
        if node.tag == "a":
            continue
        attributes = node.attributes
        href = attributes.get("data-href") or attributes.get("data-url")
        if node.tag == "option":
            href = attributes.get("value")
            if not re.search(r"[/.?]", href or ""):
                continue
        url = document.resolve(href) if href else _resolve_scripted(document, attributes, functions)
        if url:
            yield _make_link(url, node.text(), attributes, (attributes.get("class") or "").lower())


def _make_link(url: str, text: str, attributes: dict[str, str | None], css_names: str) -> PagerLink:
    title = attributes.get("aria-label") or attributes.get("title") or ""
    rel = (attributes.get("rel") or "").lower()
    return PagerLink(clean_url(url), " ".join(text.split()), " ".join(title.split()), rel, css_names)


def _resolve_scripted(document: Document, attributes: dict[str, str | None], functions: PageFunctions) -> str | None:
    """Return the URL of a link that only a script follows: its href is a script, a fragment or missing."""
    href = (attributes.get("href") or "").strip()
    is_script = href.lower().startswith("javascript:")
    if href and not is_script and not href.startswith("#"):
        return None
    code = [href[11:]] if is_script else []
    if onclick := attributes.get("onclick"):
        code.insert(0, onclick)
    target = next(filter(None, map(functions.resolve, code)), None)
    return document.resolve(target) if target else None
