"""Stopping a crawl whose items can no longer be kept."""

import logging

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.closing import close_spider

logger = logging.getLogger(__name__)

#: The reason a crawl is closed with when an item could not be kept.
REASON = "store_failed"


def stop_crawl(crawler: Crawler, why: str) -> DropItem:
    """Close the crawl with one line of why; the exception for the item, which is neither kept nor reported as kept.

    The line is the statistic ``store/failed``. What is in flight may still be tried: each loss is counted.
    """
    stats = crawler.stats
    assert stats is not None
    stats.inc_value("items/dropped/not_stored")
    if not stats.get_value("store/failed"):
        logger.error("%s; the crawl stops, since what it reads cannot be kept", why)
        stats.set_value("store/failed", why)
        close_spider(crawler, REASON)
    return DropItem(f"not stored: {why}")
