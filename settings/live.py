"""The network: each exchange is written to the archive before anything reads it, and each request waits its turn."""

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
    "crawler.middlewares.opt_outs.OptOutMiddleware": 200,  # above decompression: it reads the page
    "crawler.middlewares.conditional_get.ConditionalGetMiddleware": 450,
    "crawler.middlewares.retry_after.RetryAfterMiddleware": 940,  # before Scrapy's RetryMiddleware (550) sees it
    "crawler.middlewares.throttle.ThrottleMiddleware": 950,
}

# Below (outside of) the opt-outs: a page that is withheld is asked for no parts.
SPIDER_MIDDLEWARES = {**SPIDER_MIDDLEWARES, "crawler.middlewares.requisites.RequisitesSpiderMiddleware": 90}

# What is to be asked for is in the database: a crawl that is killed loses what it had in hand, and no more.
SCHEDULER = "crawler.scheduler.FrontierScheduler"

RETRY_TIMES = 2

ITEM_PIPELINES = {
    **ITEM_PIPELINES,
    "crawler.pipelines.store.StorePipeline": 300,
    "crawler.pipelines.jsonl.JsonLinesPipeline": 400,
}

# Hosts that lie on one server share its pace: {"any name of the server": ["one.example", "another.example"]}. Without a
# word here each registrable domain has a pace of its own.
SHARED_SERVERS: dict[str, list[str]] = {}
