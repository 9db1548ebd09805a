"""Stops a crawl whose items can no longer be stored."""

import logging

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.closing import close_spider

logger = logging.getLogger(__name__)

#: Scrapy's finish reason of a crawl that could not store an item.
REASON = "store_failed"


def stop_crawl(crawler: Crawler, reason: str) -> DropItem:
    """Close the crawl because of `reason`, and return the exception that drops the item.

    The first reason is logged and becomes the statistic ``store/failed``. Items still in progress may fail as well;
    each lost item is counted.
    """
    stats = crawler.stats
    assert stats is not None
    stats.inc_value("items/dropped/not_stored")
    if not stats.get_value("store/failed"):
        logger.error("%s; the crawl stops, since its items cannot be stored", reason)
        stats.set_value("store/failed", reason)
        close_spider(crawler, REASON)
    return DropItem(f"not stored: {reason}")
