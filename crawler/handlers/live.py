"""Answers from the network, each kept in the archive before Scrapy decodes it."""

from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from archive import ArchiveError, Capture
from crawler.handlers.recorder import Recorder
from crawler.handlers.wire import WireDownloadHandler
from crawler.politeness.opt_out_policy import Action, OptOutPolicy
from crawler.politeness.opt_outs import OptOut, opt_outs

#: In a request's meta: status and octets of the answer as it crossed the wire, also of one that was cut or not kept.
ON_WIRE = "on_wire"

#: In a request's meta: the wishes its answer states, where they had to be read before it was kept.
STATED = "opt_outs_stated"

#: In a request's meta: the page it is a requisite of (an image, a style sheet). It may lie on hosts that are not the
#: site's, whose robots.txt and pace are kept; it counts in the visit's bytes and minutes, but not as a page.
REQUISITE_OF = "requisite_of"


class NotKept(IgnoreRequest):
    """A page that asks not to be kept and was not: no record, so no item. `found` are its wishes."""

    def __init__(self, url: str, found: tuple[OptOut, ...], wish: OptOut) -> None:
        super().__init__(f"{url}: not kept, since its {wish.place} says {wish.text!r}")
        self.found = found


class LiveDownloadHandler(WireDownloadHandler):
    """Downloads over HTTP and HTTPS. The response reaches its callback with ``meta["capture"]``, the location of the
    record it was written to; a write that fails is the download's failure, and so is a page that may not be kept."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        recorder = crawler.get_extension(Recorder)
        assert recorder is not None, "settings.live names the Recorder among its extensions"
        self._recorder = recorder
        self._policy = OptOutPolicy.from_settings(crawler.settings.getdict("OPT_OUT_POLICY"))
        self._product_token = crawler.settings["ROBOTS_TOKEN"]

    def captured(self, request: Request, capture: Capture) -> Any:
        request.meta[ON_WIRE] = (capture.status, len(capture.response))
        try:
            self._require_leave(request, capture)
            request.meta["capture"] = self._recorder.record(capture)
        finally:
            capture.response.close()

    def _require_leave(self, request: Request, capture: Capture) -> None:
        """Raises NotKept for a page whose wishes the policy answers by not keeping it. Only pages and
        their requisites: feeds, sitemaps and robots.txt are what politeness itself is made of."""
        is_page = b"html" in (capture.head.get(b"content-type") or b"").lower()
        if not self._policy.may_drop or capture.status != 200 or not (is_page or REQUISITE_OF in request.meta):
            return
        try:
            body = capture.body() if is_page else b""
        except ArchiveError:  # what cannot be decoded states nothing but its headers
            body = b""
        found = request.meta[STATED] = opt_outs(capture.head.fields, body, self._product_token, is_html=is_page)
        if (wish := self._policy.taken(found, Action.DROP)) is not None:
            raise NotKept(request.url, found, wish)
