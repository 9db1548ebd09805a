"""Start of a portal's spider from the archive: the index supplies its article pages, oldest first."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem, IgnoreRequest
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError

from archive import ArchiveError, IndexEntry
from archive.cdxj import REVISIT_MIME
from archive.errors import MissingOriginalError
from archive.media import is_success, may_be_html, normalize_media_type
from crawler.fetch_context import FetchContext, LeasedUrl, fetch_context, leased_url
from crawler.handlers.archived import TRUNCATION_ERRORS
from crawler.handlers.recorder import collection_of
from crawler.items import Article
from crawler.report import SLOW_PATTERN
from crawler.report_words import words_for
from crawler.sites import PatternTimeout
from crawler.spiders.portal import PortalSpider

#: Statistic with the RebuildAccount of a spider over the archive.
ACCOUNT = "rebuild/account"

#: The cause of captures that end so early that no article can be read from them.
TRUNCATED_CAPTURE = "truncated when it was captured"

#: The cause of responses whose record has no HTTP head.
NO_STATUS = "the record has no HTTP status line"

#: The cause of revisits whose original is in another chunk of files: the item comes from there.
ORIGINAL_ELSEWHERE = "unchanged since a capture in another file"


@dataclass(frozen=True, slots=True)
class LostPage:
    """A page that should have given an item, the place of its capture, and the reason it did not."""

    url: str
    file: str
    offset: int | None
    why: str


@dataclass(slots=True)
class RebuildAccount:
    """The end of every capture of a site when its items are rebuilt.

    Each of the `pages` read ends as an item, in `lost` or in `skipped`, which counts causes. `other` counts, by cause,
    the captures that were not read because they are not articles.
    """

    pages: int = 0
    items: int = 0
    lost: list[LostPage] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)

    def add(self, account: "RebuildAccount") -> None:
        """Add the counts of another site."""
        self.pages += account.pages
        self.items += account.items
        self.lost += account.lost
        self.skipped += account.skipped
        self.other += account.other

    def lose(self, url: str, entry: IndexEntry | None, why: str) -> None:
        """Add a lost page; `entry` is that of its capture."""
        self.lost.append(LostPage(url, entry.file if entry else "", entry.offset if entry else None, why))


class StartFromArchive:
    """Spider middleware that replaces a portal's start requests by the archived captures of article pages.

    Keeps an account of them in the statistic `ACCOUNT`.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._account = RebuildAccount()
        assert crawler.stats is not None
        crawler.stats.set_value(ACCOUNT, self._account)
        crawler.signals.connect(self._item_scraped, signals.item_scraped)
        crawler.signals.connect(self._item_dropped, signals.item_dropped)
        crawler.signals.connect(self._callback_failed, signals.spider_error)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Request]:
        spider = self._spider
        if spider.has_broken_class:
            return
        collection = collection_of(self._crawler)
        for host in _without_subdomains(spider.site.hosts):
            for entry in collection.index.search(host=host):
                try:
                    cause = self._reason_to_omit(entry)
                except PatternTimeout as error:
                    self._account.pages += 1
                    self._account.lose(entry.url, entry, f"{words_for(SLOW_PATTERN).text}: {error}")
                    continue
                if entry.status is None and entry.mime != REVISIT_MIME:
                    self._account.pages += 1
                    self._account.lose(entry.url, entry, NO_STATUS)
                    continue
                if cause:
                    self._account.other[cause] += 1
                    continue
                self._account.pages += 1
                meta = FetchContext(record=entry, leased=LeasedUrl(None)).as_meta()
                yield Request(entry.url, self._parse, errback=self._lost, dont_filter=True, meta=meta)

    @property
    def _spider(self) -> PortalSpider:
        spider = self._crawler.spider
        assert isinstance(spider, PortalSpider)
        return spider

    def _reason_to_omit(self, entry: IndexEntry) -> str | None:
        """Return why a capture is not the page of an article, ``None`` if it may be."""
        if entry.method != "GET":
            return f"response to {entry.method}"
        # A revisit's type, and often its status, are those of its original.
        is_revisit = entry.mime == REVISIT_MIME
        if not is_success(entry.status) and not (is_revisit and entry.status is None):
            return f"status {entry.status}"
        if not is_revisit and not may_be_html(entry.mime):
            return f"not HTML: {normalize_media_type(entry.mime)}"
        return None if self._spider.is_article_page(entry.url) else "not an article by its URL"

    def _parse(self, response: Response) -> Iterator[Any]:
        """Read an article page; one that gives no item is counted by the reason that the spider noted."""
        has_output = False
        for output in self._spider.parse_article(response):
            has_output = True
            yield output
        if not has_output:
            self._account.skipped[_describe(leased_url(response))] += 1

    def _lost(self, failure: Any) -> None:
        self._spider.lost(failure)
        error, request = failure.value, failure.request
        if isinstance(error, TRUNCATION_ERRORS):
            self._account.skipped[TRUNCATED_CAPTURE] += 1
        elif isinstance(error, MissingOriginalError) and self._spider.is_chunk:
            self._account.skipped[ORIGINAL_ELSEWHERE] += 1
        elif isinstance(error, HttpError):
            self._account.skipped[f"status {error.response.status}"] += 1
        else:
            is_explained = isinstance(error, ArchiveError | IgnoreRequest)
            what = str(error) if is_explained else f"{type(error).__name__}: {error}"
            self._account.lose(request.url, fetch_context(request).record, what)

    def _item_scraped(self, item: Article) -> None:
        self._account.items += 1

    def _item_dropped(self, item: Article, response: Response, exception: DropItem) -> None:
        self._account.skipped[str(exception).removeprefix(f"{item.url}: ")] += 1

    def _callback_failed(self, failure: Any, response: Response) -> None:
        error = failure.value
        self._account.lose(response.url, fetch_context(response).record, f"{type(error).__name__}: {error}")


def _without_subdomains(hosts: tuple[str, ...]) -> list[str]:
    """Return the hosts that are not below another one, since a search includes subdomains."""
    return [host for host in hosts if not any(host.endswith(f".{other}") for other in hosts)]


def _describe(leased: LeasedUrl) -> str:
    """Return why a page gave no item, in the words of a visit's report."""
    if isinstance(leased.error, TRUNCATION_ERRORS):
        return TRUNCATED_CAPTURE
    if leased.wall:
        return words_for(f"wall.{leased.wall}").text
    return words_for(leased.fate.why).text if leased.fate and leased.fate.why else "no article"
