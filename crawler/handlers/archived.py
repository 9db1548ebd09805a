"""Offline download handler: answers requests with the bytes of captures, as Scrapy read them from the socket."""

from datetime import UTC, datetime

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, IgnoreRequest, ResponseDataLossError
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from archive import Capture, Truncation
from archive.importing import IMPORT_PREFIX
from crawler.fetch_context import FetchContext, begin_attempt
from crawler.handlers.recorder import collection_of

#: The errors of truncated responses. Offline must raise those that a crawl raised, or it would extract other pages.
_FAILURES: dict[Truncation, type[Exception]] = {
    Truncation.DISCONNECT: ResponseDataLossError,
    Truncation.LENGTH: DownloadCancelledError,
    Truncation.TIME: DownloadTimeoutError,
    Truncation.UNSPECIFIED: ResponseDataLossError,
}
TRUNCATION_ERRORS = tuple(_FAILURES.values())


class NotArchived(IgnoreRequest):
    """The archive has no capture of the URL. The request is counted and dropped, never fetched."""


class ArchivedDownloadHandler(BaseDownloadHandler):
    """Answers each request with a capture. Opens files, never sockets.

    The capture is the one named by `FetchContext.record`, else the one closest in time to
    `FetchContext.captured_near`, else the latest.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._collection = collection_of(crawler)

    async def download_request(self, request: Request) -> Response:
        context = begin_attempt(request)
        capture = self._find_capture(request, context)
        context.capture = capture.location
        response = to_response(capture, request.url)
        if capture.truncated and (not response.body or self._failed_live(capture)):
            raise _FAILURES[capture.truncated](f"{request.url}: its capture is truncated ({capture.truncated})")
        return response

    def _failed_live(self, capture: Capture) -> bool:
        """True if our own crawl got an error instead of a response, because it stopped reading.

        Captures of other crawlers are read as far as they go.
        """
        is_own = not getattr(self.crawler.spidercls, "collection", None) and capture.location is not None
        is_imported = capture.location is not None and capture.location.file.startswith(IMPORT_PREFIX)
        return is_own and not is_imported and capture.truncated in (Truncation.LENGTH, Truncation.TIME)

    def _find_capture(self, request: Request, context: FetchContext) -> Capture:
        if context.record is not None:
            return self._collection.load(context.record)
        capture = self._collection.closest(request.url, context.captured_near or datetime.now(UTC))
        if capture is None:
            if self.crawler.stats:
                self.crawler.stats.inc_value("archive/missing")
            raise NotArchived(f"{request.url}: not in the archive")
        return capture


def to_response(capture: Capture, url: str) -> Response:
    """Return `capture` as the live handler would: de-chunked, still content-encoded for the middlewares to decode."""
    head = capture.head
    headers = Headers()
    for name, value in head.fields:
        headers.appendlist(name, value)
    body = capture.payload()
    kind = responsetypes.from_args(headers=headers, url=url, body=body)
    flags = ["dataloss"] if capture.truncated else []
    return kind(url=url, status=head.status or 0, headers=headers, body=body, flags=flags)
