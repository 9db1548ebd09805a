"""Articles split over several pages: the next page, and the first page of a later one."""

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from crawler.extraction.data.link_texts import is_next_page
from crawler.extraction.document import Document

#: The page number at the end of the path, before its extension: ``story_2.html``, ``story-2.html``, ``story/2``.
_NUMBERED = re.compile(r"^(?P<stem>.+?)[_/-](?P<number>[1-9]\d?)(?P<end>\.[a-z]{3,5})?/?$")

_PAGE_KEYS = ("page", "p", "pn", "pageno", "page_no")


def next_page(document: Document) -> str | None:
    """Return the URL of the article's next page, or ``None`` on its last or only page.

    The link's text must say so (下一页, Next) *and* its URL must have the next number of the same address. A "next
    article" link has the same text, but another URL.
    """
    first, number = split_page_number(document.url)
    for link in document.followable_links():
        if is_next_page(link.text, of_article=True) and split_page_number(link.url) == (first, number + 1):
            return link.url
    return None


def first_page(document: Document) -> str | None:
    """Return the URL of the article's first page if `document` is a later one, else ``None``.

    Any article's address may end in a number. Only a page that links back to the address without it is a later page.
    """
    first, number = split_page_number(document.url)
    if number == 1:
        return None
    for link in document.followable_links():
        if split_page_number(link.url) == (first, 1):
            return link.url
    return None


def split_page_number(url: str) -> tuple[str, int]:
    """Return an article's address without its page number, and that number, 1 if the address has none."""
    parts = urlsplit(urljoin(url, ""))
    for key, value in parse_qsl(parts.query):
        if key.lower() in _PAGE_KEYS and len(value) < 3 and value.isdecimal() and int(value):
            rest = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if (k, v) != (key, value)]
            return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(rest), "")), int(value)
    if found := _NUMBERED.match(parts.path):
        path = found["stem"] + (found["end"] or "")
        return urlunsplit((parts.scheme, parts.netloc, path, parts.query, "")), int(found["number"])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, parts.query, "")), 1
