"""Pagination of lists: finding the next page."""

from crawler.extraction.data.link_texts import is_arrow, is_next_page
from crawler.extraction.document import Document, Link, resolve
from crawler.sites import Section
from crawler.urls import clean_url

#: Number of following page numbers to look for among a page's links.
_LOOKAHEAD = 12


def find_next_page(document: Document, section: Section, number: int) -> str | None:
    """Return the URL of the page after `document`, or ``None`` if the page looks like the last one.

    `document` is page `number` of `section`; the first page is 0. Links in injected or hidden blocks are ignored.
    """
    links = [link for link in document.followable_links() if link.element.hidden is None]
    if section.is_numbered:
        return _next_by_number(section, number, {clean_url(link.url) for link in links})
    following = _next_by_selector(document, section.next, links) if section.next else _next_by_text(document, links)
    return following if following and clean_url(following) != clean_url(document.url) else None


def _next_by_number(section: Section, number: int, linked: set[str]) -> str | None:
    """Return the numbered page, unless the page links to other numbered pages but not to this one."""
    following = section.page_url(number + 1)
    others = {
        clean_url(page) for n in range(1, number + _LOOKAHEAD) if n != number + 1 and (page := section.page_url(n))
    }
    is_last = following is not None and clean_url(following) not in linked and bool(others & linked)
    return None if is_last else following


def _next_by_selector(document: Document, css: str, links: list[Link]) -> str | None:
    chosen = {resolve(document.base_url, node.attributes.get("href") or "") for node in document.tree.css(css)}
    return next((link.url for link in links if link.url in chosen), None)


def _next_by_text(document: Document, links: list[Link]) -> str | None:
    """Return the page marked as next by ``rel=next``, else the one whose link text says so."""
    node = document.tree.css_first('link[rel~="next" i][href]')
    if node is not None:
        return resolve(document.base_url, (node.attributes.get("href") or "").strip())
    return next((link.url for link in links if "next" in link.rel.split()), None) or next(
        (link.url for link in links if is_next_page(link.text) or is_arrow(link.text)), None
    )
