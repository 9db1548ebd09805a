"""The network, for a look at a portal that is not known yet: as live, a few requests, nothing stored but captures."""

from settings.live import *  # noqa: F403
from settings.live import DOWNLOADER_MIDDLEWARES, EXTENSIONS

#: Requests in all: robots.txt, redirects and retries among them.
REQUEST_LIMIT = 20

DOWNLOADER_MIDDLEWARES = {**DOWNLOADER_MIDDLEWARES, "crawler.middlewares.request_limit.RequestLimitMiddleware": 945}

# It is no visit: it takes nothing from the frontier, leaves no items, and the site's runs do not have it.
SCHEDULER = "scrapy.core.scheduler.Scheduler"
ITEM_PIPELINES = {}
EXTENSIONS = {name: order for name, order in EXTENSIONS.items() if not name.endswith(".RunLog")}

RETRY_TIMES = 1
CONCURRENT_REQUESTS = 1
