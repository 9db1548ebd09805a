"""Live download handler: archives every response before Scrapy decodes it."""

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from archive import ArchiveError, Capture
from archive.media import is_html, is_success, may_be_html
from crawler.fetch_context import begin_attempt, fetch_context
from crawler.handlers.recorder import Recorder
from crawler.handlers.wire import WireDownloadHandler
from crawler.politeness.opt_out_policy import Action, OptOutPolicy
from crawler.politeness.opt_outs import OptOut, find_opt_outs


class NotKept(IgnoreRequest):
    """The page opts out of archiving, so there is no record and no item.

    `found` lists its opt-outs; `opt_out` is the one that decides. `body`, decoded, and `content_type` serve to find out
    whether the page is a wall, which is not the site's to opt out with.
    """

    def __init__(
        self,
        url: str,
        found: tuple[OptOut, ...],
        opt_out: OptOut,
        *,
        body: bytes = b"",
        content_type: str | None = None,
    ) -> None:
        super().__init__(f"{url}: not archived, because its {opt_out.place} says {opt_out.text!r}")
        self.found = found
        self.opt_out = opt_out
        self.body = body
        self.content_type = content_type


class LiveDownloadHandler(WireDownloadHandler):
    """Downloads over HTTP and HTTPS and archives each exchange.

    `FetchContext.capture` is the location of the record. The download fails if the write fails or if the page opts out
    of archiving (NotKept).
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        recorder = crawler.get_extension(Recorder)
        assert recorder is not None, "settings.live names the Recorder among its extensions"
        self._recorder = recorder
        self._policy = OptOutPolicy.from_settings(crawler.settings.getdict("OPT_OUT_POLICY"))
        self._product_token = crawler.settings["ROBOTS_TOKEN"]

    async def download_request(self, request: Request) -> Response:
        begin_attempt(request)
        return await super().download_request(request)

    def handle_capture(self, request: Request, capture: Capture) -> None:
        context = fetch_context(request)
        context.wire_answer = (capture.status, len(capture.response))
        try:
            self._refuse_opted_out(request, capture)
            context.capture = self._recorder.record(capture)
        finally:
            capture.response.close()

    def _refuse_opted_out(self, request: Request, capture: Capture) -> None:
        """Raise NotKept if the policy drops the page because of its opt-outs.

        Only pages and their requisites can opt out: feeds, sitemaps and robots.txt are needed to stay polite.
        """
        content_type = capture.head.get(b"content-type")
        context = fetch_context(request)
        may_be_page = may_be_html(content_type)
        if not self._policy.may_drop or not is_success(capture.status) or not (may_be_page or context.requisite_of):
            return
        try:
            body = capture.body() if may_be_page else b""
        except ArchiveError:  # cannot be decoded: only the headers can opt out
            body = b""
        is_page = is_html(content_type, body)
        if not (is_page or context.requisite_of):
            return
        found = context.stated_opt_outs = find_opt_outs(capture.head.fields, body, self._product_token, is_html=is_page)
        if (opt_out := self._policy.find(found, Action.DROP)) is not None:
            text = body if is_page else b""
            media_type = content_type.decode("latin-1") if content_type else None
            raise NotKept(request.url, found, opt_out, body=text, content_type=media_type)
