"""Builds Scrapy's response from what a connection parses, with Scrapy's signals, limits and errors."""

import asyncio
import logging
from dataclasses import dataclass
from time import monotonic
from typing import Any, Self

from scrapy import Request, signals
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, ResponseDataLossError, StopDownload
from scrapy.http import Headers, Response
from scrapy.responsetypes import responsetypes
from scrapy.settings import BaseSettings
from twisted.python.failure import Failure

from crawler.handlers.connection import Connection
from crawler.handlers.http1 import CONNECTION_FIELDS, ResponseHead

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """Body sizes in bytes above which a download is cancelled (`maxsize`) or logged (`warnsize`); 0 is unlimited.

    With `fail_on_dataloss`, a truncated body is an error; one of which nothing arrived always is.
    """

    maxsize: int
    warnsize: int
    fail_on_dataloss: bool

    @classmethod
    def from_settings(cls, settings: BaseSettings) -> Self:
        return cls(
            settings.getint("DOWNLOAD_MAXSIZE"),
            settings.getint("DOWNLOAD_WARNSIZE"),
            settings.getbool("DOWNLOAD_FAIL_ON_DATALOSS"),
        )

    def of(self, request: Request) -> "BodyLimits":
        """Return the limits of `request`, whose meta may override the settings."""
        meta = request.meta
        return BodyLimits(
            meta.get("download_maxsize", self.maxsize),
            meta.get("download_warnsize", self.warnsize),
            meta.get("download_fail_on_dataloss", self.fail_on_dataloss),
        )


class ResponseBuilder:
    """The `ResponseReader` of a download: builds its response for Scrapy.

    `response` is done once the response is complete, or fails with the error that ends the download. `started` is the
    monotonic time at which the download began.
    """

    def __init__(self, crawler: Crawler, request: Request, url: str, limits: BodyLimits, started: float) -> None:
        self.response: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._crawler = crawler
        self._request = request
        self._url = url
        self._limits = limits
        self._started = started
        self._pieces: list[bytes] = []
        self._size = 0
        self._has_warned = False
        self._base: dict[str, Any] = {}
        self._headers = Headers()

    @property
    def is_done(self) -> bool:
        return self.response.done()

    def receive_head(self, head: ResponseHead, connection: Connection) -> None:
        self._request.meta["download_latency"] = monotonic() - self._started
        self._headers = _build_headers(head, is_head=self._request.method == "HEAD")
        self._base = {
            "status": head.status,
            "protocol": f"HTTP/{head.version[0]}.{head.version[1]}",
            "ip_address": connection.peer,
            "certificate": connection.certificate,
        }
        self._send(signals.headers_received, headers=self._headers, body_length=head.length)
        if not self.is_done and head.length:
            self._check_size(head.length, is_expected=True)

    def receive_body(self, data: bytes) -> None:
        self._pieces.append(data)
        self._size += len(data)
        self._send(signals.bytes_received, data=data)
        if not self.is_done:
            self._check_size(self._size, is_expected=False)

    def finish(self, *, is_partial: bool = False) -> None:
        self._succeed(["partial"] if is_partial else [])

    def finish_truncated(self, error: Exception) -> None:
        if self._size and not self._limits.fail_on_dataloss:
            self._succeed(["dataloss"])
            return
        lost = ResponseDataLossError(str(error))
        lost.__cause__ = error
        self.fail(lost)

    def fail(self, error: Exception) -> None:
        if not self.is_done:
            self.response.set_exception(error)

    def _succeed(self, flags: list[str]) -> None:
        if not self.is_done:
            self.response.set_result(self._build(flags))

    def _build(self, flags: list[str]) -> Response:
        body = b"".join(self._pieces)
        kind = responsetypes.from_args(headers=self._headers, url=self._url, body=body)
        return kind(url=self._url, headers=self._headers, body=body, flags=flags, **self._base)

    def _send(self, signal: object, **arguments: Any) -> None:
        """Send a signal; a handler that raises StopDownload ends the download."""
        results = self._crawler.signals.send_catch_log(
            signal=signal, request=self._request, spider=self._crawler.spider, **arguments
        )
        for handler, result in results:
            if isinstance(result, Failure) and isinstance(result.value, StopDownload):
                logger.debug("Download stopped for %s from signal handler %r", self._request, handler)
                self._stop(result.value)
                return

    def _stop(self, stop: StopDownload) -> None:
        response = self._build(["download_stopped"])
        if stop.fail:
            stop.response = response
            self.fail(stop)
        else:
            self.response.set_result(response)

    def _check_size(self, size: int, *, is_expected: bool) -> None:
        limits = self._limits
        if limits.maxsize and size > limits.maxsize:
            message = _format_size_message(size, "max", limits.maxsize, self._request, is_expected=is_expected)
            logger.warning("%s", message)
            self._pieces.clear()
            self.fail(DownloadCancelledError(message))
        elif limits.warnsize and size > limits.warnsize and not self._has_warned:
            self._has_warned = True
            message = _format_size_message(size, "warn", limits.warnsize, self._request, is_expected=is_expected)
            logger.warning("%s", message)


def _format_size_message(size: int, name: str, limit: int, request: Request, *, is_expected: bool) -> str:
    verb = "Expected to receive" if is_expected else "Received"
    return f"{verb} {size} bytes which is larger than download {name} size ({limit}) in request {request}."


def _build_headers(head: ResponseHead, *, is_head: bool) -> Headers:
    """Return the header fields of a response without those about the connection, as Scrapy's own handler does.

    Content-Length is kept if it is the length of the body, or if the response answers a HEAD request.
    """
    fields: dict[bytes, list[bytes]] = {}
    if head.length is not None:
        fields[b"Content-Length"] = [b"%d" % head.length]
    for name, value in head.fields:
        lower = name.lower()
        if lower not in CONNECTION_FIELDS:
            fields.setdefault(name.title(), []).append(value)
        elif is_head and lower == b"content-length":
            fields[b"Content-Length"] = [value]
    return Headers(fields)
