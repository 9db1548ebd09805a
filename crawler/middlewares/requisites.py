"""Requests for the images, style sheets, fonts, frames and media of article pages, if the site asks for them."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response, TextResponse

from archive.replay import Requisite, RequisiteKind, page_requisites, stylesheet_requisites
from crawler.fetch_context import FetchContext, fetch_context
from crawler.handlers.recorder import site_of
from crawler.items import Article

#: Requisites requested per page at most, those of its style sheets included.
MAX_PER_PAGE = 60

#: Frames within frames whose requisites are requested.
MAX_FRAME_DEPTH = 3

#: Longest video or sound that is captured, in bytes.
MAX_MEDIA = 64 << 20

#: Higher than that of articles, so that a page and its requisites are captured close together.
PRIORITY = 10


class RequisitesSpiderMiddleware:
    """Spider middleware of a live crawl that requests the requisites of article pages, each once per visit.

    They belong to the leased URL of the article (see `crawler.scheduler`), which is finished once they are. Only style
    sheets and frames are read here, for requisites of theirs; the archive already has the responses.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._requested: set[str] = set()
        self._per_page: Counter[str] = Counter()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        if not site_of(crawler).requisites:
            raise NotConfigured("the site file does not ask for requisites")
        return cls(crawler)

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        is_article = False
        async for one in result:
            is_article = (
                is_article
                or isinstance(one, Article)
                or (isinstance(one, Request) and fetch_context(one).continues_article)
            )
            yield one
        if is_article and isinstance(response, TextResponse):
            found = page_requisites(response.text, response.url, response.encoding)
            for request in self._make_requests(found, response):
                yield request

    def _make_requests(self, requisites: Iterable[Requisite], response: Response, frames: int = 0) -> Iterator[Request]:
        """Yield requests for the requisites of `response`, which is in so many frames."""
        context = fetch_context(response)
        page = context.requisite_of or response.url
        for requisite in requisites:
            if requisite.url in self._requested or self._per_page[page] >= MAX_PER_PAGE:
                continue
            self._requested.add(requisite.url)
            self._per_page[page] += 1
            yield Request(
                requisite.url,
                self._callback_for(requisite.kind),
                errback=self._count_lost,
                cb_kwargs={"frames": frames},
                headers={"Referer": page} if page.startswith("http:") or requisite.url.startswith("https:") else None,
                priority=PRIORITY,
                meta=FetchContext(requisite_of=page, leased=context.leased).as_meta()
                | ({"download_maxsize": MAX_MEDIA} if requisite.kind is RequisiteKind.MEDIA else {}),
            )

    def _callback_for(self, kind: RequisiteKind) -> Callable[..., Any]:
        if kind is RequisiteKind.STYLE_SHEET:
            return self._read_style_sheet
        return self._read_frame if kind is RequisiteKind.FRAME else self._count_kept

    def _read_style_sheet(self, response: Response, frames: int) -> Iterator[Request]:
        self._count("kept")
        if isinstance(response, TextResponse):
            found = stylesheet_requisites(response.text, response.url, response.encoding)
            yield from self._make_requests(found, response, frames)

    def _read_frame(self, response: Response, frames: int) -> Iterator[Request]:
        self._count("kept")
        if isinstance(response, TextResponse) and frames < MAX_FRAME_DEPTH:
            found = page_requisites(response.text, response.url, response.encoding)
            yield from self._make_requests(found, response, frames + 1)

    def _count_kept(self, response: Response, frames: int) -> None:
        self._count("kept")

    def _count_lost(self, failure: Any) -> None:
        """Count a requisite that could not be fetched; the page and its capture stay valid without it."""
        self._count(f"lost/{failure.type.__name__}")

    def _count(self, name: str) -> None:
        self._crawler.stats.inc_value(f"requisites/{name}")
