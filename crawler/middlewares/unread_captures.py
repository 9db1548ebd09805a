"""Reading of captures that an interrupted crawl made but did not read, instead of requesting their URLs again.

A crawl that is killed, or whose disk is full, may leave pages in the archive of which no item is stored. The next crawl
gets their URLs from the frontier with the time of that lease.
"""

from datetime import UTC, datetime
from typing import Self
from urllib.parse import urldefrag

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.http import Response

from archive import ArchiveError
from crawler.fetch_context import begin_attempt, fetch_context
from crawler.handlers.archived import to_response
from crawler.handlers.recorder import Recorder
from crawler.store.frontier_urls import UrlKind


class UnreadCaptureMiddleware:
    """Answers a request for an article from the archive if it was captured during a lease without a result.

    Each capture answers one request, since an article may redirect to itself. Lists are requested again: they may have
    new articles by now. So are URLs whose response was an error or cut off.
    """

    def __init__(self, crawler: Crawler) -> None:
        recorder = crawler.get_extension(Recorder)
        assert recorder is not None, "settings.live names the Recorder among its extensions"
        self._recorder = recorder
        self._crawler = crawler
        self._started = datetime.now(UTC)
        self._read: set[str] = set()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> Response | None:
        leased = fetch_context(request).leased
        lease = leased.lease if leased is not None else None
        if lease is None or lease.unfinished_since is None or lease.kind is not UrlKind.ARTICLE:
            return None
        return self._read_capture(request, lease.unfinished_since) if request.method == "GET" else None

    def _read_capture(self, request: Request, since: datetime) -> Response | None:
        try:
            found = self._recorder.find_captures(urldefrag(request.url)[0], since, self._started)
            capture = next((one for one in found if one.location and one.location.record_id not in self._read), None)
        except ArchiveError:  # damaged, or in a bucket that cannot be reached
            return None
        if capture is None or capture.location is None:
            return None
        self._read.add(capture.location.record_id)
        begin_attempt(request).capture = capture.location
        assert self._crawler.stats is not None
        self._crawler.stats.inc_value("archive/unread_captures")
        return to_response(capture, request.url)
