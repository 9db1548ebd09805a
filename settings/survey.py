"""Surveys of new portals: like live crawls, but with few requests and nothing stored except captures."""

from settings.live import *  # noqa: F403
from settings.live import DOWNLOADER_MIDDLEWARES, EXTENSIONS

#: Requests in total, including robots.txt, redirects and retries.
REQUEST_LIMIT = 20
#: Seconds between requests that a survey waits for; a portal with a longer Crawl-delay is not surveyed.
MAX_CRAWL_DELAY = 120

DOWNLOADER_MIDDLEWARES = {**DOWNLOADER_MIDDLEWARES, "crawler.middlewares.request_limit.RequestLimitMiddleware": 945}

# A survey is not a visit: it does not use the frontier, yields no items and is not one of the site's runs.
SCHEDULER = "scrapy.core.scheduler.Scheduler"
ITEM_PIPELINES = {}
EXTENSIONS = {
    name: order for name, order in EXTENSIONS.items() if not name.endswith((".RunLog", ".VisitReport", ".DriftWatch"))
}

RETRY_TIMES = 1
CONCURRENT_REQUESTS = 1
