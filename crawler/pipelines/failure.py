"""Stopping a crawl whose items can no longer be kept."""

import asyncio
import logging

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

logger = logging.getLogger(__name__)

#: The reason a crawl is closed with when an item could not be kept.
REASON = "store_failed"

_closing: set[asyncio.Future[None]] = set()  # tasks nobody holds may be collected before they have run


def stop_crawl(crawler: Crawler, why: str) -> DropItem:
    """Close the crawl with one line of why; the exception for the item, which is neither kept nor reported as kept.

    The line is the statistic ``store/failed``. What is in flight may still be tried: each loss is counted.
    """
    stats, engine = crawler.stats, crawler.engine
    assert stats is not None
    assert engine is not None
    stats.inc_value("items/dropped/not_stored")
    if not stats.get_value("store/failed"):
        logger.error("%s; the crawl stops, since what it reads cannot be kept", why)
        stats.set_value("store/failed", why)
        # Closing waits for the items in hand, this one too: it must not be awaited from here.
        task = asyncio.ensure_future(engine.close_spider_async(reason=REASON))
        _closing.add(task)
        task.add_done_callback(_closing.discard)
    return DropItem(f"not stored: {why}")
