"""The form of the logs: one line per event, without article texts and control characters, in files of limited size."""

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from scrapy import Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure

from crawler.plain_text import escape_line

#: Longest line, in characters; the rest is cut off.
_MAX_LINE = 8_000

#: Size of a log file in bytes, and number of earlier files kept beside it.
_MAX_BYTES, _KEPT_FILES = 16 << 20, 3


class ItemLogFormatter(LogFormatter):
    """Names items by URL. Scrapy's own formatter logs whole items, with their bodies."""

    def scraped(self, item: Any, response: Response | Failure | None, spider: Spider) -> LogFormatterResult:
        return {"level": logging.DEBUG, "msg": "Scraped %(url)s", "args": {"url": _url_of(item)}}

    def dropped(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        result = super().dropped(item, exception, response, spider)
        return {**result, "msg": "Dropped %(url)s: %(reason)s", "args": {"url": _url_of(item), "reason": exception}}

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        return {"level": logging.ERROR, "msg": "Error processing %(url)s", "args": {"url": _url_of(item)}}


def _url_of(item: Any) -> str:
    return str(getattr(item, "url", type(item).__name__))


class OneLineFormatter(logging.Formatter):
    """Formats each record as one line, with its traceback, and escapes control characters."""

    def format(self, record: logging.LogRecord) -> str:
        line = escape_line(super().format(record))
        more = len(line) - _MAX_LINE
        return line if more <= 0 else f"{line[:_MAX_LINE]}… ({more} more characters)"

    def formatException(self, ei: Any) -> str:
        """Return the traceback. A log parser must be able to tell lines of one event from those of the next."""
        return " | ".join(line.strip() for line in super().formatException(ei).splitlines())


class LogFile(RotatingFileHandler):
    """A log in files of limited size. If the disk is full, the crawl goes on without a log and says so once."""

    _has_failed = False

    def handleError(self, record: logging.LogRecord) -> None:
        """Report the first error in one line. Called in the except clause of a write."""
        self._report(sys.exc_info()[1])

    def close(self) -> None:
        try:
            super().close()
        except OSError as error:  # buffered lines could not be written
            self._report(error)

    def _report(self, error: BaseException | None) -> None:
        if not self._has_failed:
            self._has_failed = True
            line = escape_line(f"broadsheet: the log {self.baseFilename} is not complete: {error}")
            print(line, file=sys.stderr)


def open_log(file: Path, form: str) -> logging.Handler:
    """Return a handler that writes to `file`. Of a long log the latest part is kept: `file`, ``file.1`` and so on."""
    handler = LogFile(file, maxBytes=_MAX_BYTES, backupCount=_KEPT_FILES, encoding="utf-8", delay=True)
    handler.setFormatter(OneLineFormatter(form))
    return handler
