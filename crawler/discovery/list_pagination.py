"""Pagination of lists: finding the next page.

The one rule for it, used by visits and by surveys of a portal: the site file's own description, a link marked as next,
the page numbers, and a script that prints them.
"""

from crawler.discovery.page_links import PagerLink, find_marked_next, find_page_links
from crawler.discovery.page_numbers import find_next_numbered
from crawler.discovery.pager_scripts import find_next_by_script, find_script_pager
from crawler.extraction.document import Document
from crawler.sites import Section
from crawler.urls import clean_url

#: Number of following page numbers to look for among a page's links.
_LOOKAHEAD = 12


def find_next_page(document: Document, section: Section, number: int) -> str | None:
    """Return the URL of the page after `document`, or ``None`` if the page looks like the last one.

    `document` is page `number` of `section`; the first page is 0. Links in injected or hidden blocks are ignored.
    """
    if section.next and not section.is_numbered:
        following = _next_by_selector(document, section.next)
    else:
        links = find_page_links(document)
        if section.is_numbered:
            return _next_by_template(document, section, number, {link.url for link in links})
        following = _next_by_page(document, links, number)
    return following if following and clean_url(following) != clean_url(document.url) else None


def _next_by_template(document: Document, section: Section, number: int, linked: set[str]) -> str | None:
    """Return the numbered page, unless a script or the page's links to other numbered pages say that it is the last."""
    following = section.page_url(number + 1)
    pager = find_script_pager(document)
    others = {
        clean_url(page) for n in range(1, number + _LOOKAHEAD) if n != number + 1 and (page := section.page_url(n))
    }
    is_last = following is not None and clean_url(following) not in linked and bool(others & linked)
    ends_by_script = pager is not None and pager.next_name(number) is None
    return None if is_last or ends_by_script else following


def _next_by_selector(document: Document, css: str) -> str | None:
    chosen = {document.resolve(node.attributes.get("href") or "") for node in document.tree.css(css)}
    visible = (link for link in document.followable_links() if link.element.hidden is None)
    return next((link.url for link in visible if link.url in chosen), None)


def _next_by_page(document: Document, links: list[PagerLink], number: int) -> str | None:
    """Return the next page by what the page itself says."""
    if following := find_marked_next(document, links):
        return following
    if following := find_next_numbered(document, links, number + 1):
        return following
    pager = find_script_pager(document)
    return find_next_by_script(document, pager, number) if pager else None
