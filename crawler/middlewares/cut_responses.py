"""Responses whose body ends before its announced end: requested again a few times, then read as far as they go."""

import re
from typing import Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import get_retry_request
from scrapy.http import Response

#: The end of a page, feed or sitemap, and the last bytes in which it must be.
_END = re.compile(rb"</(?:html|rss|feed|urlset|sitemapindex|(?:\w+:)?rdf)\b|\}\s*\Z", re.IGNORECASE)
_END_BYTES = 1_000


def is_truncated(response: Response) -> bool:
    """True if the body of a response ends before its announced end."""
    return "dataloss" in response.flags


def is_cut(response: Response) -> bool:
    """True if a truncated body also lacks the end of a document. With it, only the announced length is wrong."""
    return is_truncated(response) and not _END.search(response.body[-_END_BYTES:])


class CutResponseMiddleware:
    """Requests a page again if its body was cut, RETRY_TIMES times, without a strike for the host.

    The last response is passed on: many servers announce wrong lengths, and a part of a page is better than none.
    """

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Request | Response:
        if not is_cut(response) or request.meta.get("dont_retry"):
            return response
        spider = self._crawler.spider
        assert spider is not None
        return get_retry_request(request, spider=spider, reason="cut") or response
