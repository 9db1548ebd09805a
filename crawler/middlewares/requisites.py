"""What an article's page needs to look as it did: images, style sheets, fonts, asked for where a site wants them."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import NotConfigured
from scrapy.http import Response, TextResponse

from archive.replay import Part, page_parts, sheet_parts
from crawler.fetch_context import FetchContext, fetch_context
from crawler.handlers.recorder import site_of
from crawler.items import Article

#: Parts of one page asked for at most, its sheets' parts among them.
MOST_OF_A_PAGE = 60

#: Before further articles: a page and its parts are of one moment.
PRIORITY = 10


class RequisitesSpiderMiddleware:
    """Spider middleware of a live crawl: an article's page is followed by its parts, each once a visit.

    They belong to the article that is in hand (see `crawler.scheduler`): it is done once they are. Nothing is read from
    them but what sheets import and draw with; the archive has them by the time they come here.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._asked: set[str] = set()
        self._of_page: Counter[str] = Counter()

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
            for request in self._requests(page_parts(response.text, response.url, response.encoding), response):
                yield request

    def _requests(self, parts: Iterable[Part], response: Response) -> Iterator[Request]:
        context = fetch_context(response)
        page = context.requisite_of or response.url
        for part in parts:
            if part.url in self._asked or self._of_page[page] >= MOST_OF_A_PAGE:
                continue
            self._asked.add(part.url)
            self._of_page[page] += 1
            yield Request(
                part.url,
                self._sheet_kept if part.is_sheet else self._kept,
                errback=self._lost,
                headers={"Referer": page} if page.startswith("http:") or part.url.startswith("https:") else None,
                priority=PRIORITY,
                meta=FetchContext(requisite_of=page, leased=context.leased).as_meta(),
            )

    def _sheet_kept(self, response: Response) -> Iterator[Request]:
        self._count("kept")
        if isinstance(response, TextResponse):
            yield from self._requests(sheet_parts(response.text, response.url, response.encoding), response)

    def _kept(self, response: Response) -> None:
        self._count("kept")

    def _lost(self, failure: Any) -> None:
        """Pages live with a part that cannot be had, and so do their captures."""
        self._count(f"lost/{failure.type.__name__}")

    def _count(self, name: str) -> None:
        self._crawler.stats.inc_value(f"requisites/{name}")
