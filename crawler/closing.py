"""Closing a spider early, with a signal for the requests that wait for their host."""

import asyncio

from scrapy.crawler import Crawler

#: Signal sent once the project decides to close a spider, before Scrapy waits for the requests in progress.
SPIDER_CLOSING = object()

_tasks: set[asyncio.Future[None]] = set()  # the event loop keeps only weak references to tasks


def close_spider(crawler: Crawler, reason: str) -> None:
    """Announce SPIDER_CLOSING and close the spider of `crawler` for `reason` in the background.

    Not awaited: closing waits for downloads and items in progress, and the caller may be part of one.
    """
    crawler.signals.send_catch_log(SPIDER_CLOSING, spider=crawler.spider, reason=reason)
    task = asyncio.ensure_future(crawler.engine.close_spider_async(reason=reason))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
