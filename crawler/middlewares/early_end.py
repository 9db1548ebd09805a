"""End of the reading of a long list when the visit ends: Scrapy would wait until all of its links are queued."""

from collections.abc import AsyncIterator
from typing import Any, Self

from scrapy.crawler import Crawler
from scrapy.http import Response

from crawler.fetch_context import fetch_context, leased_url
from crawler.middlewares.politeness import Politeness
from crawler.report_states import Fate, ListState
from crawler.store.frontier_urls import UrlKind

#: Links of a list that are queued even if the visit ends, which takes no time: so a short list is not read again.
_ALWAYS_QUEUED = 200


class EarlyEndSpiderMiddleware:
    """Passes on the links of a list until the visit ends, the first ones in any case. The next visit reads it again."""

    def __init__(self, politeness: Politeness) -> None:
        self._visit = politeness.visit

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(Politeness.of(crawler))

    async def process_spider_output(self, response: Response, result: AsyncIterator[Any]) -> AsyncIterator[Any]:
        is_list = fetch_context(response).kind in (UrlKind.LIST, UrlKind.FEED)
        links = 0
        async for one in result:
            yield one
            links += 1
            if is_list and links >= _ALWAYS_QUEUED and self._visit.is_ending():
                leased = leased_url(response)
                leased.stays_queued, leased.fate = True, Fate(ListState.LEFT, "list.partly")
                return
