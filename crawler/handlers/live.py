"""Answers from the network, each kept in the archive before Scrapy decodes it."""

from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler

from archive import Capture
from crawler.handlers.recorder import Recorder
from crawler.handlers.wire import WireDownloadHandler


class LiveDownloadHandler(WireDownloadHandler):
    """Downloads over HTTP and HTTPS. The response reaches its callback with ``meta["capture"]``, the location of the
    record it was written to; a write that fails is the download's failure."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        recorder = crawler.get_extension(Recorder)
        assert recorder is not None, "settings.live names the Recorder among its extensions"
        self._recorder = recorder

    def captured(self, request: Request, capture: Capture) -> Any:
        try:
            request.meta["capture"] = self._recorder.record(capture)
        finally:
            capture.response.close()
