"""Conditional requests (RFC 9110, section 13): the server sends a page only if it changed since our last copy."""

from scrapy import Request

from crawler.fetch_context import fetch_context


class ConditionalGetMiddleware:
    """Adds the validators of a request's context to its headers, and lets a 304 response reach the callback."""

    def process_request(self, request: Request) -> None:
        validators = fetch_context(request).validators
        if not validators or request.method != "GET":
            return
        if request.meta.get("redirect_urls"):  # the validators belong to the page that redirects
            for name in ("If-None-Match", "If-Modified-Since"):
                request.headers.pop(name, None)
            return
        etag, last_modified = validators
        if etag:
            request.headers["If-None-Match"] = etag
        if last_modified:
            request.headers["If-Modified-Since"] = last_modified
        handled = request.meta.get("handle_httpstatus_list", ())
        if 304 not in handled:
            request.meta["handle_httpstatus_list"] = [*handled, 304]
