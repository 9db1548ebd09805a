"""Links of a list that may lead to articles: the one rule for visits, surveys and checks of a portal."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from crawler.discovery.list_links import find_listed_articles
from crawler.extraction.data.link_texts import is_next_page, page_number
from crawler.extraction.document import Document, Link
from crawler.sites import Section, Site


class CandidateLink(NamedTuple):
    """A link that may lead to an article, and what speaks for it: a selector of the site file, the list's structure."""

    link: Link
    is_selected: bool
    is_listed: bool


def find_candidates(document: Document, section: Section, site: Site, links: Iterable[Link]) -> Iterator[CandidateLink]:
    """Yield those of `links`, the visible ones of a page of `section`, that may lead to articles; in order.

    Links to the next page are left out. Without a selector or pattern in the site file, so are those whose only text is
    a number: the days of a calendar and the pages of a list.
    """
    shown = [link for link in links if not is_next_page(link.text)]
    if section.links is not None:
        nodes = {node.mem_id for node in document.tree.css(section.links)}
        urls = {link.url for link in shown if link.element.mem_id in nodes}
        yield from (CandidateLink(link, True, False) for link in shown if link.url in urls)
    elif site.article_path is not None:
        yield from (CandidateLink(link, False, False) for link in shown)
    else:
        listed, numbers = find_listed_articles(shown, document.url), _find_numbers(shown)
        for link in shown:
            if link.url not in numbers:
                yield CandidateLink(link, False, link.url in listed)


def _find_numbers(links: Iterable[Link]) -> set[str]:
    """Return the URLs of links whose texts are numbers."""
    texts: dict[str, list[str]] = {}
    for link in links:
        texts.setdefault(link.url, []).append(link.text.strip())
    return {
        url
        for url, found in texts.items()
        if any(found) and all(page_number(text) is not None for text in filter(None, found))
    }
