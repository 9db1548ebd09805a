"""Articles over several pages: which page follows, and which page is not the first."""

import re
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from crawler.extraction.document import Document

_NEXT = re.compile(
    r"(?:下一?[页頁]|余下全文|餘下全文|next(?: page)?|weiter|suivante|siguiente|次へ|다음)\s*[>»›→]*", re.I
)

#: ``story_2.html``, ``story-2.html``, ``story/2``: the part's number at the end of the path, before its extension
_NUMBERED = re.compile(r"^(?P<stem>.+?)[_/-](?P<part>[1-9]\d?)(?P<end>\.[a-z]{3,5})?/?$")

_PART_KEYS = ("page", "p", "pn", "pageno", "page_no")


def next_page(document: Document) -> str | None:
    """The URL of the article's next page, ``None`` on its last or only one.

    A link counts when it says so (下一页, Next) *and* leads to the next number of the same address: a "next article"
    link says the same and leads elsewhere.
    """
    first, part = part_of(document.url)
    for link in document.followable_links():
        if _NEXT.fullmatch(link.text.strip()) and part_of(link.url) == (first, part + 1):
            return link.url
    return None


def first_page(document: Document) -> str | None:
    """The URL of the article's first page where `document` is a later one, else ``None``.

    A number at the end of an address may be part of any article's own; only a page that links back to the address
    without it is a later page.
    """
    first, part = part_of(document.url)
    if part == 1:
        return None
    for link in document.followable_links():
        if part_of(link.url) == (first, 1):
            return link.url
    return None


def part_of(url: str) -> tuple[str, int]:
    """The address of an article without its part's number, and the number: 1 where it has none."""
    parts = urlsplit(urljoin(url, ""))
    for key, value in parse_qsl(parts.query):
        if key.lower() in _PART_KEYS and len(value) < 3 and value.isdecimal() and int(value):
            rest = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if (k, v) != (key, value)]
            return urlunsplit((parts.scheme, parts.netloc, parts.path, urlencode(rest), "")), int(value)
    if found := _NUMBERED.match(parts.path):
        path = found["stem"] + (found["end"] or "")
        return urlunsplit((parts.scheme, parts.netloc, path, parts.query, "")), int(found["part"])
    return urlunsplit((parts.scheme, parts.netloc, parts.path, parts.query, "")), 1
