"""Rebuilding: a portal's spider starts from the article pages in the archive's index, oldest first."""

from collections.abc import AsyncIterator
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler

from crawler.fetch_context import FetchContext
from crawler.handlers.recorder import collection_of
from crawler.spiders.portal import PortalSpider

#: Media types under which pages are indexed. The type of a revisit is known only once it is resolved.
_PAGES = ("text/html", "application/xhtml+xml", "warc/revisit", None)


class StartFromArchive:
    """Spider middleware that replaces a portal's start requests by the archived captures of article pages."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    async def process_start(self, start: AsyncIterator[Any]) -> AsyncIterator[Request]:
        spider = self._crawler.spider
        assert isinstance(spider, PortalSpider)
        if spider.has_broken_class:
            return
        collection = collection_of(self._crawler)
        for host in spider.site.hosts:
            for entry in collection.index.search(host=host):
                if entry.status == 200 and entry.mime in _PAGES and spider.is_article_page(entry.url):
                    meta = FetchContext(record=entry).as_meta()
                    yield Request(entry.url, spider.parse_article, errback=spider.lost, dont_filter=True, meta=meta)
