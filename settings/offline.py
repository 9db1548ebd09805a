"""Re-extraction: the same spiders, page code and pipelines, answered from the archive without any connection."""

from settings.base import *  # noqa: F403
from settings.base import SPIDER_MIDDLEWARES

DOWNLOAD_HANDLERS = {
    "http": "crawler.handlers.archived.ArchivedDownloadHandler",
    "https": "crawler.handlers.archived.ArchivedDownloadHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}

# Requests come from the archive's index instead of the site's lists and feeds.
SPIDER_MIDDLEWARES = {**SPIDER_MIDDLEWARES, "crawler.spiders.reextract.StartFromArchive": 50}

# The archive needs no politeness: no robots.txt, throttle or retries. Redirects and decoding stay, so that a page
# reaches its callback as it did live.
DOWNLOADER_MIDDLEWARES = {
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,
    "crawler.middlewares.decoding.DecodingMiddleware": 590,
}

CONCURRENT_REQUESTS = 1  # records come in the index's order, so two runs give the same items in the same order
