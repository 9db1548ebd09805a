"""The issue of a digital paper: which links of one of its pages lead to other pages, and which to articles."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlsplit

from crawler.discovery.headlines import is_headline
from crawler.discovery.list_links import find_listed_articles
from crawler.discovery.page_links import find_page_links
from crawler.discovery.url_patterns import is_list_path
from crawler.extraction.data.link_texts import is_next_page
from crawler.extraction.data.paper_words import paper_words
from crawler.extraction.document import Document
from crawler.extraction.fields.paper_label import PaperLabel, find_label, read_label
from crawler.sites import IssueUrl
from crawler.urls import clean_url

#: A number of a page or article in a URL; pages may have a letter too.
_NUMBER = re.compile(r"(?<![A-Za-z])[A-Z]{1,2}(?=\d)|\d+")
_NUMBERS = re.compile(r"#+")


@dataclass(frozen=True, slots=True)
class IssuePage:
    """One page of an issue: the issue's other pages and their labels, its own label, and its articles' URLs."""

    pages: dict[str, PaperLabel | None]
    label: PaperLabel | None
    articles: list[str]
    #: Articles that the issue's day in the URL or the image of the page says are ones.
    sure: AbstractSet[str]


@dataclass(slots=True)
class _Target:
    """A URL that the page links to: the texts of its links, and the kinds of them."""

    texts: list[str] = field(default_factory=list)
    is_area: bool = False
    is_shown: bool = False

    @property
    def label(self) -> PaperLabel | None:
        return next(filter(None, map(read_label, self.texts)), None)

    @property
    def names_page(self) -> bool:
        return self.label is not None or any(paper_words().beside.fullmatch(text) for text in self.texts)

    @property
    def is_headline(self) -> bool:
        return any(map(is_headline, self.texts))


def read_issue_page(
    document: Document,
    issues: IssueUrl,
    day: date,
    own_urls: Iterable[str],
    *,
    left_out: AbstractSet[str] = frozenset(),
) -> IssuePage:
    """Read a page of the issue of `day`. `own_urls` are its URLs and that of the first page, `left_out` are no links.

    Links to other issues are left out. A link leads to a page if its URL has the shape of the page's own, or its text
    says so; URLs of one shape are of one kind unless some texts are labels of pages and others headlines.
    """
    own = {clean_url(url) for url in own_urls}
    targets = {url: found for url, found in _find_targets(document, issues, day).items() if url not in left_out}
    shapes: defaultdict[str, list[str]] = defaultdict(list)
    for url in targets:
        shapes[_shape(url, issues)].append(url)
    page_shapes = {_shape(url, issues) for url in own}
    page_shapes |= {_shape(url, issues) for url, found in targets.items() if _is_numbered(url, found, own)}
    pages: dict[str, PaperLabel | None] = {}
    for shape, urls in shapes.items():
        named = {url for url in urls if targets[url].names_page}
        is_mixed = bool(named) and any(targets[url].is_headline for url in urls if url not in named)
        if shape in page_shapes or named:
            pages |= {url: _label_of(targets[url]) for url in urls if url in named or not is_mixed}
    label = next(filter(None, (pages.get(url) for url in own)), None) or find_label(document.lines)
    if label and label.page in {one.page for url, one in pages.items() if one and url not in own}:
        label = None
    rest = {url: found for url, found in targets.items() if url not in pages and url not in own and found.is_shown}
    sure = {url for url, found in rest.items() if not is_list_path(url) and _is_sure(url, found, issues)}
    shown = [link for link in document.followable_links() if link.element.hidden is None]
    listed = {clean_url(url) for url in find_listed_articles(shown, document.url)} if len(sure) < len(rest) else set()
    articles = [url for url in rest if url in sure or url in listed]
    return IssuePage({url: one for url, one in pages.items() if url not in own}, label, articles, sure)


def _is_numbered(url: str, target: _Target, own: AbstractSet[str]) -> bool:
    """True if a URL is one of the issue's with a page number behind it, and its text is no headline."""
    if target.is_headline or not any(map(_may_be_name, target.texts)):
        return False
    rests = (url.removeprefix(one) if "?" in one else url.removeprefix(f"{one.rpartition('/')[0]}/") for one in own)
    queries = (url.removeprefix(one) for one in own)
    return any(rest != url and paper_words().numbered.fullmatch(rest) for rest in (*rests, *queries))


def _find_targets(document: Document, issues: IssueUrl, day: date) -> dict[str, _Target]:
    """Return the targets of the page's links by URL, in order, without files and other issues."""
    targets: dict[str, _Target] = {}
    for url, texts, is_area, is_shown in _iterate_links(document):
        if paper_words().file.search(urlsplit(url).path) or issues.find_day(url) not in (None, day):
            continue
        target = targets.setdefault(url, _Target())
        target.texts += [" ".join(text.split()) for text in texts if text.strip()]
        target.is_area |= is_area
        target.is_shown |= is_shown
    return targets


def _iterate_links(document: Document) -> Iterator[tuple[str, tuple[str, ...], bool, bool]]:
    """Yield the links of a page: URL, texts, if it is an area of an image, and if it is shown."""
    for link in find_page_links(document):
        yield link.url, (link.text, link.title), False, True
    for node in document.tree.css("area[href]"):
        if url := document.resolve((node.attributes.get("href") or "").strip()):
            yield clean_url(url), (node.attributes.get("alt") or "", node.attributes.get("title") or ""), True, True
    for hidden in document.followable_links():
        if hidden.element.hidden is not None:
            yield clean_url(hidden.url), (hidden.text,), False, False


def _shape(url: str, issues: IssueUrl) -> str:
    """Return the shape of a URL: the issue's day as ``@``, numbers as ``#``."""
    parts = urlsplit(issues.mask_day(url))
    return f"{parts.netloc}{_mask(parts.path)}?{_mask(parts.query)}"


def _mask(text: str) -> str:
    return _NUMBERS.sub("#", _NUMBER.sub("#", text))


def _label_of(target: _Target) -> PaperLabel | None:
    labels = (read_label(text, is_page=True) for text in target.texts)
    found = next(filter(None, labels), None)
    if found is None and (name := next((one for one in target.texts if _may_be_name(one)), None)):
        return PaperLabel(None, name)
    return found


def _may_be_name(text: str) -> bool:
    return (
        len(text) <= 30
        and not is_headline(text)
        and not paper_words().beside.fullmatch(text)
        and not is_next_page(text)
    )


def _is_sure(url: str, target: _Target, issues: IssueUrl) -> bool:
    return target.is_area or issues.find_day(url) is not None
