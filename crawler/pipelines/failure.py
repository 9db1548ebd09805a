"""Stops a crawl whose items can no longer be stored."""

import logging

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from crawler.closing import close_spider

logger = logging.getLogger(__name__)

#: Scrapy's finish reason of a crawl that could not store an item.
REASON = "store_failed"


def drop_item(crawler: Crawler, reason: str) -> DropItem:
    """Close the crawl because an item cannot be stored. Counts the item and returns the exception that drops it."""
    assert crawler.stats is not None
    crawler.stats.inc_value("items/dropped/not_stored")
    stop_crawl(crawler, reason)
    return DropItem(f"not stored: {reason}")


def stop_crawl(crawler: Crawler, reason: str) -> None:
    """Close the crawl because the store fails. The first reason is logged and becomes ``store/failed``."""
    stats = crawler.stats
    assert stats is not None
    if not stats.get_value("store/failed"):
        logger.error("%s; the crawl stops, since its items cannot be stored", reason)
        stats.set_value("store/failed", reason)
        close_spider(crawler, REASON)
