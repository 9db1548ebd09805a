"""Articles split over several pages: the next page, the first page, the page with the whole article, missing pages.

Pages of one article have one address apart from a page number. The page after the first has the number 1 or 2: both
numberings are in use, and a page's own links and scripts show which it has.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from crawler.discovery.page_links import PagerLink, find_page_links, is_same_page
from crawler.discovery.pager_scripts import ScriptPager, find_next_by_script, find_script_pager, is_page_key
from crawler.extraction.data.link_texts import is_next_page, leads_to_whole_article, page_number
from crawler.extraction.document import Document

#: The page number at the end of the path: ``story_2.html``, ``story-p2.html``, ``story/2``, ``story(2)``.
_NUMBERED = re.compile(
    r"^(?P<stem>.+?)(?:[_/-]p(?:age)?[_/-]?|[_/-]|\(|%28)(?P<number>[1-9]\d?)(?:\)|%29)?(?P<end>\.[a-z]{3,5})?/?$"
)


class PartAddress(NamedTuple):
    """The URL of an article's page: without its page number, and that number; ``None`` if it has none."""

    address: str
    number: int | None


def split_page_number(url: str) -> PartAddress:
    """Split the page number off the URL of an article's page."""
    parts = urlsplit(urljoin(url, ""))
    for key, value in parse_qsl(parts.query):
        if is_page_key(key) and len(value) < 3 and value.isdecimal() and int(value):
            rest = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if (k, v) != (key, value)]
            address = urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(rest), ""))
            return PartAddress(address, int(value))
    if found := _NUMBERED.match(parts.path):
        path = found["stem"] + (found["end"] or "")
        return PartAddress(urlunsplit((parts.scheme, parts.netloc, path, parts.query, "")), int(found["number"]))
    path = parts.path.rstrip("/") or "/"
    return PartAddress(urlunsplit((parts.scheme, parts.netloc, path, parts.query, "")), None)


class ArticleParts:
    """The pages of the article that `document` belongs to, as far as the page names them."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._own = split_page_number(document.url)

    @cached_property
    def _links(self) -> list[PagerLink]:
        return find_page_links(self._document)

    @cached_property
    def _parts(self) -> list[tuple[PagerLink, PartAddress]]:
        """The links to other pages of the same article."""
        split = ((link, split_page_number(link.url)) for link in self._links)
        same = [(link, part) for link, part in split if part.address == self._own.address]
        return [(link, part) for link, part in same if not is_same_page(link.url, self._document.url)]

    @cached_property
    def _pager(self) -> ScriptPager | None:
        """The pager that a script prints, if it leads to pages of this article."""
        pager = find_script_pager(self._document)
        if pager is None:
            return None
        part = split_page_number(urljoin(self._document.base_url, pager.page_name(2)))
        return pager if part.address == self._own.address else None

    def find_next(self, index: int) -> str | None:
        """Return the URL of the page behind this one, which is page `index` of the article; the first is 0.

        A link must say so (下一页, Next, or the page's number as its label) *and* its URL must have the next number of
        the same address. A "next article" link has the same text, but another URL.
        """
        for is_next in (self._says_next, lambda link: page_number(link.text) == index + 2):
            for link, part in self._parts:
                if is_next(link) and self._follows(part):
                    return link.url
        return find_next_by_script(self._document, self._pager, index) if self._pager else None

    def find_first(self) -> str | None:
        """Return the URL of the article's first page if this is a later one, else ``None``.

        The URL of any article may end in a number. Only a page that links back to the address without it, or whose
        script says so, is a later page.
        """
        if self._own.number is None:
            return None
        for link, part in self._parts:
            if part.number is None or (part.number == 1 and self._own.number > 1):
                return link.url
        if self._pager and self._pager.current > 0:
            return self._own.address
        return None

    def find_whole(self) -> str | None:
        """Return the URL of the page with all parts of the article, by the text of a link to another view of it."""
        for link in self._links:
            if leads_to_whole_article(link.text) and self._is_other_view(link.url):
                return link.url
        return None

    def count_named(self) -> int:
        """Return the number of pages that the article has by the labels of its links and by its script, at least 1."""
        labels = [label for link, part in self._parts if (label := page_number(link.text)) and part.number is not None]
        counts = [self._pager.count] if self._pager else []
        at_least = 2 if self.find_next(0) else 1
        return max(at_least, *labels, *counts, self._count_unresolved())

    def _says_next(self, link: PagerLink) -> bool:
        return is_next_page(link.text or link.title, of_article=True)

    def _follows(self, part: PartAddress) -> bool:
        """True if a page has the number behind this one's: 1 or 2 behind the first page."""
        if part.number is None:
            return False
        return part.number in (1, 2) if self._own.number is None else part.number == self._own.number + 1

    def _is_other_view(self, url: str) -> bool:
        own, other = urlsplit(self._own.address), urlsplit(url)
        if own.netloc != other.netloc or is_same_page(url, self._document.url):
            return False
        part = split_page_number(url)
        if part.address == self._own.address and part.number is not None:
            return False
        stem = own.path.rpartition(".")[0] if "." in own.path.rpartition("/")[2] else own.path
        return other.path.startswith(stem.rstrip("/")) and len(other.path) - len(own.path) < 20

    def _count_unresolved(self) -> int:
        """Return the largest page number of a pager whose links are scripts that cannot be read, 0 without one."""
        labels: list[int] = []
        says_next = False
        for text in _unresolved_texts(self._document):
            says_next = says_next or is_next_page(text, of_article=True)
            if (label := page_number(text)) is not None and label < 100:
                labels.append(label)
        return max(labels, default=0) if says_next and 2 in labels else 0


def _unresolved_texts(document: Document) -> Iterator[str]:
    """Yield the texts of visible links whose target is a script."""
    for anchor in document.layout.links:
        if anchor.element.hidden is None and anchor.href.strip().lower().startswith("javascript:"):
            yield anchor.text.strip()
