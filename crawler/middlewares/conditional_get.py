"""Conditional requests (RFC 9110, section 13): "send it only if it has changed since our last copy"."""

from scrapy import Request

#: In a request's meta: (ETag, Last-Modified) of the copy held, each as the server sent it or ``None``.
VALIDATORS = "validators"


class ConditionalGetMiddleware:
    """Sends a page's validators back to the server; its 304 reaches the callback like any answer."""

    def process_request(self, request: Request) -> None:
        validators = request.meta.get(VALIDATORS)
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
