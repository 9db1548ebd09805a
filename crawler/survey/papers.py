"""Recognition of digital papers: pages of issues, whose URLs hold the day."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from urllib.parse import urlsplit

from crawler.discovery.page_links import find_page_links
from crawler.discovery.paper_pages import IssuePage, read_issue_page
from crawler.extraction import Document
from crawler.extraction.data.table_file import Table, load_table
from crawler.extraction.fields.paper_label import PaperLabel, read_label
from crawler.sites import IssueUrl
from crawler.urls import clean_url

#: Pages of an issue that have a label, of which at least so many show that a front page is a paper's.
_MIN_LABELLED = 2

_DAY = re.compile(
    r"(?<!\d)(?P<Y>20\d\d)(?P<first>[-/_.]?)(?P<m>0[1-9]|1[0-2])(?P<second>[-/_.]?)(?P<d>0[1-9]|[12]\d|3[01])(?!\d)"
)


class _Make(Table, frozen=True):
    name: str
    page: str


class _Makes(Table, frozen=True):
    makes: tuple[_Make, ...]


@cache
def _makes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    table = load_table(Path(__file__).with_name("paper_makes.toml"), _Makes)
    return tuple((make.name, re.compile(make.page, re.IGNORECASE)) for make in table.makes)


@dataclass(frozen=True, slots=True)
class FoundPaper:
    """A digital paper: its template, the day and first page of the issue seen, and where that was found, for people."""

    issues: IssueUrl
    day: date
    first: str
    origin: str

    def read(self, document: Document) -> IssuePage:
        """Read a page of the issue."""
        return read_issue_page(document, self.issues, self.day, {document.url, self.first})


def find_paper(document: Document) -> FoundPaper | None:
    """Return the digital paper that a front page is of: it is, or links to, the pages of an issue."""
    for url, texts in _candidates(document):
        if (parts := _split_day(url)) is None:
            continue
        template, day = parts
        make = _find_make(url)
        page = read_issue_page(document, IssueUrl(template), day, {document.url, url})
        labels = {link: label for link, label in page.pages.items() if label and label.page}
        own = next(filter(None, map(read_label, texts)), None) if texts else page.label
        if own:
            labels[url] = own
        if len(labels) >= _MIN_LABELLED or (make and page.pages):
            is_first = not texts and own is None  # the front page leads to it
            first = url if is_first else min(labels, key=lambda link: _rank(labels[link]), default=url)
            if (parts := _split_day(first)) is not None:
                evidence, number = make or "labels of pages", len({*page.pages, url})
                origin = f"a digital paper ({evidence}): the issue of {day}, {number} pages"
                return FoundPaper(IssueUrl(parts[0]), day, first, origin)
    return None


def _candidates(document: Document) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the page's own URL, then those of links that may lead to pages of an issue, with their texts."""
    yield clean_url(document.url), ()
    for link in find_page_links(document):
        if read_label(link.text) or read_label(link.title) or _find_make(link.url):
            yield link.url, (link.text, link.title)


def _find_make(url: str) -> str | None:
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return next((name for name, page in _makes() if page.search(target)), None)


def _split_day(url: str) -> tuple[str, date] | None:
    """Return the template of a URL that holds a day, and the day."""
    parts = urlsplit(url)
    for found in _DAY.finditer(url, len(f"{parts.scheme}://{parts.netloc}")):
        try:
            day = date(int(found["Y"]), int(found["m"]), int(found["d"]))
        except ValueError:
            continue
        return _DAY.sub(partial(_template, day=day), url), day
    return None


def _template(found: re.Match[str], day: date) -> str:
    if (found["Y"], found["m"], found["d"]) != (f"{day:%Y}", f"{day:%m}", f"{day:%d}"):
        return found[0]
    return f"{{date:%Y{found['first']}%m{found['second']}%d}}"


def _rank(label: PaperLabel) -> tuple[str, int]:
    digits = re.sub(r"\D", "", label.page or "")
    return re.sub(r"\d", "", label.page or ""), int(digits or 0)
