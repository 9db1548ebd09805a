"""Turning the pages of a list: which page follows."""

import re
from urllib.parse import urljoin

from crawler.extraction.document import Document, Link
from crawler.sites import Section
from crawler.urls import clean_url

#: What a link to the next page of a list is called: older ones follow newer ones.
_EAST = r"下\s*一\s*[页頁]|[后後]一[页頁]|下[页頁]|次へ|次のページ|다음"
_WEST = r"next(?: page)?|older(?: (?:posts|stories|news|articles))?|weiter|nächste(?: seite)?|suivante?s?|siguiente"
NEXT = re.compile(rf"[\s<«‹\[【(]*(?:{_EAST}|{_WEST}|[»›→>]{{1,2}})[\s>»›→\]】)]*", re.IGNORECASE)

#: Numbers ahead that are looked for among a page's links.
_AHEAD = 12


def following_page(document: Document, section: Section, number: int) -> str | None:
    """The page after `document`, which is page `number` of `section`, 0 the first; ``None`` on what is the last one as
    far as the page tells. Links in injected or hidden blocks lead nowhere."""
    links = [link for link in document.followable_links() if link.element.hidden is None]
    if section.is_numbered:
        return _numbered(section, number, {clean_url(link.url) for link in links})
    following = _by_selector(document, section.next, links) if section.next else _by_word(document, links)
    return following if following and clean_url(following) != clean_url(document.url) else None


def _numbered(section: Section, number: int, linked: set[str]) -> str | None:
    """By number; where the page links to others of them and not to this one, there is none."""
    following = section.page_url(number + 1)
    others = {clean_url(page) for n in range(1, number + _AHEAD) if n != number + 1 and (page := section.page_url(n))}
    is_last = following is not None and clean_url(following) not in linked and bool(others & linked)
    return None if is_last else following


def _by_selector(document: Document, css: str, links: list[Link]) -> str | None:
    chosen = {urljoin(document.base_url, node.attributes.get("href") or "") for node in document.tree.css(css)}
    return next((link.url for link in links if link.url in chosen), None)


def _by_word(document: Document, links: list[Link]) -> str | None:
    """By what says so in its markup, else by what is called so."""
    node = document.tree.css_first('link[rel~="next" i][href]')
    if node is not None:
        return urljoin(document.base_url, (node.attributes.get("href") or "").strip())
    return next((link.url for link in links if "next" in link.rel.split()), None) or next(
        (link.url for link in links if NEXT.fullmatch(link.text.strip())), None
    )
