"""Numbered pages of a list, read from the links and scripts of one of its pages."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from crawler.discovery.page_links import PagerLink, find_marked_next, find_page_links, is_same_page
from crawler.discovery.pager_scripts import find_script_pager
from crawler.extraction import Document
from crawler.extraction.data.link_texts import is_next_page, page_number

_DIGITS = re.compile(r"(?<!\d)\d+(?!\d)")
#: A number in a URL may count entries only if a page has at least so many.
_MIN_ENTRIES = 5


@dataclass(frozen=True, slots=True)
class Numbering:
    """The URL template of a list's further pages, as in `crawler.sites.Section`, and where it was found."""

    template: str
    origin: str


def find_numbering(document: Document) -> Numbering | None:
    """Return the numbering of the list whose first page is `document`; ``None`` if its pages are not numbered."""
    numbered = list(_find_numbered_links(document))
    votes = Counter(template for label, page in numbered for template in _guess_templates(document.url, label, page))
    if votes:
        template, number = votes.most_common(1)[0]
        if 2 * number > len(numbered):  # numbers that count down give each link a template of its own
            return Numbering(template, f"the links to its pages, {number} of them match")
    if pager := find_script_pager(document):
        return Numbering(pager.template(), f"its script {pager.origin}, {pager.count} pages")
    return None


def has_next_link(document: Document) -> bool:
    """True if a link is marked as leading to the next page, by its text or by ``rel=next``."""
    return find_marked_next(document, find_page_links(document)) is not None


def find_next_numbered(document: Document, links: list[PagerLink], number: int) -> str | None:
    """Return the linked page whose label follows `number`, the label of this page, or ``None``.

    The labels of a pager grow in step with one number of its URLs, unlike the days of a calendar or counts of comments.
    """
    pages = _read_pager(document, links, number)
    return pages.get(number + 1)


def _read_pager(document: Document, links: list[PagerLink], current: int) -> Mapping[int, str]:
    labelled: dict[int, set[str]] = {}
    for link in links:
        if (label := page_number(link.text)) is not None and _is_near(document.url, link.url):
            labelled.setdefault(label, set()).add(link.url)
    own = labelled.get(current, set())
    if own and current > 1 and not any(is_same_page(url, document.url) for url in own):
        return {}
    pages = {label: next(iter(urls)) for label, urls in labelled.items() if len(urls) == 1 and label != current}
    further = {label: url for label, url in pages.items() if label > 1}
    if _grows_evenly(document.url, further):
        return further
    # Numbers that count down: the last page but one links to the last alone, whose number is the lowest.
    with_own = {**further, current: document.url} if further and current > 1 else {}
    return further if _grows_evenly(document.url, with_own) else {}


def _is_near(document_url: str, url: str) -> bool:
    """True if `url` is the list's own path with another query, or a path in its folder."""
    own, other = urlsplit(document_url), urlsplit(url)
    if own.netloc != other.netloc:
        return False
    if own.path == other.path:
        return own.query != other.query
    shared = re.sub(r"\d+", "#", own.path.rpartition("/")[0])
    folder = re.sub(r"\d+", "#", other.path.rpartition("/")[0])
    return shared.startswith(folder) or folder.startswith(shared)


def _grows_evenly(document_url: str, pages: Mapping[int, str]) -> bool:
    """True if one number in the URLs grows or falls in step with the labels; a single page must fit a template."""
    labels = sorted(pages)
    if not labels:
        return False
    if len(labels) == 1:
        return any(True for _ in _guess_templates(document_url, labels[0], pages[labels[0]]))
    shapes = {_DIGITS.sub("#", pages[label]) for label in labels}
    if len(shapes) > 1:
        return False
    rows = [[int(text) for text in _DIGITS.findall(pages[label])] for label in labels]
    changing = [column for column in zip(*rows, strict=True) if len(set(column)) > 1]
    if len(changing) != 1:
        return False
    column = changing[0]
    steps = {
        (after - before) / (label - earlier)
        for before, after, earlier, label in zip(column, column[1:], labels, labels[1:], strict=False)
    }
    return len(steps) == 1


def _find_numbered_links(document: Document) -> Iterator[tuple[int, str]]:
    """Yield the linked pages of a list, each with its number; the page after the first is 2."""
    for link in find_page_links(document):
        label = page_number(link.text)
        if label is not None and label > 1:
            yield label, link.url
        elif is_next_page(link.text):
            yield 2, link.url


def _guess_templates(first: str, number: int, page: str) -> Iterator[str]:
    """Yield templates for the URL of page `number`: each has one number in the URL replaced by a placeholder."""
    name = _make_relative(first, page)
    if name is None:
        return
    for found in re.finditer(r"(?<!\d)[1-9]\d*(?!\d)", name):
        placeholder = _choose_placeholder(number, int(found[0]))
        if placeholder:
            yield name[: found.start()] + placeholder + name[found.end() :]


def _choose_placeholder(number: int, written: int) -> str | None:
    if written == number - 1:
        return "{n}"
    if written == number:
        return "{n+1}"
    entries, rest = divmod(written, number - 1)
    return f"{{n*{entries}}}" if rest == 0 and entries >= _MIN_ENTRIES else None


def _make_relative(first: str, page: str) -> str | None:
    """Return the shortest relative URL from `first` to `page`; ``None`` if they are on different hosts."""
    base, target = urlsplit(first), urlsplit(page)
    if base.netloc != target.netloc:
        return None
    query = f"?{target.query}" if target.query else ""
    if base.path == target.path and query:
        return query
    folder = base.path.rpartition("/")[0] + "/"
    path = target.path.removeprefix(folder) if target.path.startswith(folder) else target.path
    return path + query if path + query else None
