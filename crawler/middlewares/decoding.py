"""Content decoding and the type of a response: the same in a live crawl and over the archive.

Takes the place of Scrapy's HttpCompressionMiddleware, which loses pages whose header states a coding the body does not
have, and of Scrapy's rules for what is HTML.
"""

import logging
from typing import Any, Self

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import HtmlResponse, Response, TextResponse
from scrapy.responsetypes import responsetypes

from archive.coding import MAX_BODY, decode
from archive.errors import TooLargeError
from archive.media import is_html

logger = logging.getLogger(__name__)

# Bytes of the longest coding of an empty body, that of gzip, and how it ends.
_EMPTY_GZIP, _EMPTY_END = 20, bytes(8)


class BodyNotDecoded(IgnoreRequest):
    """The body of a response has a content coding and cannot be decoded, or is too large when decoded."""


class DecodingMiddleware:
    """Downloader middleware that decodes bodies with `archive.coding` and makes every page an HtmlResponse.

    Raises BodyNotDecoded for a body that is larger than DOWNLOAD_MAXSIZE when decoded, or that has no content at all.
    """

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler.settings.getint("DOWNLOAD_MAXSIZE"))

    def process_response(self, request: Request, response: Response) -> Response:
        if request.method == "HEAD":
            return response
        codings = b",".join(response.headers.getlist("Content-Encoding")).decode("latin-1").split(",")
        content_type = _first_content_type(response)
        limit = request.meta.get("download_maxsize", self._max_size) or MAX_BODY
        try:
            body = decode((response.body,), codings, content_type, limit=limit)
        except TooLargeError as error:
            message = f"{response.url}: {error.what} (DOWNLOAD_MAXSIZE)"
            logger.warning("%s", message)
            raise BodyNotDecoded(message) from error
        if not body and _is_cut(response.body):
            raise BodyNotDecoded(f"{response.url}: its {len(response.body)} bytes cannot be decoded ({codings[-1]})")
        kind = _choose_class(response, content_type, body)
        if kind is type(response) and body == response.body:
            return response
        changes: dict[str, Any] = {"body": body}
        if issubclass(kind, TextResponse):
            changes["encoding"] = None  # determined again, from the decoded body
        decoded = response.replace(cls=kind, **changes)
        decoded.headers.pop("Content-Encoding", None)
        return decoded


def _is_cut(coded: bytes) -> bool:
    """True if a coded body without content is the beginning of one with content."""
    return len(coded) > _EMPTY_GZIP or (coded.startswith(b"\x1f\x8b") and not coded.endswith(_EMPTY_END))


def is_html_response(response: Response) -> bool:
    """True if a response is HTML by the rule of `archive.media`; its body must be decoded."""
    return is_html(_first_content_type(response), response.body)


def _first_content_type(response: Response) -> bytes:
    values: list[bytes] = response.headers.getlist("Content-Type")
    return values[0] if values else b""


def _choose_class(response: Response, content_type: bytes, body: bytes) -> type[Response]:
    if is_html(content_type, body):
        return HtmlResponse
    kind: type[Response] = responsetypes.from_args(headers=response.headers, url=response.url, body=body)
    return TextResponse if issubclass(kind, HtmlResponse) else kind
