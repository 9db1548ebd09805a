"""Live download handler: archives every response before Scrapy decodes it."""

from typing import Any

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest

from archive import ArchiveError, Capture
from crawler.handlers.recorder import Recorder
from crawler.handlers.wire import WireDownloadHandler
from crawler.politeness.opt_out_policy import Action, OptOutPolicy
from crawler.politeness.opt_outs import OptOut, opt_outs

#: Key in request.meta: status and size in bytes of the response on the wire, also if truncated or not archived.
ON_WIRE = "on_wire"

#: Key in request.meta: the opt-outs stated by the response, if they had to be read before archiving it.
STATED = "opt_outs_stated"

#: Key in request.meta: the page that needs this request (for an image or a style sheet). Its host may be outside the
#: site; robots.txt and throttling of that host apply. It counts towards the visit's bytes and minutes, not its pages.
REQUISITE_OF = "requisite_of"


class NotKept(IgnoreRequest):
    """The page opts out of archiving, so there is no record and no item. `found` lists its opt-outs."""

    def __init__(self, url: str, found: tuple[OptOut, ...], opt_out: OptOut) -> None:
        super().__init__(f"{url}: not archived, because its {opt_out.place} says {opt_out.text!r}")
        self.found = found


class LiveDownloadHandler(WireDownloadHandler):
    """Downloads over HTTP and HTTPS and archives each exchange.

    ``meta["capture"]`` of the response is the location of its record. The download fails if the write fails or if
    the page opts out of archiving (NotKept).
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        recorder = crawler.get_extension(Recorder)
        assert recorder is not None, "settings.live names the Recorder among its extensions"
        self._recorder = recorder
        self._policy = OptOutPolicy.from_settings(crawler.settings.getdict("OPT_OUT_POLICY"))
        self._product_token = crawler.settings["ROBOTS_TOKEN"]

    def handle_capture(self, request: Request, capture: Capture) -> Any:
        request.meta[ON_WIRE] = (capture.status, len(capture.response))
        try:
            self._refuse_opted_out(request, capture)
            request.meta["capture"] = self._recorder.record(capture)
        finally:
            capture.response.close()

    def _refuse_opted_out(self, request: Request, capture: Capture) -> None:
        """Raise NotKept if the policy drops the page because of its opt-outs.

        Only pages and their requisites can opt out: feeds, sitemaps and robots.txt are needed to stay polite.
        """
        is_page = b"html" in (capture.head.get(b"content-type") or b"").lower()
        if not self._policy.may_drop or capture.status != 200 or not (is_page or REQUISITE_OF in request.meta):
            return
        try:
            body = capture.body() if is_page else b""
        except ArchiveError:  # cannot be decoded: only the headers can opt out
            body = b""
        found = request.meta[STATED] = opt_outs(capture.head.fields, body, self._product_token, is_html=is_page)
        if (opt_out := self._policy.taken(found, Action.DROP)) is not None:
            raise NotKept(request.url, found, opt_out)
