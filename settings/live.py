"""Live crawls: each exchange is archived before any other code reads it, and each request is throttled."""

from settings.base import *  # noqa: F403
from settings.base import ITEM_PIPELINES, SPIDER_MIDDLEWARES

DOWNLOAD_HANDLERS = {
    "http": "crawler.handlers.live.LiveDownloadHandler",
    "https": "crawler.handlers.live.LiveDownloadHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}

EXTENSIONS = {
    "crawler.handlers.recorder.Recorder": 0,
    "crawler.spiders.run_log.RunLog": 100,
    "crawler.visit_report.VisitReport": 150,
    "crawler.drift_watch.DriftWatch": 160,
    "crawler.middlewares.politeness.Politeness": 200,  # what the downloader middlewares below share
}

# From the engine (low) to the socket (high). The throttle is innermost: every request to a socket waits its delay.
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,  # scope does it, for redirects too
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,  # it fails open; ours fails closed
    "crawler.middlewares.scope.ScopeMiddleware": 50,
    "crawler.middlewares.hours.HoursMiddleware": 75,
    "crawler.middlewares.robots.RobotsMiddleware": 100,
    "crawler.middlewares.budget.BudgetMiddleware": 150,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,  # ours reads what it loses
    "crawler.middlewares.opt_outs.OptOutMiddleware": 200,  # above decompression: it reads the page
    "crawler.middlewares.conditional_get.ConditionalGetMiddleware": 450,
    "crawler.middlewares.cut_responses.CutResponseMiddleware": 580,
    "crawler.middlewares.decoding.DecodingMiddleware": 590,
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,  # it sends cookies of a host to its subdomains
    "crawler.middlewares.cookies.HostCookiesMiddleware": 700,
    "crawler.middlewares.circular_redirects.CircularRedirectMiddleware": 650,  # before Scrapy's redirects (600)
    "crawler.middlewares.retry_after.RetryAfterMiddleware": 940,  # before Scrapy's RetryMiddleware (550) sees it
    "crawler.middlewares.unread_captures.UnreadCaptureMiddleware": 945,  # no request, so outside of the throttle
    "crawler.middlewares.throttle.ThrottleMiddleware": 950,
}

# Outside of the opt-outs, so that no requisites of withheld pages are requested.
SPIDER_MIDDLEWARES = {
    **SPIDER_MIDDLEWARES,
    "crawler.middlewares.requisites.RequisitesSpiderMiddleware": 90,
    "crawler.middlewares.early_end.EarlyEndSpiderMiddleware": 95,
}

# Articles are requested while a list is read, even the largest. By default Scrapy waits while it reads 5 MB.
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 256 << 20

# The URLs to fetch are in the database: a killed crawl loses the requests in progress and no more.
SCHEDULER = "crawler.scheduler.FrontierScheduler"

RETRY_TIMES = 2

ITEM_PIPELINES = {
    **ITEM_PIPELINES,
    "crawler.pipelines.store.StorePipeline": 300,
    "crawler.pipelines.jsonl.JsonLinesPipeline": 400,
}

# Hosts on one server share its throttle: {"any name of the server": ["one.example", "another.example"]}. By default
# each registrable domain has its own.
SHARED_SERVERS: dict[str, list[str]] = {}
