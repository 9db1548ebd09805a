"""Answers from the archive: the bytes of a capture, as Scrapy would have read them off the socket."""

from datetime import UTC, datetime

from scrapy import Request
from scrapy.core.downloader.handlers.base import BaseDownloadHandler
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError, IgnoreRequest, ResponseDataLossError
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes

from archive import Capture, Truncation
from crawler.handlers.recorder import collection_of

#: What a cut answer fails with live; offline it must fail alike, or the two would read different pages.
_FAILURES: dict[Truncation, type[Exception]] = {
    Truncation.DISCONNECT: ResponseDataLossError,
    Truncation.LENGTH: DownloadCancelledError,
    Truncation.TIME: DownloadTimeoutError,
    Truncation.UNSPECIFIED: ResponseDataLossError,
}


class NotArchived(IgnoreRequest):
    """The archive has no capture of a URL. It is counted and left out; nothing is ever fetched instead."""


class ArchivedDownloadHandler(BaseDownloadHandler):
    """Answers each request with a capture: the one ``meta["record"]`` names, else the one closest to
    ``meta["beside"]`` (a time), else the latest. Opens files, never sockets."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._collection = collection_of(crawler)

    async def download_request(self, request: Request) -> Response:
        capture = self._capture(request)
        request.meta["capture"] = capture.location
        if capture.truncated:
            raise _FAILURES[capture.truncated](f"{request.url}: its capture was cut off ({capture.truncated})")
        return response_of(capture, request.url)

    def _capture(self, request: Request) -> Capture:
        if (entry := request.meta.get("record")) is not None:
            return self._collection.load(entry)
        capture = self._collection.closest(request.url, request.meta.get("beside") or datetime.now(UTC))
        if capture is None:
            if self.crawler.stats:
                self.crawler.stats.inc_value("archive/missing")
            raise NotArchived(f"{request.url}: no capture of it in the archive")
        return capture


def response_of(capture: Capture, url: str) -> Response:
    """The Scrapy response `capture` gave live: de-chunked, still content-encoded, for the middlewares to decode."""
    head = capture.head
    headers = Headers()
    for name, value in head.fields:
        headers.appendlist(name, value)
    body = capture.payload()
    kind = responsetypes.from_args(headers=headers, url=url, body=body)
    return kind(url=url, status=head.status or 0, headers=headers, body=body)
