"""Conditional requests (RFC 9110, section 13): "send it only if it has changed since our last copy"."""

from scrapy import Request

from crawler.fetch_context import fetch_context


class ConditionalGetMiddleware:
    """Sends a page's validators back to the server; its 304 reaches the callback like any answer."""

    def process_request(self, request: Request) -> None:
        validators = fetch_context(request).validators
        if not validators or request.method != "GET":
            return
        if request.meta.get("redirect_urls"):  # they speak of the page that redirects, not of this one
            for name in ("If-None-Match", "If-Modified-Since"):
                request.headers.pop(name, None)
            return
        etag, last_modified = validators
        if etag:
            request.headers["If-None-Match"] = etag
        if last_modified:
            request.headers["If-Modified-Since"] = last_modified
        heard = request.meta.get("handle_httpstatus_list", ())
        if 304 not in heard:
            request.meta["handle_httpstatus_list"] = [*heard, 304]
