"""Ends redirects that lead nowhere, before Scrapy follows each of them twenty times."""

from urllib.parse import urldefrag, urljoin

from scrapy import Request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from w3lib.url import safe_url_string

from crawler.fetch_context import fetch_context

_STATUSES = (301, 302, 303, 307, 308)


class CircularRedirect(IgnoreRequest):
    """A redirect leads back to a URL that was requested on the way."""


class CircularRedirectMiddleware:
    """Raises CircularRedirect for a redirect to a URL requested before, also by an empty ``Location``.

    A URL may be requested a second time after a response set a cookie: sites greet new visitors like that.
    """

    def process_response(self, request: Request, response: Response) -> Response:
        location = response.headers.get("Location")
        if response.status not in _STATUSES or location is None:
            return response
        context = fetch_context(request)
        context.has_new_cookie = context.has_new_cookie or "Set-Cookie" in response.headers
        target = urldefrag(urljoin(request.url, safe_url_string(location.decode("utf-8", "replace").strip()))).url
        times = [urldefrag(url).url for url in (*request.meta.get("redirect_urls", ()), request.url)].count(target)
        if times > context.has_new_cookie:
            name = target if location.strip() else "an empty Location"
            raise CircularRedirect(f"{request.url} redirects to {name}, which was requested before")
        return response
